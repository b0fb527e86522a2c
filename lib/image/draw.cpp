#include "image/draw.h"

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "image/vips_pixels.h"

namespace facenet {
namespace {

/// How much ink is where: a byte a pixel, rows without padding.
struct Ink {
  int width = 0, height = 0;
  std::vector<std::uint8_t> coverage{};
};

/// Letters are read as Pango's markup, so what a name holds of it is escaped.
Ink ink_of(const std::string& text, int width, const TextStyle& style) {
  const std::unique_ptr<gchar, decltype(&g_free)> markup(
      g_markup_escape_text(text.data(), static_cast<gssize>(text.size())), g_free);
  const std::string font = fmt::format("sans{} {}px", style.bold ? " bold" : "", style.pixels);
  const auto work = [&] {
    VipsImage* drawn = nullptr;
    check_vips(vips_text(&drawn, markup.get(), "font", font.c_str(), "width", width, "wrap",
                         VIPS_TEXT_WRAP_WORD_CHAR, nullptr));
    const VipsImagePtr letters(drawn);
    Ink ink{.width = vips_image_get_width(drawn), .height = vips_image_get_height(drawn)};
    std::size_t size = 0;
    const std::unique_ptr<void, decltype(&g_free)> bytes(vips_image_write_to_memory(drawn, &size),
                                                         g_free);
    if (!bytes) throw VipsFailure{};
    const auto* first = static_cast<const std::uint8_t*>(bytes.get());
    ink.coverage.assign(first, first + size);
    return ink;
  };
  return with_vips_reason<Error>(
      work, [](const std::string& reason) { return fmt::format("cannot draw text: {}", reason); });
}

std::uint8_t mixed(std::uint8_t below, std::uint8_t above, int coverage) {
  return static_cast<std::uint8_t>((below * (255 - coverage) + above * coverage + 127) / 255);
}

}  // namespace

Image plain_picture(int width, int height, const Colour& colour) {
  Image image(width, height);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = colour[i % 3];
  return image;
}

void paste(Image& canvas, const Image& picture, int left, int top) {
  const int first = std::max(0, -left);
  const int count = std::min(picture.width, canvas.width - left) - first;
  if (count <= 0) return;
  const int last = std::min(picture.height, canvas.height - top);
  for (int y = std::max(0, -top); y < last; ++y)
    std::copy_n(picture.row(y) + std::ptrdiff_t{3} * first, std::ptrdiff_t{3} * count,
                canvas.row(top + y) + std::ptrdiff_t{3} * (left + first));
}

int draw_text(Image& canvas, const std::string& text, const TextPlace& place,
              const TextStyle& style) {
  const std::string valid = to_valid_utf8(text);
  if (valid.find_first_not_of(" \t\r\n") == valid.npos) return 0;
  const Ink ink = ink_of(valid, place.width, style);
  const int width = std::min({ink.width, place.width, canvas.width - place.left});
  const int height = std::min({ink.height, place.height, canvas.height - place.top});
  for (int y = 0; y < height; ++y) {
    std::uint8_t* to = canvas.row(place.top + y) + std::ptrdiff_t{3} * place.left;
    for (int x = 0; x < width; ++x, to += 3) {
      const int coverage =
          ink.coverage[static_cast<std::size_t>(y) * static_cast<std::size_t>(ink.width) +
                       static_cast<std::size_t>(x)];
      for (std::size_t band = 0; band < 3; ++band)
        to[band] = mixed(to[band], style.colour[band], coverage);
    }
  }
  return std::max(0, height);
}

}  // namespace facenet
