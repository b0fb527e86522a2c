#include "image/encode.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "base/file.h"
#include "base/fold_case.h"
#include "image/vips_pixels.h"

namespace facenet {
namespace {

void save(VipsImage* image, ImageFormat format, int quality, void** data, std::size_t* size) {
  switch (format) {
    case ImageFormat::kPng:
      return check_vips(vips_pngsave_buffer(image, data, size, nullptr));
    case ImageFormat::kJpeg:
      return check_vips(
          vips_jpegsave_buffer(image, data, size, "Q", quality, "optimize_coding", TRUE, nullptr));
    case ImageFormat::kWebp:
      return check_vips(vips_webpsave_buffer(image, data, size, "Q", quality, nullptr));
    default:
      fail("facenet writes no pictures as {}", to_string(format));
  }
}

}  // namespace

std::vector<std::byte> encode(const Image& image, ImageFormat format, int quality) {
  if (image.empty()) fail("a picture without pixels cannot be a {} file", to_string(format));
  const auto work = [&] {
    void* data = nullptr;
    std::size_t size = 0;
    save(wrap(image).get(), format, quality, &data, &size);
    const std::unique_ptr<void, decltype(&g_free)> owner(data, g_free);
    const auto* bytes = static_cast<const std::byte*>(data);
    return std::vector<std::byte>(bytes, bytes + size);
  };
  return with_vips_reason<Error>(work, [&](const std::string& reason) {
    return fmt::format("cannot encode a picture as {}: {}", to_string(format), reason);
  });
}

std::vector<std::byte> encode_png(const Image& image) {
  return encode(image, ImageFormat::kPng);
}

std::optional<ImageFormat> picture_format_of(const std::string& path) {
  struct Ending {
    const char* ending;
    ImageFormat format;
  };
  constexpr std::array kEndings = {
      Ending{".png", ImageFormat::kPng}, Ending{".jpg", ImageFormat::kJpeg},
      Ending{".jpeg", ImageFormat::kJpeg}, Ending{".webp", ImageFormat::kWebp}};
  const std::string ending = fold_case(std::filesystem::path(path).extension().string());
  const auto found = std::ranges::find(kEndings, ending, &Ending::ending);
  if (found == kEndings.end()) return {};
  return found->format;
}

void write_picture(const std::string& path, const Image& image, ImageFormat format,
                   bool overwrite) {
  const std::vector<std::byte> bytes = encode(image, format);
  write_file_atomically(path, overwrite, [&bytes](std::ostream& out) {
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  });
}

void write_png(const std::string& path, const Image& image, bool overwrite) {
  write_picture(path, image, ImageFormat::kPng, overwrite);
}

}  // namespace facenet
