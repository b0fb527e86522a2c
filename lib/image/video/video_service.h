#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/file.h"
#include "image/image.h"
#include "image/video/frame_reader.h"

namespace facenet {

/// The video that a decoder process has open (image/decoder/decoder_loop.cpp).
class VideoService {
 public:
  /// Keeps a copy of the descriptor. Throws DecodeError, as do the others, also where no video is
  /// open.
  const VideoHeader& open(int descriptor, std::int64_t most_pixels);
  std::optional<std::int64_t> next() { return reader().next(); }
  /// The time of the frame that is at hand then; throws where there is none.
  std::int64_t go_to(std::int64_t time_ms);
  /// The frame at hand, upright, with its longer edge shrunk to `max_edge`; 0: as it is.
  Image frame(int max_edge);

 private:
  FrameReader& reader();

  std::unique_ptr<Descriptor> file_;
  std::unique_ptr<FrameReader> reader_;
};

}  // namespace facenet
