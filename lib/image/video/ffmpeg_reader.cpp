#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <new>
#include <string_view>

extern "C" {
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
}

#include "base/text.h"
#include "image/decode.h"
#include "image/video/cut_short.h"
#include "image/video/frame_reader.h"
#include "image/video/frame_scaler.h"
#include "image/video/media_file.h"

namespace facenet {
namespace {

/// Frames that are looked at lie so far apart at least, unless a scene begins, ...
constexpr std::int64_t kUsualGap = 2000;  // ms
/// ... and so far even then.
constexpr std::int64_t kLeastGap = 500;
/// So often at most it is asked whether one does, where there are so many key frames: each has to
/// be decoded for that.
constexpr std::int64_t kAskGap = 200;
/// Where key frames lie further apart than this, frames between them are decoded, too, as few and
/// as early as will do. Most films have a key frame each second, and where a scene begins; decoding
/// other frames costs the more, and all those before them, back to the key frame.
constexpr std::int64_t kMostGap = 5000;

/// Packets that wait for it to turn out whether they have to be decoded.
constexpr std::size_t kMostWaiting = 5000;
constexpr std::int64_t kMostWaitingBytes = std::int64_t{64} << 20;

VideoFormat format_of(const AVFormatContext& container) {
  const std::string_view name = container.iformat->name;
  if (name.starts_with("mov")) return VideoFormat::kMp4;
  if (name.starts_with("matroska")) return VideoFormat::kMatroska;
  return name == "avi" ? VideoFormat::kAvi : VideoFormat::kMpegTs;
}

/// As of EXIF: the matrix says where a point of the frame is to be seen.
int orientation_of(AVStream& stream) {
  const auto* matrix = reinterpret_cast<const std::int32_t*>(
      av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr));
  if (matrix == nullptr) return 1;
  const auto sign = [&](int at) { return (matrix[at] > 0) - (matrix[at] < 0); };
  const int a = sign(0), b = sign(1), c = sign(3), d = sign(4);  // x' = ax + cy, y' = bx + dy
  if (std::abs(matrix[0]) >= std::abs(matrix[1])) {
    if (a > 0) return d >= 0 ? 1 : 4;
    return d > 0 ? 2 : 3;
  }
  if (b > 0) return c > 0 ? 5 : 6;
  return c > 0 ? 8 : 7;
}

/// When it was filmed, as one of these fields says.
const char* created_of(const AVFormatContext& container, const AVStream& stream) {
  constexpr const char* kLocal = "com.apple.quicktime.creationdate";
  constexpr const char* kUsual = "creation_time";
  for (const auto& [fields, name] : {std::pair{container.metadata, kLocal},
                                     {container.metadata, kUsual},
                                     {stream.metadata, kUsual}})
    if (const auto* entry = av_dict_get(fields, name, nullptr, 0)) return entry->value;
  return "";
}

class FfmpegReader final : public FrameReader {
 public:
  FfmpegReader(int descriptor, std::int64_t most_pixels)
      : file_(descriptor), packet_(av_packet_alloc()) {
    if (!packet_) throw std::bad_alloc();
    read_header(most_pixels);
    decoder_ = file_.make_decoder(most_pixels);
  }

  const VideoHeader& header() const override { return header_; }
  std::optional<std::int64_t> next() override;
  bool go_to(std::int64_t time_ms) override;
  Image pixels(int width, int height) override {
    if (!frame_) throw DecodeError("no frame of it was decoded");
    return scaler_.to_rgb(*frame_, width, height);
  }

 private:
  void read_header(std::int64_t most_pixels);
  void wait(const AVPacket& packet);
  void drop_waiting();
  FramePtr decode_key(const AVPacket& packet);
  FramePtr take_key(const AVPacket& packet, std::int64_t time_ms);
  bool is_new_scene(const AVFrame& frame);
  bool decode_waiting(std::int64_t from_ms);
  bool take_frames(std::int64_t from_ms);
  std::int64_t take(FramePtr frame);
  std::int64_t gap_after(std::int64_t time_ms) const;
  std::int64_t time_of(const AVPacket& packet) const {
    return file_.to_ms(packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts);
  }
  std::int64_t time_of(const AVFrame& frame) const {
    return file_.to_ms(frame.best_effort_timestamp);
  }

