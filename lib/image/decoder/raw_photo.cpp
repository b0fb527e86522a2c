#include "image/decoder/raw_photo.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <libraw/libraw.h>
#include <memory>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/format.h"
#include "image/decode.h"

namespace facenet {
namespace {

/// A preview with a longer edge of fewer pixels is for the camera's menu, unless the photo itself
/// has hardly more.
constexpr int kLeastPreview = 1000;

/// A file in memory as long as this lives.
class Mapping {
 public:
  explicit Mapping(int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0 || status.st_size <= 0)
      throw DecodeError("the file is empty");
    size_ = static_cast<std::size_t>(status.st_size);
    address_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address_ == MAP_FAILED) throw std::bad_alloc();
  }
  ~Mapping() { ::munmap(address_, size_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  void* address() const { return address_; }
  std::size_t size() const { return size_; }

 private:
  void* address_ = nullptr;
  std::size_t size_ = 0;
};

void require_raw(int error) {
  if (error == LIBRAW_UNSUFFICIENT_MEMORY) throw std::bad_alloc();
  if (error == LIBRAW_IO_ERROR) throw DecodeError("a raw photo that is damaged or cut short");
  if (error == LIBRAW_FILE_UNSUPPORTED)
    throw DecodeError("a raw photo that is damaged, or of a camera that LibRaw does not know");
  if (error != LIBRAW_SUCCESS)
    fail<DecodeError>("a raw photo that cannot be read: {}", libraw_strerror(error));
}

struct BlobUnref {
  void operator()(VipsBlob* blob) const { vips_area_unref(VIPS_AREA(blob)); }
};

struct MemoryImageFree {
  void operator()(libraw_processed_image_t* image) const { LibRaw::dcraw_clear_mem(image); }
};

class RawReader {
 public:
  explicit RawReader(int descriptor) : file_(descriptor), raw_(std::make_unique<LibRaw>()) {
    raw_->imgdata.params.half_size = 1;
    raw_->imgdata.params.user_flip = 0;  // turned later, as all photos are
    raw_->imgdata.params.use_camera_wb = 1;
    require_raw(raw_->open_buffer(file_.address(), file_.size()));
  }

  VipsImagePtr image() {
    VipsImagePtr image = preview();
    if (!image) image = developed();
    // Of its own, so that fields can be set.
    image = call_vips("copy", image.get());
    vips_image_set_int(image.get(), VIPS_META_ORIENTATION, orientation());
    set_time(image.get());
    const auto& id = raw_->imgdata.idata;
    if (id.xmpdata != nullptr && id.xmplen > 0)  // with a zero at the end
      vips_image_set_blob_copy(image.get(), VIPS_META_XMP_NAME, id.xmpdata,
                               ::strnlen(id.xmpdata, id.xmplen));
    return image;
  }

 private:
  /// Null when there is none, or only a small one.
  VipsImagePtr preview() {
    if (raw_->unpack_thumb() != LIBRAW_SUCCESS) return nullptr;
    const auto& thumbnail = raw_->imgdata.thumbnail;
    if (thumbnail.tformat != LIBRAW_THUMBNAIL_JPEG || thumbnail.tlength == 0) return nullptr;
    const std::unique_ptr<VipsBlob, BlobUnref> bytes(
        vips_blob_copy(thumbnail.thumb, thumbnail.tlength));
    VipsImagePtr image;
    try {
      image = call_vips("jpegload_buffer", bytes.get(), "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                        VIPS_FAIL_ON_TRUNCATED);
    } catch (const VipsFailure&) {
      vips_error_clear();
      return nullptr;
    }
    const auto& sizes = raw_->imgdata.sizes;
    const int edge =
        std::max(vips_image_get_width(image.get()), vips_image_get_height(image.get()));
    const int half = std::max(int{sizes.width}, int{sizes.height}) / 2;
    return edge >= std::min(kLeastPreview, half) ? std::move(image) : nullptr;
  }

  VipsImagePtr developed() {
    require_raw(raw_->unpack());
    require_raw(raw_->dcraw_process());
    int error = LIBRAW_SUCCESS;
    const std::unique_ptr<libraw_processed_image_t, MemoryImageFree> pixels(
        raw_->dcraw_make_mem_image(&error));
    require_raw(error);
    if (!pixels || pixels->type != LIBRAW_IMAGE_BITMAP || pixels->bits != 8 ||
        (pixels->colors != 1 && pixels->colors != 3))
      throw DecodeError("a raw photo of a kind that is not read");
    VipsImagePtr image(vips_image_new_from_memory_copy(pixels->data, pixels->data_size,
                                                       pixels->width, pixels->height,
                                                       pixels->colors, VIPS_FORMAT_UCHAR));
    if (!image) throw VipsFailure{};
    return call_vips("copy", image.get(), "interpretation",
                     pixels->colors == 3 ? VIPS_INTERPRETATION_sRGB : VIPS_INTERPRETATION_B_W);
  }

  /// LibRaw's numbers are dcraw's: 3, 5 and 6 turn as EXIF's 3, 8 and 6.
  int orientation() const {
    switch (raw_->imgdata.sizes.flip) {
      case 3:
        return 3;
      case 5:
        return 8;
      case 6:
        return 6;
      default:
        return 1;
    }
  }

  /// In EXIF's words. LibRaw takes the camera's clock for that of the system's time zone.
  void set_time(VipsImage* image) const {
    const std::time_t time = raw_->imgdata.other.timestamp;
    std::tm parts{};
    if (time == 0 || ::localtime_r(&time, &parts) == nullptr) return;
    vips_image_set_string(
        image, "exif-ifd2-DateTimeOriginal",
        fmt::format("{:04}:{:02}:{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                    parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec)
            .c_str());
  }

  Mapping file_;
  std::unique_ptr<LibRaw> raw_;
};

}  // namespace

VipsImagePtr load_raw(int descriptor) {
  return RawReader(descriptor).image();
}

}  // namespace facenet
