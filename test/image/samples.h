#pragma once

// Pictures and files to decode, made by code: nothing here was photographed.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "image/image.h"
#include "image/vips_call.h"
#include "test/support/temporary_folder.h"

namespace facenet::test {

std::string read_bytes(const std::string& path);

using Rgb = std::array<std::uint8_t, 3>;

Image paint(int width, int height, const std::function<Rgb(int x, int y)>& colour);
Rgb pixel(const Image& image, int x, int y);

/// Smooth, and like none of its reflections and rotations.
Image asymmetric(int width, int height);

/// The largest difference between two pictures of one size; 255 when their sizes differ.
int largest_difference(const Image& a, const Image& b);

/// A picture for libvips to save: `bands` samples a pixel, interleaved. The samples must outlive
/// it.
VipsImagePtr vips_picture(const std::vector<std::uint8_t>& samples, int width, int height,
                          int bands, VipsInterpretation interpretation);
VipsImagePtr vips_picture(const Image& image);

/// The file that `saver` ("pngsave_buffer") makes of the picture. Throws VipsFailure.
template <class... Options>
std::string encode(VipsImage* image, const char* saver, Options... options) {
  VipsBlob* blob = nullptr;
  check_vips(vips_call(saver, image, &blob, options..., static_cast<void*>(nullptr)));
  std::size_t size = 0;
  const void* data = vips_blob_get(blob, &size);
  std::string bytes(static_cast<const char*>(data), size);
  vips_area_unref(VIPS_AREA(blob));
  return bytes;
}

/// `value` in `count` bytes, least significant first.
std::string little_endian(std::uint32_t value, int count);
std::string big_endian(std::uint32_t value, int count);

/// A JPEG file with an EXIF block that holds nothing but an orientation.
std::string with_exif_orientation(const std::string& jpeg, int orientation);

/// An 8-bit RGB PNG file by the letter of its specification: signature, IHDR, `body`, IEND.
std::string bare_png(std::uint32_t width, std::uint32_t height, const std::string& body);

struct Bmp {
  int width, height;
  int bits;  ///< 1, 4, 8, 16, 24 or 32
  bool top_down = false;
  std::vector<std::uint32_t> masks = {};  ///< red, green, blue: BI_BITFIELDS
  std::vector<Rgb> palette = {};
};

/// `code(x, y)`: the bits of one pixel.
std::string make_bmp(const Bmp& bmp, const std::function<std::uint32_t(int x, int y)>& code);

}  // namespace facenet::test
