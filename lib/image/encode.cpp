#include "image/encode.h"

#include <memory>

#include "base/file.h"
#include "image/vips_pixels.h"

namespace facenet {

std::vector<std::byte> encode_png(const Image& image) {
  if (image.empty()) fail("a picture without pixels cannot be a PNG file");
  const auto encode = [&] {
    void* data = nullptr;
    std::size_t size = 0;
    check_vips(vips_pngsave_buffer(wrap(image).get(), &data, &size, nullptr));
    const std::unique_ptr<void, decltype(&g_free)> owner(data, g_free);
    const auto* bytes = static_cast<const std::byte*>(data);
    return std::vector<std::byte>(bytes, bytes + size);
  };
  return with_vips_reason<Error>(encode, [](const std::string& reason) {
    return fmt::format("cannot encode a picture as PNG: {}", reason);
  });
}

void write_png(const std::string& path, const Image& image, bool overwrite) {
  const std::vector<std::byte> png = encode_png(image);
  write_file_atomically(path, overwrite, [&png](std::ostream& out) {
    out.write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
  });
}

}  // namespace facenet
