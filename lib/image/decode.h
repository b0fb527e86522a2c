#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "image/image.h"
#include "image/pixel_budget.h"

namespace facenet {

enum class ImageFormat { kJpeg, kPng, kWebp, kTiff, kGif, kBmp, kHeic, kAvif, kJpegXl, kRaw };

std::string_view to_string(ImageFormat format);

/// Formats are told by a file's first bytes, never by its name. 32 bytes are enough, but for raw
/// photos that are TIFF files, which stand as such here (image/raw_tiff.h).
/// Nothing when the bytes are of no photo format that facenet reads.
inline constexpr int kSniffBytes = 32;
std::optional<ImageFormat> sniff_format(std::span<const std::byte> head);

/// A file that cannot be decoded. `what()` is the reason alone ("the file is cut short"), without
/// the path, which the caller knows and the catalog stores beside it.
class DecodeError : public Error {
 public:
  using Error::Error;
};

/// The reason when a file is another one than it was when its header was read.
inline constexpr const char* kPhotoChanged = "the file changed while it was read";

/// True of the reason of a DecodeError that lies not in the file's bytes but in the options or in
/// the moment: more pixels than allowed, no memory, too many open files. The same file may be
/// decoded next time. A reason that a catalog has kept is understood, too.
bool may_be_tried_again(const std::string& reason);

struct DecodeOptions {
  /// A photo of more pixels is refused: a 50-kB PNG can claim 4 gigapixels. Of WebP, GIF, BMP and
  /// interlaced PNG, which nobody can shrink while loading, a third of them.
  std::int64_t max_pixels = 300'000'000;

  /// Throws UsageError.
  void validate() const;
};

/// A photo on disk, opened once; its pixels are decoded as often and as large as asked for.
/// Orientation (all 8 EXIF cases), CMYK, grayscale, 16 bits, alpha (over white) and embedded
/// profiles are dealt with: what comes out is upright 8-bit sRGB. Of an animated or multi-page file
/// the first frame is the photo. One object is for one thread; different objects are independent.
class PhotoFile {
 public:
  /// Reads the header only. Throws DecodeError.
  explicit PhotoFile(const std::string& path, const DecodeOptions& options = {});

  ImageFormat format() const { return format_; }
  /// Size of the upright image at full resolution.
  int width() const { return width_; }
  int height() const { return height_; }
  /// When it was taken, by the camera's clock and in its time zone: seconds since 1970; 0 where the
  /// file does not say.
  std::int64_t taken() const { return taken_; }
  /// Of EXIF, 1 to 8: how the stored picture was turned. 1 where the container turns it (HEIC).
  int orientation() const { return orientation_; }

  /// The photo with its longer edge shrunk to `max_edge` pixels (never enlarged), using the
  /// decoder's own shrink-on-load. 0: full resolution. Waits while other threads have too many
  /// pixels in memory (image/pixel_budget.h); the share for this photo goes to `share`, for who
  /// keeps the image for a while. Throws DecodeError, also for a truncated file.
  Image decode(int max_edge = 0, PixelShare* share = nullptr) const;

  /// The XMP that is in the file, as it is there; empty when there is none. Throws DecodeError,
  /// also for more than 16 MiB.
  std::string xmp() const;

 private:
  std::string path_;
  ImageFormat format_{};
  int width_ = 0;
  int height_ = 0;
  std::int64_t taken_ = 0;
  int orientation_ = 1;
  bool is_whole_ = false;  ///< all pixels are in memory before the first can be used
  std::int64_t most_pixels_ = 0;
};

class DecoderNursery;

/// Starts and stops what decodes photos. Make one in main() (or in a test's main) before threads.
class ImageLibrary {
 public:
  /// `program`: argv[0].
  explicit ImageLibrary(const char* program);
  ~ImageLibrary();
  ImageLibrary(const ImageLibrary&) = delete;
  ImageLibrary& operator=(const ImageLibrary&) = delete;

 private:
  std::shared_ptr<DecoderNursery> nursery_;
};

}  // namespace facenet
