#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "image/decode.h"
#include "image/image.h"
#include "image/video/frame_reader.h"

namespace facenet {

class DecoderProcess;
class OpenPhoto;

std::string_view to_string(VideoFormat format);

/// A video on disk. A process of its own, behind the walls that decoders of photos have
/// (walls/walls.h), reads it: the frames that are worth a look, or the one of a time. They come
/// upright, in sRGB. For one thread.
class VideoFile {
 public:
  /// Throws DecodeError, as do the others; also where the processor has worked for longer on the
  /// video than its length accounts for.
  explicit VideoFile(const std::string& path, const DecodeOptions& options = {});
  ~VideoFile();
  VideoFile(const VideoFile&) = delete;
  VideoFile& operator=(const VideoFile&) = delete;

  VideoFormat format() const { return header_.format; }
  int width() const { return header_.width; }
  int height() const { return header_.height; }
  std::int64_t duration_ms() const { return header_.duration_ms; }
  /// When it was filmed, as the file says it: by the camera's clock, or where it does not know its
  /// zone, by UTC. Seconds since 1970; 0 where the file does not say.
  std::int64_t taken() const { return taken_; }

  /// Goes on to the next frame that is worth a look: one where a scene begins, or some seconds
  /// after the last. Its time from the beginning, in ms; nothing at the end.
  std::optional<std::int64_t> next();
  /// Goes to the frame that next() gave this time.
  void go_to(std::int64_t time_ms);
  /// The frame at hand, as PhotoFile::decode() gives a photo.
  Image frame(int max_edge = 0, PixelShare* share = nullptr) const;

 private:
  std::unique_ptr<OpenPhoto> file_;
  std::unique_ptr<DecoderProcess> decoder_;
  VideoHeader header_;
  std::int64_t taken_ = 0;
  std::int64_t frames_left_ = 0;
};

}  // namespace facenet
