#include "picture/terminal_picture.h"

#include <algorithm>
#include <chafa.h>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

namespace facenet {
namespace {

constexpr int kRowsOfBlocks = 9, kRowsOfPixels = 6;

template <auto unref>
struct Unref {
  template <class Object>
  void operator()(Object* object) const {
    unref(object);
  }
};
using TermInfo = std::unique_ptr<ChafaTermInfo, Unref<chafa_term_info_unref>>;
using CanvasConfig = std::unique_ptr<ChafaCanvasConfig, Unref<chafa_canvas_config_unref>>;
using Canvas = std::unique_ptr<ChafaCanvas, Unref<chafa_canvas_unref>>;
using SymbolMap = std::unique_ptr<ChafaSymbolMap, Unref<chafa_symbol_map_unref>>;

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Within tmux and screen, which keep pictures to themselves, whatever terminal they run in.
bool is_multiplexed() {
  const std::string_view term = environment("TERM");
  return term.starts_with("tmux") || term.starts_with("screen") || !environment("TMUX").empty();
}

TermInfo term_info() {
  const std::unique_ptr<gchar*, Unref<g_strfreev>> variables(g_get_environ());
  return TermInfo(chafa_term_db_detect(chafa_term_db_get_default(), variables.get()));
}

bool can(const TermInfo& info, ChafaTermSeq sequence) {
  return chafa_term_info_have_seq(info.get(), sequence) != 0;
}

PictureTerminal::Form form_of(const TermInfo& info) {
  using Form = PictureTerminal::Form;
  if (is_multiplexed()) return Form::kBlocks;
  if (can(info, CHAFA_TERM_SEQ_BEGIN_KITTY_IMMEDIATE_IMAGE_V1)) return Form::kKitty;
  if (can(info, CHAFA_TERM_SEQ_BEGIN_SIXELS)) return Form::kSixel;
  if (can(info, CHAFA_TERM_SEQ_BEGIN_ITERM2_IMAGE)) return Form::kIterm2;
  return Form::kBlocks;
}

PictureTerminal::Colours colours_of(const TermInfo& info) {
  using Colours = PictureTerminal::Colours;
  if (!environment("NO_COLOR").empty()) return Colours::kNone;
  if (can(info, CHAFA_TERM_SEQ_SET_COLOR_FGBG_DIRECT)) return Colours::kAll;
  if (can(info, CHAFA_TERM_SEQ_SET_COLOR_FGBG_256)) return Colours::k256;
  if (can(info, CHAFA_TERM_SEQ_SET_COLOR_FGBG_16)) return Colours::k16;
  if (can(info, CHAFA_TERM_SEQ_SET_COLOR_FGBG_8)) return Colours::k8;
  return Colours::kNone;
}

ChafaCanvasMode canvas_mode(PictureTerminal::Form form, PictureTerminal::Colours colours) {
  if (form != PictureTerminal::Form::kBlocks) return CHAFA_CANVAS_MODE_TRUECOLOR;
  switch (colours) {
    case PictureTerminal::Colours::kNone:
      return CHAFA_CANVAS_MODE_FGBG;
    case PictureTerminal::Colours::k8:
      return CHAFA_CANVAS_MODE_INDEXED_8;
    case PictureTerminal::Colours::k16:
      return CHAFA_CANVAS_MODE_INDEXED_16;
    case PictureTerminal::Colours::k256:
      return CHAFA_CANVAS_MODE_INDEXED_240;
    case PictureTerminal::Colours::kAll:
      break;
  }
  return CHAFA_CANVAS_MODE_TRUECOLOR;
}

ChafaPixelMode pixel_mode(PictureTerminal::Form form) {
  switch (form) {
    case PictureTerminal::Form::kSixel:
      return CHAFA_PIXEL_MODE_SIXELS;
    case PictureTerminal::Form::kKitty:
      return CHAFA_PIXEL_MODE_KITTY;
    case PictureTerminal::Form::kIterm2:
      return CHAFA_PIXEL_MODE_ITERM2;
    case PictureTerminal::Form::kBlocks:
      break;
  }
  return CHAFA_PIXEL_MODE_SYMBOLS;
}

/// Letters that every font has.
void use_blocks(const CanvasConfig& config) {
  const SymbolMap symbols(chafa_symbol_map_new());
  for (const ChafaSymbolTags tags : {CHAFA_SYMBOL_TAG_SPACE, CHAFA_SYMBOL_TAG_SOLID,
                                     CHAFA_SYMBOL_TAG_HALF, CHAFA_SYMBOL_TAG_QUAD})
    chafa_symbol_map_add_by_tags(symbols.get(), tags);
  chafa_canvas_config_set_symbol_map(config.get(), symbols.get());
}

/// Faces side by side, with nothing between them: red, green, blue, opacity.
struct Strip {
  int width = 0, height = 0;
  std::vector<std::uint8_t> pixels{};
};

/// Of each face `width` x `height` pixels; one begins `step` pixels after the one before.
Strip strip_of(std::span<const Image> faces, int step, int width, int height) {
  constexpr std::uint8_t kBlank = 128;
  Strip strip{.width = static_cast<int>(faces.size()) * step - (step - width), .height = height};
  strip.pixels.resize(static_cast<std::size_t>(strip.width) * static_cast<std::size_t>(height) * 4);
  for (std::size_t i = 0; i < faces.size(); ++i)
    for (int y = 0; y < height; ++y) {
      const std::size_t left = i * static_cast<std::size_t>(step);
      std::uint8_t* to =
          strip.pixels.data() +
          (static_cast<std::size_t>(y) * static_cast<std::size_t>(strip.width) + left) * 4;
      const std::uint8_t* from = faces[i].empty() ? nullptr : faces[i].row(y);
      for (int x = 0; x < width; ++x) {
        for (int channel = 0; channel < 3; ++channel) *to++ = from == nullptr ? kBlank : *from++;
        *to++ = 255;
      }
    }
  return strip;
}

}  // namespace

std::optional<PictureTerminal> PictureTerminal::behind(int descriptor) {
  const std::string_view term = environment("TERM");
  if (::isatty(descriptor) != 1 || term.empty() || term == "dumb" || term == "unknown") return {};
  Size size;
  winsize window{};
  if (::ioctl(descriptor, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 && window.ws_row > 0) {
    size.columns = window.ws_col;
    if (window.ws_xpixel >= window.ws_col && window.ws_ypixel >= window.ws_row) {
      size.letter_width = window.ws_xpixel / window.ws_col;
      size.letter_height = window.ws_ypixel / window.ws_row;
    }
  }
  return PictureTerminal(size);
}

PictureTerminal::PictureTerminal(const Size& size) : size_(size) {
  const TermInfo info = term_info();
  form_ = form_of(info);
  colours_ = colours_of(info);
  rows_ = form_ == Form::kBlocks ? kRowsOfBlocks : kRowsOfPixels;
  while (rows_ > 1 && face_columns() > size_.columns) --rows_;
}

int PictureTerminal::face_columns() const {
  return std::max(1, (rows_ * size_.letter_height + size_.letter_width / 2) / size_.letter_width);
}

int PictureTerminal::step() const {
  return face_columns() + 1;
}

std::size_t PictureTerminal::room() const {
  return static_cast<std::size_t>(std::max(1, (size_.columns + 1) / step()));
}

int PictureTerminal::face_edge() const {
  return std::max(face_columns() * size_.letter_width, rows_ * size_.letter_height);
}

std::string PictureTerminal::draw(std::span<const Image> faces) const {
  chafa_set_n_threads(1);  // a picture is too small to be worth more
  const TermInfo info = term_info();
  // Some terminals are known for how a picture begins, but not for how it ends.
  const TermInfo fallback(chafa_term_db_get_fallback_info(chafa_term_db_get_default()));
  chafa_term_info_supplement(info.get(), fallback.get());
  const int columns = static_cast<int>(faces.size()) * step() - 1;
  const CanvasConfig config(chafa_canvas_config_new());
  chafa_canvas_config_set_geometry(config.get(), columns, rows_);
  chafa_canvas_config_set_cell_geometry(config.get(), size_.letter_width, size_.letter_height);
  chafa_canvas_config_set_canvas_mode(config.get(), canvas_mode(form_, colours_));
  chafa_canvas_config_set_pixel_mode(config.get(), pixel_mode(form_));
  use_blocks(config);
  const Canvas canvas(chafa_canvas_new(config.get()));
  const Strip strip = strip_of(faces, step() * size_.letter_width,
                               face_columns() * size_.letter_width, rows_ * size_.letter_height);
  chafa_canvas_draw_all_pixels(canvas.get(), CHAFA_PIXEL_RGBA8_UNASSOCIATED, strip.pixels.data(),
                               strip.width, strip.height, strip.width * 4);
  GString* const printed = chafa_canvas_print(canvas.get(), info.get());
  std::string sent(printed->str, printed->len);
  g_string_free(printed, TRUE);
  // After sixels the cursor is below the picture already.
  if (form_ != Form::kSixel && !sent.ends_with('\n')) sent += '\n';
  return sent;
}

}  // namespace facenet
