#include "image/degrade.h"

#include <algorithm>
#include <cmath>

#include "image/vips_pixels.h"

namespace facenet {

Image through_jpeg(const Image& image, int quality) {
  if (quality < 1 || quality > 100) fail("JPEG quality {} does not lie between 1 and 100", quality);
  if (image.empty()) fail("an empty picture cannot be stored as JPEG");  // libvips warns on stderr
  const auto store = [&] {
    void* data = nullptr;
    std::size_t size = 0;
    check_vips(vips_jpegsave_buffer(wrap(image).get(), &data, &size, "Q", quality, nullptr));
    const std::unique_ptr<void, decltype(&g_free)> owner(data, g_free);
    VipsImage* stored = nullptr;
    check_vips(vips_jpegload_buffer(data, size, &stored, nullptr));
    return copy_out(VipsImagePtr(stored).get());
  };
  return with_vips_reason<Error>(store, [&](const std::string& reason) {
    return fmt::format("cannot store a picture as JPEG of quality {}: {}", quality, reason);
  });
}

Image through_pixels(const Image& image, int pixels) {
  const double scale = std::sqrt(pixels / (double(image.width) * image.height));
  if (scale >= 1) return image;
  const auto shrunk = [&](int edge) {
    return std::max(1, static_cast<int>(std::lround(edge * scale)));
  };
  const auto shrink = [&] {
    VipsImagePtr few = resize(wrap(image), shrunk(image.width), shrunk(image.height));
    return copy_out(resize(std::move(few), image.width, image.height).get());
  };
  return with_vips_reason<Error>(shrink, [](const std::string& reason) {
    return fmt::format("cannot shrink a picture: {}", reason);
  });
}

}  // namespace facenet
