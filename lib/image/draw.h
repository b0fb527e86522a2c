#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "image/image.h"

namespace facenet {

using Colour = std::array<std::uint8_t, 3>;  ///< red, green, blue

/// A picture of one colour.
Image plain_picture(int width, int height, const Colour& colour);

/// Lays `picture` on `canvas`, its top left corner at (left, top); what reaches over the edge is
/// cut off.
void paste(Image& canvas, const Image& picture, int left, int top);

struct TextStyle {
  int pixels = 14;  ///< height of the letters with their line
  bool bold = false;
  Colour colour = {0, 0, 0};
};

/// A part of a canvas, in pixels.
struct TextPlace {
  int left = 0, top = 0, width = 0, height = 0;
};

/// Writes text into the place from its top left corner on, broken into lines of its width; what
/// does not fit is cut off. What is not UTF-8 becomes U+FFFD. Returns the height that was used.
/// Throws Error, such as for a machine without fonts.
int draw_text(Image& canvas, const std::string& text, const TextPlace& place,
              const TextStyle& style);

}  // namespace facenet
