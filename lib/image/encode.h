#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/decode.h"
#include "image/image.h"

namespace facenet {

/// The image as the bytes of a file: PNG without loss, JPEG and WebP at a quality (0 to 100) that
/// hides the loss from most eyes. Throws Error, also for other formats and for a picture that is
/// larger than the format can be (WebP: 16,383 pixels a side, JPEG: 65,535).
std::vector<std::byte> encode(const Image& image, ImageFormat format, int quality = 85);

/// The image as the bytes of a PNG file.
std::vector<std::byte> encode_png(const Image& image);

/// By the ending of a file's name: PNG, JPEG or WebP; nothing for any other.
std::optional<ImageFormat> picture_format_of(const std::string& path);

/// Writes a picture whole or not at all, in a format of encode(); refuses to replace a file unless
/// `overwrite`. Throws Error.
void write_picture(const std::string& path, const Image& image, ImageFormat format, bool overwrite);

/// The same as PNG.
void write_png(const std::string& path, const Image& image, bool overwrite);

}  // namespace facenet
