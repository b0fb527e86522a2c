#pragma once

#include <cstring>

#include <dlib/array2d.h>
#include <dlib/pixel.h>

#include "image/image.h"

namespace facenet {

using DlibImage = dlib::array2d<dlib::rgb_pixel>;

inline DlibImage to_dlib(const Image& image) {
  DlibImage pixels(image.height, image.width);
  static_assert(sizeof(dlib::rgb_pixel) == 3);
  for (int y = 0; y < image.height; ++y) {
    std::memcpy(&pixels[y][0], image.row(y), static_cast<std::size_t>(image.width) * 3);
  }
  return pixels;
}

}  // namespace facenet
