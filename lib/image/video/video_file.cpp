#include "image/video/video_file.h"

#include <algorithm>
#include <chrono>

#include "base/interrupt.h"
#include "base/text.h"
#include "image/decoder/decoder_process.h"
#include "image/decoder/exif_time.h"
#include "image/decoder/open_photo.h"

namespace facenet {
namespace {

/// Of "2026-11-28T03:55:31+0100" and the like.
std::int64_t parse_time(std::string text) {
  for (const auto& [at, byte] : {std::pair{4, ':'}, {7, ':'}, {10, ' '}})
    if (std::ssize(text) > at) text[static_cast<std::size_t>(at)] = byte;
  return parse_exif_time(text);
}

/// Seconds that the film has, by what it claims, but no more than its bytes may hold: what shows
/// faces has 4 kB a second.
std::int64_t plausible_seconds(std::int64_t claimed_ms, std::int64_t bytes) {
  constexpr std::int64_t kLeastBytesASecond = 4000;
  return std::min(claimed_ms / 1000, bytes / kLeastBytesASecond);
}

}  // namespace

std::string_view to_string(VideoFormat format) {
  switch (format) {
    case VideoFormat::kMp4:
      return "MP4";
    case VideoFormat::kMatroska:
      return "Matroska";
    case VideoFormat::kAvi:
      return "AVI";
    case VideoFormat::kMpegTs:
      return "MPEG-TS";
  }
  return {};
}

VideoFile::VideoFile(const std::string& path, const DecodeOptions& options)
    : file_(std::make_unique<OpenPhoto>(path)),
      decoder_(std::make_unique<DecoderProcess>(limits_for_video())) {
  if (file_->size() == 0) throw DecodeError("the file is empty");
  header_ = decoder_->open_video(file_->descriptor(), options.max_pixels);
  const auto end = std::ranges::find(header_.created, '\0');
  taken_ = parse_time(std::string(header_.created.begin(), end));
  const std::int64_t seconds = plausible_seconds(header_.duration_ms, file_->size());
  decoder_->set_time(decoder_->limits().most_time + std::chrono::seconds(seconds));
  constexpr std::int64_t kFramesASecond = 2, kSomeFrames = 100;
  frames_left_ = kSomeFrames + kFramesASecond * seconds;
}

VideoFile::~VideoFile() = default;

std::optional<std::int64_t> VideoFile::next() {
  stop_if_interrupted();
  if (frames_left_-- <= 0) throw DecodeError("it has more scenes than its length allows");
  return decoder_->next_frame();
}

void VideoFile::go_to(std::int64_t time_ms) {
  stop_if_interrupted();
  decoder_->go_to_frame(time_ms);
}

Image VideoFile::frame(int max_edge, PixelShare* share) const {
  const PhotoSize size{header_.width, header_.height};
  PixelShare own(fit(size, max_edge).pixels());
  Image image = decoder_->frame(max_edge, size);
  if (share != nullptr) *share = std::move(own);
  return image;
}

}  // namespace facenet
