#include "samples.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "image/decode.h"

namespace facenet::test {
namespace {

/// libvips starts and stops once in a process.
class Library : public ::testing::Environment {
 public:
  void SetUp() override { library_ = std::make_unique<ImageLibrary>("image_test"); }
  void TearDown() override { library_.reset(); }

 private:
  std::unique_ptr<ImageLibrary> library_;
};

const auto* const kLibrary = ::testing::AddGlobalTestEnvironment(new Library);

std::uint32_t png_check_sum(std::string_view bytes) {
  std::uint32_t sum = ~0U;
  for (const char byte : bytes) {
    sum ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xedb88320U : 0U);
  }
  return ~sum;
}

std::string png_chunk(const std::string& type, const std::string& data) {
  return big_endian(static_cast<std::uint32_t>(data.size()), 4) + type + data +
         big_endian(png_check_sum(type + data), 4);
}

/// One row of a BMP file: codes packed from the high bits on, padded to four bytes.
std::string bmp_row(const Bmp& bmp, int y, const std::function<std::uint32_t(int x, int y)>& code) {
  std::string row;
  if (bmp.bits >= 16) {
    for (int x = 0; x < bmp.width; ++x) row += little_endian(code(x, y), bmp.bits / 8);
  } else {
    const int in_byte = 8 / bmp.bits;
    row.resize(static_cast<std::size_t>((bmp.width + in_byte - 1) / in_byte));
    for (int x = 0; x < bmp.width; ++x) {
      auto& byte = row[static_cast<std::size_t>(x / in_byte)];
      const int shift = 8 - bmp.bits * (x % in_byte + 1);
      byte = static_cast<char>(static_cast<std::uint8_t>(byte) | code(x, y) << shift);
    }
  }
  row.resize((row.size() + 3) / 4 * 4);
  return row;
}

}  // namespace

std::string read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

Image paint(int width, int height, const std::function<Rgb(int x, int y)>& colour) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) std::ranges::copy(colour(x, y), image.row(y) + 3 * x);
  }
  return image;
}

Rgb pixel(const Image& image, int x, int y) {
  const std::uint8_t* at = image.row(y) + 3 * x;
  return {at[0], at[1], at[2]};
}

Image asymmetric(int width, int height) {
  return paint(width, height, [&](int x, int y) {
    const auto part = [](int i, int count) { return 255 * (2 * i + 1) / (2 * count); };
    const int across = part(x, width);
    const int down = part(y, height);
    return Rgb{static_cast<std::uint8_t>(across), static_cast<std::uint8_t>(down),
               static_cast<std::uint8_t>(across * down / 255)};
  });
}

int largest_difference(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height) return 255;
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return largest;
}

VipsImagePtr vips_picture(const std::vector<std::uint8_t>& samples, int width, int height,
                          int bands, VipsInterpretation interpretation) {
  const VipsImagePtr plain(vips_image_new_from_memory_copy(samples.data(), samples.size(), width,
                                                           height, bands, VIPS_FORMAT_UCHAR));
  if (!plain) throw VipsFailure{};
  return call_vips("copy", plain.get(), "interpretation", interpretation);
}

VipsImagePtr vips_picture(const Image& image) {
  return vips_picture(image.pixels, image.width, image.height, 3, VIPS_INTERPRETATION_sRGB);
}

std::string little_endian(std::uint32_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

std::string big_endian(std::uint32_t value, int count) {
  std::string bytes = little_endian(value, count);
  std::ranges::reverse(bytes);
  return bytes;
}

std::string with_exif_orientation(const std::string& jpeg, int orientation) {
  std::string tiff = "II" + little_endian(42, 2) + little_endian(8, 4);
  tiff += little_endian(1, 2);                             // one entry:
  tiff += little_endian(0x0112, 2) + little_endian(3, 2);  // orientation, short,
  tiff += little_endian(1, 4) + little_endian(static_cast<std::uint32_t>(orientation), 4);
  tiff += little_endian(0, 4);  // and no further folder
  const std::string block = std::string("Exif\0\0", 6) + tiff;
  const std::string segment =
      "\xff\xe1" + big_endian(static_cast<std::uint32_t>(block.size() + 2), 2) + block;
  return jpeg.substr(0, 2) + segment + jpeg.substr(2);
}

std::string bare_png(std::uint32_t width, std::uint32_t height, const std::string& body) {
  const std::string header =
      big_endian(width, 4) + big_endian(height, 4) + std::string("\x08\x02\0\0\0", 5);
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + png_chunk("IDAT", body) +
         png_chunk("IEND", "");
}

std::string make_bmp(const Bmp& bmp, const std::function<std::uint32_t(int x, int y)>& code) {
  std::string pixels;
  for (int i = 0; i < bmp.height; ++i) {
    pixels += bmp_row(bmp, bmp.top_down ? i : bmp.height - 1 - i, code);
  }
  std::string tables;
  for (const std::uint32_t mask : bmp.masks) tables += little_endian(mask, 4);
  for (const Rgb& colour : bmp.palette) {
    for (const int channel : {2, 1, 0})
      tables += static_cast<char>(colour[static_cast<std::size_t>(channel)]);
    tables += '\0';
  }
  const auto number = [](auto value, int count) {
    return little_endian(static_cast<std::uint32_t>(value), count);
  };
  const std::size_t start = 54 + tables.size();
  return "BM" + number(start + pixels.size(), 4) + number(0, 4) + number(start, 4) + number(40, 4) +
         number(bmp.width, 4) + number(bmp.top_down ? -bmp.height : bmp.height, 4) + number(1, 2) +
         number(bmp.bits, 2) + number(bmp.masks.empty() ? 0 : 3, 4) + number(pixels.size(), 4) +
         number(2835, 4) + number(2835, 4) + number(bmp.palette.size(), 4) + number(0, 4) + tables +
         pixels;
}

}  // namespace facenet::test
