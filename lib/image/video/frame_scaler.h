#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

extern "C" {
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
}

#include "image/image.h"

namespace facenet {

/// Frames as pictures of other sizes and colours.
class FrameScaler {
 public:
  /// A frame in so few pixels that only its scene shows: 16 columns, 9 rows, brightness.
  using Sketch = std::array<std::uint8_t, 144>;

  /// Throws DecodeError for a frame of a kind that cannot be.
  Image to_rgb(const AVFrame& frame, int width, int height);
  Sketch sketch(const AVFrame& frame);
  /// The mean difference of two in brightness, 0 to 255.
  static double difference(const Sketch& a, const Sketch& b);

 private:
  struct Free {
    void operator()(SwsContext* context) const { sws_freeContext(context); }
  };
  using ContextPtr = std::unique_ptr<SwsContext, Free>;

  static void prepare(ContextPtr& context, const AVFrame& frame, int width, int height,
                      AVPixelFormat format);

  ContextPtr rgb_, sketch_;
  std::vector<std::uint8_t> padded_;
};

}  // namespace facenet
