#pragma once

#include "image/vips_call.h"

namespace facenet {

/// What a raw photo looks like: the preview that its camera has put into the file, or where it has
/// none worth looking at, the photo itself, developed at half its size. Lying as the sensor saw it,
/// with EXIF's orientation, when it was taken, and its XMP in the fields where libvips has them of
/// other photos. Throws DecodeError.
VipsImagePtr load_raw(int descriptor);

}  // namespace facenet
