#pragma once

#include <cstdint>
#include <vector>

#include "nn/graph/attributes.h"
#include "nn/graph/graph.h"

namespace facenet {

struct Pads {
  std::int64_t top = 0, left = 0, bottom = 0, right = 0;
};

/// The sliding window of a convolution or pooling node: its attributes, read and checked.
struct Window {
  std::vector<std::int64_t> kernel;     ///< [y, x]
  std::vector<std::int64_t> strides;    ///< [y, x]
  std::vector<std::int64_t> dilations;  ///< [y, x]
  bool ceil_mode = false;

  /// `kernel` is the weight's, for a node that need not repeat it. Throws Error naming the node.
  explicit Window(const GraphNode& node, std::vector<std::int64_t> kernel = {});

  /// Pads around an image of this size; with auto_pad they depend on it.
  Pads pads(std::int64_t height, std::int64_t width) const;

  /// The pads are so wide that a position of the window sees nothing else.
  bool reaches_padding_alone() const;

 private:
  enum class AutoPad { kNone, kSameUpper, kSameLower };

  AutoPad auto_pad_ = AutoPad::kNone;
  Pads pads_;
};

}  // namespace facenet
