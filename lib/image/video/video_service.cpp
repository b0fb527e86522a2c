#include "image/video/video_service.h"

#include <unistd.h>

#include "image/decoder/photo_decoder.h"
#include "image/video/video_module.h"
#include "image/vips_pixels.h"

namespace facenet {
namespace {

Image upright(const Image& frame, int orientation) {
  const VipsImagePtr image = call_vips("copy", wrap(frame).get());
  vips_image_set_int(image.get(), VIPS_META_ORIENTATION, orientation);
  return copy_out(call_vips("autorot", image.get()).get());
}

}  // namespace

FrameReader& VideoService::reader() {
  if (!reader_) throw DecodeError("no video is open");
  return *reader_;
}

const VideoHeader& VideoService::open(int descriptor, std::int64_t most_pixels) {
  reader_.reset();
  file_ = std::make_unique<Descriptor>(::dup(descriptor));
  reader_ = video_functions().open(file_->get(), most_pixels);
  return reader_->header();
}

std::int64_t VideoService::go_to(std::int64_t time_ms) {
  if (!reader().go_to(time_ms)) throw DecodeError("it has no frame at that time");
  return time_ms;
}

Image VideoService::frame(int max_edge) {
  const VideoHeader& header = reader().header();
  const PhotoSize size = fit({header.width, header.height}, max_edge);
  const bool is_turned = header.orientation >= 5;
  Image lying =
      reader().pixels(is_turned ? size.height : size.width, is_turned ? size.width : size.height);
  if (header.orientation == 1) return lying;
  return with_vips_reason<DecodeError>([&] { return upright(lying, header.orientation); },
                                       [](const std::string& reason) { return reason; });
}

}  // namespace facenet