  MediaFile file_;
  CodecPtr decoder_;
  PacketPtr packet_;
  FrameScaler scaler_;
  VideoHeader header_;
  FramePtr frame_;                    ///< at hand
  std::optional<std::int64_t> last_;  ///< its time
  std::int64_t asked_ = 0;            ///< when it was last asked whether a scene begins
  std::int64_t gap_ = kMostGap;       ///< until the next, where no key frame comes before
  FrameScaler::Sketch sketch_{};      ///< of it
  /// From the last key frame on, or from where the decoder is behind it.
  std::deque<PacketPtr> waiting_;
  std::int64_t waiting_bytes_ = 0;
  bool is_behind_key_ = false;  ///< the decoder has what comes before the waiting packets
  bool has_key_ = false;        ///< there was one
};

void FfmpegReader::read_header(std::int64_t most_pixels) {
  const AVStream& stream = *file_.stream();
  const AVCodecParameters& codec = *stream.codecpar;
  if (codec.width < 1 || codec.height < 1) throw DecodeError("the film's data are damaged");
  if (std::int64_t{codec.width} * codec.height > most_pixels)
    fail<DecodeError>(
        "frames of {} x {} pixels are more than the limit of {}; raise it with --max-pixels",
        codec.width, codec.height, with_thousands(most_pixels));
  header_.format = format_of(*file_.container());
  header_.orientation = orientation_of(*file_.stream());
  header_.width = codec.width;
  header_.height = codec.height;
  // Pixels that are no squares: as wide as the frame is to be seen.
  const AVRational aspect =
      av_guess_sample_aspect_ratio(file_.container(), file_.stream(), nullptr);
  constexpr double kMostStretched = 4;
  const double stretch = aspect.num > 0 && aspect.den > 0 ? av_q2d(aspect) : 1;
  if (stretch > 1 / kMostStretched && stretch < kMostStretched)
    header_.width = std::max(1, static_cast<int>(std::lround(codec.width * stretch)));
  if (header_.orientation >= 5) std::swap(header_.width, header_.height);
  const std::int64_t container_ms = file_.container()->duration / (AV_TIME_BASE / 1000);
  header_.duration_ms = std::clamp<std::int64_t>(
      stream.duration > 0 ? av_rescale_q(stream.duration, stream.time_base, AVRational{1, 1000})
                          : container_ms,
      0, kMostVideoMs);
  std::strncpy(header_.created.data(), created_of(*file_.container(), stream),
               header_.created.size() - 1);
}

void FfmpegReader::wait(const AVPacket& packet) {
  PacketPtr copy(av_packet_clone(&packet));
  if (!copy) throw std::bad_alloc();
  waiting_bytes_ += packet.size;
  waiting_.push_back(std::move(copy));
}

void FfmpegReader::drop_waiting() {
  waiting_.clear();
  waiting_bytes_ = 0;
}

std::int64_t FfmpegReader::take(FramePtr frame) {
  frame_ = std::move(frame);
  last_ = time_of(*frame_);
  gap_ = gap_after(*last_);
  sketch_ = scaler_.sketch(*frame_);
  return *last_;
}

std::int64_t FfmpegReader::gap_after(std::int64_t time_ms) const {
  const auto next_key = file_.next_key(time_ms);
  if (!next_key) return kMostGap;
  const std::int64_t until_key = *next_key - time_ms;
  const std::int64_t looks_before = (until_key - 1) / kMostGap;
  // Containers list when a frame is decoded, which may be some frames before it is shown.
  constexpr std::int64_t kShownLater = 1000;  // ms
  if (looks_before == 0) return std::max(kMostGap, until_key + kShownLater);
  // What is left after the next look is bridged by the longest gaps.
  return std::max(kUsualGap, until_key - looks_before * kMostGap);
}

std::optional<std::int64_t> FfmpegReader::next() {
  while (file_.read(*packet_)) {
    const std::int64_t time = time_of(*packet_);
    if ((packet_->flags & AV_PKT_FLAG_KEY) != 0) {
      has_key_ = true;
      drop_waiting();
      is_behind_key_ = false;
      wait(*packet_);
      if (FramePtr frame = take_key(*packet_, time)) return take(std::move(frame));
    } else if (has_key_) {
      wait(*packet_);
      const bool is_late = last_ && time - *last_ >= gap_;
      const bool is_much = waiting_.size() >= kMostWaiting || waiting_bytes_ >= kMostWaitingBytes;
      if ((is_late || is_much) && decode_waiting(last_.value_or(0) + gap_)) return last_;
    }
  }
  if (!frame_) throw DecodeError("no frame of it can be decoded");
  return std::nullopt;
}

/// By itself: what the decoder holds back is asked for, which ends its work, so it begins anew.
FramePtr FfmpegReader::decode_key(const AVPacket& packet) {
  FramePtr frame(av_frame_alloc());
  if (!frame) throw std::bad_alloc();
  avcodec_flush_buffers(decoder_.get());
  const bool is_sent = avcodec_send_packet(decoder_.get(), &packet) >= 0 &&
                       avcodec_send_packet(decoder_.get(), nullptr) >= 0;
  const bool is_there = is_sent && avcodec_receive_frame(decoder_.get(), frame.get()) >= 0 &&
                        (frame->flags & AV_FRAME_FLAG_CORRUPT) == 0;
  avcodec_flush_buffers(decoder_.get());
  return is_there ? std::move(frame) : nullptr;
}

/// The key frame, where it is to be looked at.
FramePtr FfmpegReader::take_key(const AVPacket& packet, std::int64_t time_ms) {
  const std::int64_t since = last_ ? std::abs(time_ms - *last_) : kUsualGap;
  if (since >= kUsualGap) return decode_key(packet);
  if (since < kLeastGap || std::abs(time_ms - asked_) < kAskGap) return nullptr;
  asked_ = time_ms;
  FramePtr frame = decode_key(packet);
  return frame && is_new_scene(*frame) ? std::move(frame) : nullptr;
}

bool FfmpegReader::is_new_scene(const AVFrame& frame) {
  constexpr double kDifferent = 24;  // of 255
  return FrameScaler::difference(scaler_.sketch(frame), sketch_) > kDifferent;
}

/// Decodes what waits until there is a frame of this time or later, which is then the one at hand.
bool FfmpegReader::decode_waiting(std::int64_t from_ms) {
  if (!is_behind_key_) avcodec_flush_buffers(decoder_.get());
  is_behind_key_ = true;
  while (!waiting_.empty()) {
    const PacketPtr packet = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= packet->size;
    // A packet that is damaged costs its frame.
    if (avcodec_send_packet(decoder_.get(), packet.get()) >= 0 && take_frames(from_ms)) return true;
  }
  return false;
}

/// Of the frames that the decoder has ready: the first of this time or later.
bool FfmpegReader::take_frames(std::int64_t from_ms) {
  bool has_one = false;
  for (;;) {
    FramePtr frame(av_frame_alloc());
    if (!frame) throw std::bad_alloc();
    if (avcodec_receive_frame(decoder_.get(), frame.get()) < 0) return has_one;
    const bool is_good = (frame->flags & AV_FRAME_FLAG_CORRUPT) == 0;
    if (has_one || !is_good || time_of(*frame) < from_ms) continue;
    take(std::move(frame));
    has_one = true;
  }
}

bool FfmpegReader::go_to(std::int64_t time_ms) {
  const auto from_key = [&] {
    avcodec_flush_buffers(decoder_.get());
    while (file_.read(*packet_))
      if (avcodec_send_packet(decoder_.get(), packet_.get()) >= 0 && take_frames(time_ms))
        return true;
    avcodec_send_packet(decoder_.get(), nullptr);
    return take_frames(time_ms);
  };
  drop_waiting();
  is_behind_key_ = false;
  if (file_.seek(time_ms) && from_key() && *last_ == time_ms) return true;
  return file_.seek(0) && from_key();
}

std::unique_ptr<FrameReader> open_video(int descriptor, std::int64_t most_pixels) {
  if (is_film_cut_short(descriptor)) throw DecodeError("the file is cut short");
  return std::make_unique<FfmpegReader>(descriptor, most_pixels);
}

}  // namespace
}  // namespace facenet

extern "C" const facenet::VideoFunctions* facenet_video_functions() {
  static constexpr facenet::VideoFunctions kFunctions{facenet::open_video};
  return &kFunctions;
}
