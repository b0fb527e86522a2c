#pragma once

// What decodes the files of strangers, by libvips. It runs in a process of its own
// (image/decoder/decoder_process.h); image/decode.h is what others use.

#include <cstddef>
#include <cstdint>
#include <string>

#include "image/decode.h"
#include "image/image.h"

namespace facenet {

struct PhotoSize {
  std::int32_t width = 0;
  std::int32_t height = 0;

  std::int64_t pixels() const { return std::int64_t{width} * height; }
  bool operator==(const PhotoSize&) const = default;
};

/// What is known of a photo before it is decoded.
struct PhotoHeader {
  ImageFormat format{};
  PhotoSize size;                ///< upright, at full resolution
  std::uint32_t is_whole = 0;    ///< 1: all pixels are in memory before the first can be used
  std::int64_t taken = 0;        ///< when, as the camera says (exif_time.h)
  std::int32_t orientation = 1;  ///< of EXIF, 1 to 8, that turned the stored picture upright
};

/// `size` with its longer edge shrunk to `max_edge`; 0 and larger edges leave it as it is.
PhotoSize fit(PhotoSize size, int max_edge);

/// Of an open file, which by its name may be a raw photo. Throws DecodeError.
PhotoHeader read_photo_header(int descriptor, bool is_called_raw);

/// The photo's XMP; empty when it has none. Throws DecodeError, also for more than `most` bytes.
std::string read_photo_xmp(int descriptor, ImageFormat format, std::size_t most);

/// The pixels of the file that has this header, shrunk to fit `max_edge`, upright, in sRGB. Throws
/// DecodeError, also for a file that has changed meanwhile.
Image decode_photo(int descriptor, const PhotoHeader& header, int max_edge);

/// Starts libvips for a program that decodes or changes pictures. Throws Error.
void start_vips(const char* program);

}  // namespace facenet
