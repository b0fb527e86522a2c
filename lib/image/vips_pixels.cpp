#include "image/vips_pixels.h"

namespace facenet {

VipsImagePtr wrap(const Image& image) {
  VipsImagePtr pixels(vips_image_new_from_memory(image.pixels.data(), image.pixels.size(),
                                                 image.width, image.height, 3, VIPS_FORMAT_UCHAR));
  if (!pixels) throw VipsFailure{};
  return pixels;
}

Image copy_out(VipsImage* image) {
  Image result(vips_image_get_width(image), vips_image_get_height(image));
  check_vips(vips_image_write(image, wrap(result).get()));
  return result;
}

VipsImagePtr resize(VipsImagePtr image, int width, int height) {
  const double across = double(width) / vips_image_get_width(image.get());
  const double down = double(height) / vips_image_get_height(image.get());
  if (across == 1 && down == 1) return image;
  // A tent as wide as the pixels shrunk lets nothing alias. The gap leaves the tent at least a
  // factor of four: the box filter before it repeats pixels where it does not fit an edge.
  return call_vips("resize", image.get(), across, "vscale", down, "kernel", VIPS_KERNEL_LINEAR,
                   "gap", 4.0);
}

}  // namespace facenet
