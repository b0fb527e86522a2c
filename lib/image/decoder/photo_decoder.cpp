#include "image/decoder/photo_decoder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <unistd.h>

#include "image/damage.h"
#include "image/decoder/exif_time.h"
#include "image/decoder/raw_photo.h"
#include "image/raw_tiff.h"
#include "image/sniff.h"
#include "image/vips_pixels.h"

namespace facenet {
namespace {

ImageFormat format_of(int descriptor, bool is_called_raw) {
  std::array<std::byte, kSniffBytes> head{};
  const ssize_t count = ::pread(descriptor, head.data(), head.size(), 0);
  if (count < 0) fail<DecodeError>("cannot be read: {}", std::strerror(errno));
  const auto bytes = std::span(head).first(static_cast<std::size_t>(count));
  const auto format = sniff_format(bytes);
  if (!format) throw DecodeError(why_no_photo(bytes));
  const bool is_raw = *format == ImageFormat::kTiff && (is_called_raw || is_raw_tiff(descriptor));
  return is_raw ? ImageFormat::kRaw : *format;
}

/// libvips keeps its own duplicate of the descriptor. Never a path: libvips would read options from
/// one that ends in "[...]".
VipsSourcePtr source_of(int descriptor) {
  VipsSourcePtr source(vips_source_new_from_descriptor(descriptor));
  if (!source) throw VipsFailure{};
  return source;
}

struct AreaUnref {
  void operator()(void* area) const { vips_area_unref(VIPS_AREA(area)); }
};
using VipsBlobPtr = std::unique_ptr<VipsBlob, AreaUnref>;

int orientation_of(VipsImage* image, ImageFormat format) {
  // HEIC, AVIF and JPEG XL files are turned by their own container, which libheif and libjxl obey;
  // their EXIF says the same again.
  const bool turned = format == ImageFormat::kHeic || format == ImageFormat::kAvif ||
                      format == ImageFormat::kJpegXl;
  return turned ? 1 : vips_image_get_orientation(image);
}

/// Of the shutter. Scanners and programs for editing write the other times.
std::int64_t time_taken(VipsImage* image) {
  constexpr const char* kField = "exif-ifd2-DateTimeOriginal";
  const char* text = nullptr;
  if (vips_image_get_typeof(image, kField) == 0 ||
      vips_image_get_string(image, kField, &text) != 0) {
    vips_error_clear();
    return 0;
  }
  return parse_exif_time(text);
}

/// Orientations 5 to 8 turn by a quarter, with or without a reflection.
PhotoSize turned(PhotoSize size, int orientation) {
  return orientation >= 5 ? PhotoSize{size.height, size.width} : size;
}

/// `shrink`: 1, 2, 4 or 8, the scales at which libjpeg's inverse transform works directly.
VipsImagePtr load(int descriptor, ImageFormat format, int shrink) {
  const auto load_with = [source = source_of(descriptor)](const char* loader, auto... options) {
    return call_vips(loader, source.get(), "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                     VIPS_FAIL_ON_TRUNCATED, options...);
  };
  switch (format) {
    case ImageFormat::kRaw:
      return load_raw(descriptor);
    case ImageFormat::kJpeg:
      return load_with("jpegload_source", "shrink", shrink);
    case ImageFormat::kPng:
      return load_with("pngload_source");
    case ImageFormat::kWebp:
      return load_with("webpload_source");
    case ImageFormat::kTiff:
      return load_with("tiffload_source");
    case ImageFormat::kGif:
      return load_with("gifload_source");
    case ImageFormat::kHeic:
    case ImageFormat::kAvif:
      return load_with("heifload_source");
    case ImageFormat::kJpegXl:
      return load_with("jxlload_source");
    case ImageFormat::kBmp:
      break;
  }
  // ImageMagick, which reads BMP for libvips, wants the whole file in memory.
  const auto source = source_of(descriptor);
  const VipsBlobPtr bytes(vips_source_map_blob(source.get()));
  if (!bytes) throw VipsFailure{};
  return call_vips("magickload_buffer", bytes.get(), "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                   VIPS_FAIL_ON_TRUNCATED);
}

/// The most that the decoder may shrink a photo by: what is left is never enlarged, and an edge
/// that is no multiple would lose its last pixels, which stretches the rest.
int decoder_shrink(ImageFormat format, PhotoSize full, PhotoSize wanted) {
  if (format != ImageFormat::kJpeg) return 1;
  for (const int shrink : {8, 4, 2}) {
    const bool even = full.width % shrink == 0 && full.height % shrink == 0;
    if (even && full.width / shrink >= wanted.width && full.height / shrink >= wanted.height) {
      return shrink;
    }
  }
  return 1;
}

/// Transparent pixels become white before anything mixes them with their neighbours.
VipsImagePtr flatten(VipsImagePtr image) {
  if (!vips_image_hasalpha(image.get())) return image;
  const double most = vips_image_get_format(image.get()) == VIPS_FORMAT_USHORT ? 65535 : 255;
  const bool ink = vips_image_get_interpretation(image.get()) == VIPS_INTERPRETATION_CMYK;
  const double white = ink ? 0 : most;
  const std::unique_ptr<VipsArrayDouble, AreaUnref> background(vips_array_double_new(&white, 1));
  return call_vips("flatten", image.get(), "background", background.get(), "max_alpha", most);
}

VipsImagePtr to_srgb(VipsImagePtr image) {
  if (vips_image_get_typeof(image.get(), VIPS_META_ICC_NAME) != 0) {
    try {
      return call_vips("icc_transform", image.get(), "srgb", "embedded", TRUE);
    } catch (const VipsFailure&) {
      // A damaged profile, or one for another kind of image: as if there were none.
      vips_error_clear();
    }
  }
  return call_vips("colourspace", image.get(), VIPS_INTERPRETATION_sRGB);
}

/// Three bands of bytes, whatever the photo's own pixels were.
VipsImagePtr to_rgb(VipsImagePtr image) {
  image = call_vips("cast", to_srgb(std::move(image)).get(), VIPS_FORMAT_UCHAR);
  if (vips_image_get_bands(image.get()) == 3) return image;
  return call_vips("extract_band", image.get(), 0, "n", 3);
}

/// Whether all of the pixels must be in memory before the first can be used.
bool is_decoded_whole(ImageFormat format, VipsImage* header) {
  switch (format) {
    case ImageFormat::kJpeg:
      return vips_image_get_typeof(header, "jpeg-multiscan") != 0;
    case ImageFormat::kPng:
      return vips_image_get_typeof(header, "interlaced") != 0;
    default:
      return true;  // of TIFF only where it is one strip, which cannot be told beforehand
  }
}

VipsImagePtr rotate_upright(VipsImagePtr image, int orientation) {
  if (orientation == 1) return image;
  // Rows are decoded from top to bottom, and turning asks for them in other orders.
  const VipsImagePtr memory(vips_image_copy_memory(image.get()));
  if (!memory) throw VipsFailure{};
  vips_image_set_int(memory.get(), VIPS_META_ORIENTATION, orientation);
  return call_vips("autorot", memory.get());
}

void ignore_log(const gchar*, GLogLevelFlags, const gchar*, gpointer) {}

/// Calls `work`; what libvips says when it fails becomes a DecodeError.
template <class Work>
auto with_decode_reason(ImageFormat format, int descriptor, const Work& work) {
  return with_vips_reason<DecodeError>(
      work, [&](const std::string& reason) { return explain_damage(format, descriptor, reason); });
}

}  // namespace

PhotoSize fit(PhotoSize size, int max_edge) {
  const int longer = std::max(size.width, size.height);
  if (max_edge <= 0 || max_edge >= longer) return size;
  const auto scaled = [&](int edge) {
    return std::max(1, static_cast<int>(std::lround(double(edge) * max_edge / longer)));
  };
  return {scaled(size.width), scaled(size.height)};
}

PhotoHeader read_photo_header(int descriptor, bool is_called_raw) {
  const ImageFormat format = format_of(descriptor, is_called_raw);
  return with_decode_reason(format, descriptor, [&]() -> PhotoHeader {
    const VipsImagePtr header = load(descriptor, format, 1);
    const PhotoSize stored{vips_image_get_width(header.get()), vips_image_get_height(header.get())};
    const int orientation = orientation_of(header.get(), format);
    return {.format = format,
            .size = turned(stored, orientation),
            .is_whole = is_decoded_whole(format, header.get()) ? 1U : 0U,
            .taken = time_taken(header.get()),
            .orientation = orientation};
  });
}

std::string read_photo_xmp(int descriptor, ImageFormat format, std::size_t most) {
  return with_decode_reason(format, descriptor, [&]() -> std::string {
    const VipsImagePtr header = load(descriptor, format, 1);
    if (vips_image_get_typeof(header.get(), VIPS_META_XMP_NAME) == 0) return {};
    const void* data = nullptr;
    std::size_t size = 0;
    if (vips_image_get_blob(header.get(), VIPS_META_XMP_NAME, &data, &size) != 0)
      throw VipsFailure{};
    if (size > most)
      fail<DecodeError>("its XMP has {} bytes, and more than {} are not read", size, most);
    return {static_cast<const char*>(data), size};
  });
}

Image decode_photo(int descriptor, const PhotoHeader& header, int max_edge) {
  const PhotoSize wanted = fit(header.size, max_edge);
  const int shrink = decoder_shrink(header.format, header.size, wanted);
  return with_decode_reason(header.format, descriptor, [&] {
    VipsImagePtr image = load(descriptor, header.format, shrink);
    const int orientation = orientation_of(image.get(), header.format);
    const PhotoSize stored{vips_image_get_width(image.get()) * shrink,
                           vips_image_get_height(image.get()) * shrink};
    if (turned(stored, orientation) != header.size) throw DecodeError(kPhotoChanged);
    const PhotoSize lying = turned(wanted, orientation);
    image = resize(flatten(std::move(image)), lying.width, lying.height);
    return copy_out(rotate_upright(to_rgb(std::move(image)), orientation).get());
  });
}

void start_vips(const char* program) {
  if (vips_init(program) != 0) fail("libvips does not start: {}", take_vips_reason());
  // Nothing is decoded twice, and our own threads are the parallelism.
  vips_cache_set_max(0);
  vips_concurrency_set(1);
  // Warnings of half-broken photos; what matters comes back as an error.
  g_log_set_handler("VIPS", static_cast<GLogLevelFlags>(G_LOG_LEVEL_MASK), ignore_log, nullptr);
}

}  // namespace facenet
