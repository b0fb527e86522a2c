#pragma once

#include <string>
#include <vector>

#include "image/image.h"

namespace facenet {

/// The image as the bytes of a PNG file.
std::vector<std::byte> encode_png(const Image& image);

/// Writes a PNG whole or not at all; refuses to replace a file unless `overwrite`. Throws Error.
void write_png(const std::string& path, const Image& image, bool overwrite);

}  // namespace facenet
