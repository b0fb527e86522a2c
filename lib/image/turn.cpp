#include "image/turn.h"

#include <algorithm>

namespace facenet {
namespace {

constexpr int kChannels = 3;
/// Rows and columns of a block whose lines all stay in the cache.
constexpr int kBlock = 32;

/// out(x, y) is the pixel of `image` that at(x, y) names.
template <class At>
Image rearranged(const Image& image, int width, int height, const At& at) {
  Image out(width, height);
  for (int top = 0; top < height; top += kBlock) {
    for (int left = 0; left < width; left += kBlock) {
      for (int y = top; y < std::min(top + kBlock, height); ++y) {
        std::uint8_t* to = out.row(y) + static_cast<std::ptrdiff_t>(left) * kChannels;
        for (int x = left; x < std::min(left + kBlock, width); ++x, to += kChannels) {
          const auto [column, row] = at(x, y);
          std::copy_n(image.row(row) + static_cast<std::ptrdiff_t>(column) * kChannels, kChannels,
                      to);
        }
      }
    }
  }
  return out;
}

}  // namespace

Image turned(const Image& image, int quarters) {
  struct Place {
    int x, y;
  };
  const int right = image.width - 1;
  const int bottom = image.height - 1;
  switch (quarters) {
    case 1:
      return rearranged(image, image.height, image.width, [&](int x, int y) {
        return Place{y, bottom - x};
      });
    case 2:
      return rearranged(image, image.width, image.height, [&](int x, int y) {
        return Place{right - x, bottom - y};
      });
    case 3:
      return rearranged(image, image.height, image.width, [&](int x, int y) {
        return Place{right - y, x};
      });
    default:
      return image;
  }
}

}  // namespace facenet
