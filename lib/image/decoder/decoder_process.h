#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "image/decoder/messages.h"
#include "image/decoder/photo_decoder.h"

namespace facenet {

class DecoderNursery;
class SharedMemory;

struct DecoderLimits {
  std::int64_t most_memory = 0;                                   ///< bytes of address space
  std::chrono::milliseconds most_time = std::chrono::minutes(2);  ///< of a processor, for one photo
  bool is_for_video = false;  ///< then `most_time` is for all that the process does
};

/// Limits that photos of up to so many pixels stay below.
DecoderLimits limits_for(std::int64_t most_pixels);

/// Limits for a process that opens a video; when its length is known, it gets more time.
DecoderLimits limits_for_video();

/// A process that decodes photos and holds nothing else (walls/walls.h), so that a decoder's bug,
/// or a file that was made to find one, costs that one photo. For one thread. When the process
/// ends, by a signal or because a photo takes too long, the next call starts another.
class DecoderProcess {
 public:
  explicit DecoderProcess(const DecoderLimits& limits);
  ~DecoderProcess();
  DecoderProcess(const DecoderProcess&) = delete;
  DecoderProcess& operator=(const DecoderProcess&) = delete;

  const DecoderLimits& limits() const { return limits_; }
  /// Of the process, once there is one.
  std::optional<pid_t> process() const;

  /// Of the open file. Throws DecodeError, also with how the process ended, or why none can be
  /// started.
  /// `is_called_raw`: has_raw_extension() of its name.
  PhotoHeader read_header(int photo, bool is_called_raw = false);
  /// The pixels as decode_photo() gives them. Throws like read_header().
  Image decode(int photo, const PhotoHeader& header, int max_edge);
  /// The XMP that is in the photo. Throws like read_header().
  std::string read_xmp(int photo, ImageFormat format);

  /// Of a process for one video, which is not started anew: opens it, goes to its next frame
  /// (nothing at the end) or to that of a time, and gives the pixels of the frame at hand, which
  /// has `size`. Throw like read_header().
  VideoHeader open_video(int video, std::int64_t most_pixels);
  std::optional<std::int64_t> next_frame();
  void go_to_frame(std::int64_t time_ms);
  Image frame(int max_edge, PhotoSize size);
  void set_time(std::chrono::milliseconds most) { limits_.most_time = most; }

 private:
  class Connection;

  Image ask_for_pixels(const DecoderRequest& request, std::vector<int> descriptors, PhotoSize size);

  DecoderReply ask(const DecoderRequest& request, std::span<const int> descriptors);
  std::optional<DecoderReply> try_to_ask(const DecoderRequest& request,
                                         std::span<const int> descriptors);
  std::string how_it_ended();

  DecoderLimits limits_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<SharedMemory> pixels_;
};

/// The calling thread's own, for photos of up to so many pixels.
DecoderProcess& decoder_of_this_thread(std::int64_t most_pixels);

}  // namespace facenet
