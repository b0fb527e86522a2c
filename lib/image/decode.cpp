#include "image/decode.h"

#include <vips/vips.h>

#include "base/text.h"
#include "image/damage.h"
#include "image/decoder/decoder_process.h"
#include "image/decoder/nursery.h"
#include "image/decoder/open_photo.h"
#include "image/decoder/photo_decoder.h"
#include "image/raw_tiff.h"

namespace facenet {
namespace {

constexpr const char* kRaiseLimit = "; raise it with --max-pixels";
constexpr const char* kNotNow = "cannot be decoded now: ";

/// Few photos of these kinds are large, and files of some hundred bytes can be.
std::int64_t most_pixels(ImageFormat format, bool is_whole, const DecodeOptions& options) {
  const bool is_rare = format == ImageFormat::kPng || format == ImageFormat::kWebp ||
                       format == ImageFormat::kGif || format == ImageFormat::kBmp ||
                       format == ImageFormat::kJpegXl;
  return is_whole && is_rare ? options.max_pixels / 3 : options.max_pixels;
}

}  // namespace

std::string_view to_string(ImageFormat format) {
  switch (format) {
    case ImageFormat::kJpeg:
      return "JPEG";
    case ImageFormat::kPng:
      return "PNG";
    case ImageFormat::kWebp:
      return "WebP";
    case ImageFormat::kTiff:
      return "TIFF";
    case ImageFormat::kGif:
      return "GIF";
    case ImageFormat::kBmp:
      return "BMP";
    case ImageFormat::kHeic:
      return "HEIC";
    case ImageFormat::kAvif:
      return "AVIF";
    case ImageFormat::kJpegXl:
      return "JPEG XL";
    case ImageFormat::kRaw:
      return "raw";
  }
  return {};
}

bool may_be_tried_again(const std::string& reason) {
  return reason.ends_with(kRaiseLimit) || reason.starts_with(kCannotOpen) ||
         reason.starts_with(kNotNow) || reason == kPhotoChanged || is_shortage(reason);
}

void DecodeOptions::validate() const {
  if (max_pixels < 1) fail<UsageError>("--max-pixels must be at least 1, not {}", max_pixels);
}

PhotoFile::PhotoFile(const std::string& path, const DecodeOptions& options)
    : path_(path), most_pixels_(options.max_pixels) {
  const OpenPhoto file(path);
  const PhotoHeader header =
      decoder_of_this_thread(most_pixels_).read_header(file.descriptor(), has_raw_extension(path));
  format_ = header.format;
  width_ = header.size.width;
  height_ = header.size.height;
  taken_ = header.taken;
  orientation_ = header.orientation;
  is_whole_ = header.is_whole != 0;
  const std::int64_t pixels = header.size.pixels();
  if (const std::int64_t most = most_pixels(format_, is_whole_, options); pixels > most) {
    fail<DecodeError>(
        "{} pixels are more than the limit of {}{}{}", with_thousands(pixels), with_thousands(most),
        most < options.max_pixels ? " for files that are decoded as a whole" : "", kRaiseLimit);
  }
}

Image PhotoFile::decode(int max_edge, PixelShare* share) const {
  const OpenPhoto file(path_);
  const PhotoHeader header{.format = format_,
                           .size = {width_, height_},
                           .is_whole = is_whole_ ? 1U : 0U,
                           .taken = taken_,
                           .orientation = orientation_};
  PixelShare own((is_whole_ ? header.size.pixels() : 0) + fit(header.size, max_edge).pixels());
  Image image = decoder_of_this_thread(most_pixels_).decode(file.descriptor(), header, max_edge);
  if (share != nullptr) *share = std::move(own);
  return image;
}

std::string PhotoFile::xmp() const {
  const OpenPhoto file(path_);
  return decoder_of_this_thread(most_pixels_).read_xmp(file.descriptor(), format_);
}

ImageLibrary::ImageLibrary(const char* program) : nursery_(make_nursery(program)) {
  start_vips(program);
}

ImageLibrary::~ImageLibrary() {
  vips_shutdown();
}

}  // namespace facenet
