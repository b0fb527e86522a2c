#include "image/jpeg.h"

#include <memory>

#include "image/vips_call.h"

namespace facenet {

Image recompress_jpeg(const Image& image, int quality) {
  if (image.empty()) fail("a picture without pixels cannot be a JPEG file");
  const auto recompress = [&] {
    const VipsImagePtr pixels(vips_image_new_from_memory(
        image.pixels.data(), image.pixels.size(), image.width, image.height, 3, VIPS_FORMAT_UCHAR));
    if (!pixels) throw VipsFailure{};
    void* data = nullptr;
    std::size_t size = 0;
    check_vips(vips_jpegsave_buffer(pixels.get(), &data, &size, "Q", quality, nullptr));
    const std::unique_ptr<void, decltype(&g_free)> owner(data, g_free);
    VipsImage* loaded = nullptr;
    check_vips(vips_jpegload_buffer(data, size, &loaded, nullptr));
    const VipsImagePtr decoded(loaded);
    Image result(image.width, image.height);
    const VipsImagePtr target(vips_image_new_from_memory(result.pixels.data(), result.pixels.size(),
                                                         result.width, result.height, 3,
                                                         VIPS_FORMAT_UCHAR));
    if (!target) throw VipsFailure{};
    check_vips(vips_image_write(decoded.get(), target.get()));
    return result;
  };
  return with_vips_reason<Error>(recompress, [](const std::string& reason) {
    return fmt::format("cannot encode a picture as JPEG: {}", reason);
  });
}

}  // namespace facenet
