#pragma once

// How pixels get into libvips, out of it and to another size.

#include "image/image.h"
#include "image/vips_call.h"

namespace facenet {

/// The image as libvips sees it, not copied: `image` must outlive it. Throws VipsFailure, as do the
/// others.
VipsImagePtr wrap(const Image& image);

/// The pixels of an image of three bands of bytes, computed if need be.
Image copy_out(VipsImage* image);

/// Lays the whole image on the whole of `width` x `height`.
VipsImagePtr resize(VipsImagePtr image, int width, int height);

}  // namespace facenet
