#include "nn/graph/window.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace facenet {

Window::Window(const GraphNode& node, std::vector<std::int64_t> kernel_of_weight) {
  const Attributes attributes(node);
  kernel = attributes.integers("kernel_shape", std::move(kernel_of_weight), 2, 1);
  strides = attributes.integers("strides", {1, 1}, 2, 1);
  dilations = attributes.integers("dilations", {1, 1}, 2, 1);
  ceil_mode = attributes.integer("ceil_mode", 0) != 0;
  const auto pads = attributes.integers("pads", {0, 0, 0, 0}, 4, 0);
  pads_ = {.top = pads[0], .left = pads[1], .bottom = pads[2], .right = pads[3]};
  const std::string kind = attributes.text("auto_pad", "NOTSET");
  if (kind == "SAME_UPPER") {
    auto_pad_ = AutoPad::kSameUpper;
  } else if (kind == "SAME_LOWER") {
    auto_pad_ = AutoPad::kSameLower;
  } else if (kind == "VALID") {
    pads_ = {};
  } else if (kind != "NOTSET") {
    fail("{}: ONNX knows no auto_pad \"{}\"", describe(node), kind);
  }
}

bool Window::reaches_padding_alone() const {
  const std::int64_t reach_y = (kernel[0] - 1) * dilations[0] + 1;
  const std::int64_t reach_x = (kernel[1] - 1) * dilations[1] + 1;
  return std::max(pads_.top, pads_.bottom) >= reach_y ||
         std::max(pads_.left, pads_.right) >= reach_x;
}

Pads Window::pads(std::int64_t height, std::int64_t width) const {
  if (auto_pad_ == AutoPad::kNone) return pads_;
  const auto split = [&](std::int64_t size, std::size_t axis) {
    const std::int64_t steps = (size + strides[axis] - 1) / strides[axis] - 1;
    const std::int64_t reach = (kernel[axis] - 1) * dilations[axis] + 1;
    const std::int64_t total = std::max<std::int64_t>(steps * strides[axis] + reach - size, 0);
    const std::int64_t less = total / 2;
    return auto_pad_ == AutoPad::kSameUpper ? std::pair(less, total - less)
                                            : std::pair(total - less, less);
  };
  const auto [top, bottom] = split(height, 0);
  const auto [left, right] = split(width, 1);
  return {.top = top, .left = left, .bottom = bottom, .right = right};
}

}  // namespace facenet
