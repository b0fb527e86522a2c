#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "image/image.h"

namespace facenet {

/// A terminal that can show pictures: as such (kitty, sixel, iTerm2), or as coloured blocks. Which
/// it is follows from the environment, such as TERM, by libchafa's table of terminals.
class PictureTerminal {
 public:
  enum class Form { kBlocks, kSixel, kKitty, kIterm2 };
  /// In the order of terminals with few to those with all colours.
  enum class Colours { kNone, k8, k16, k256, kAll };

  /// Columns of letters; pixels of a letter.
  struct Size {
    int columns = 80;
    int letter_width = 10, letter_height = 20;
  };

  /// What is behind an open file. Nothing where that is no terminal, or one without any control of
  /// its letters (TERM=dumb, or none).
  static std::optional<PictureTerminal> behind(int descriptor);

  /// As the environment has it, of this size.
  explicit PictureTerminal(const Size& size);

  Form form() const { return form_; }
  Colours colours() const { return colours_; }

  /// Faces that fit side by side, at least one.
  std::size_t room() const;
  /// Columns from a face to the next.
  int step() const;
  /// Pixels of a side of a face that draw() needs.
  int face_edge() const;
  /// What to send so that faces stand side by side, from the beginning of this line on, and the
  /// cursor at the beginning of the line below: squares of face_edge(), or empty where a face
  /// cannot be shown.
  std::string draw(std::span<const Image> faces) const;

 private:
  int face_columns() const;

  Size size_;
  int rows_ = 1;  // of a face
  Form form_ = Form::kBlocks;
  Colours colours_ = Colours::kNone;
};

}  // namespace facenet
