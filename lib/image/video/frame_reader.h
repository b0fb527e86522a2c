#pragma once

// What reads the videos of strangers, by FFmpeg's libraries. It runs in a process of its own, like
// what decodes photos (image/decoder/decoder_process.h); image/video/video_file.h is what others
// use.
//
// Debian's FFmpeg brings a hundred libraries along. So all of this that needs it stands in a
// module, facenet_video.so, which only such processes load, and only where there are videos to
// read.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "image/image.h"

namespace facenet {

/// The latest time in a video, and the longest: 34 years, in ms. What claims more is damaged.
inline constexpr std::int64_t kMostVideoMs = std::int64_t{1} << 40;

enum class VideoFormat : std::int32_t { kMp4, kMatroska, kAvi, kMpegTs };

/// What is known of a video before its frames are.
struct VideoHeader {
  VideoFormat format{};
  std::int32_t width = 0, height = 0;  ///< of the frames as they are to be seen, upright
  std::int32_t orientation = 1;        ///< as of EXIF, that turns a stored frame upright
  std::int64_t duration_ms = 0;        ///< as the file claims; 0: it does not say
  std::array<char, 32> created = {};   ///< when, as the file says it; ends in a zero
};

/// The frames of an open video that are worth a look. Throws DecodeError.
class FrameReader {
 public:
  virtual ~FrameReader() = default;

  virtual const VideoHeader& header() const = 0;

  /// Goes on to the next frame that is worth a look: one where a scene begins, or some seconds
  /// after the last. Its time from the beginning, in ms; nothing at the end.
  virtual std::optional<std::int64_t> next() = 0;

  /// Goes to the first frame that is shown at this time or later. False when there is none.
  virtual bool go_to(std::int64_t time_ms) = 0;

  /// The frame at hand, lying as it is stored, scaled to so many pixels.
  virtual Image pixels(int width, int height) = 0;
};

/// What the module hands out.
struct VideoFunctions {
  /// Reads the file from the descriptor, which must stay open, and opens no other. Frames of more
  /// than so many pixels are refused. Throws DecodeError.
  std::unique_ptr<FrameReader> (*open)(int descriptor, std::int64_t most_pixels);
};

/// Name of the function by which the module hands out its table.
inline constexpr const char* kVideoFunctionsSymbol = "facenet_video_functions";

}  // namespace facenet

extern "C" const facenet::VideoFunctions* facenet_video_functions();
