#include "nn/spatial_operators.h"

#include <array>
#include <limits>

#include <ATen/ATen.h>

#include "base/error.h"
#include "nn/attributes.h"

namespace facenet {
namespace {

/// ONNX's pads [top, left, bottom, right], split into what LibTorch's operators can do themselves
/// (the same on both sides) and the rest, which is laid around the input first.
struct Padding {
  std::vector<std::int64_t> both;    ///< [y, x]
  std::vector<std::int64_t> around;  ///< as at::constant_pad_nd wants it; empty when not needed

  Padding(const GraphNode& node, const Attributes& attributes) {
    const auto pads = attributes.integers("pads", {0, 0, 0, 0}, 4, 0);
    if (attributes.text("auto_pad", "NOTSET") != "NOTSET") {
      fail("{}: padding that depends on the input's size is not supported", describe(node));
    }
    if (pads[0] == pads[2] && pads[1] == pads[3]) {
      both = {pads[0], pads[1]};
    } else {
      both = {0, 0};
      around = {pads[1], pads[3], pads[0], pads[2]};
    }
  }

  at::Tensor apply(const at::Tensor& input, float value) const {
    return around.empty() ? input : at::constant_pad_nd(input, around, value);
  }
};

struct Window {
  std::vector<std::int64_t> kernel;
  std::vector<std::int64_t> strides;
  std::vector<std::int64_t> dilations;
  Padding padding;
  bool ceil_mode;

  Window(const GraphNode& node, const Attributes& attributes)
      : kernel(attributes.integers("kernel_shape", {}, 2, 1)),
        strides(attributes.integers("strides", {1, 1}, 2, 1)),
        dilations(attributes.integers("dilations", {1, 1}, 2, 1)),
        padding(node, attributes),
        ceil_mode(attributes.integer("ceil_mode", 0) != 0) {}
};

void check_conv_weights(const GraphNode& node, const at::Tensor& weight, const at::Tensor& bias,
                        const Attributes& attributes) {
  if (!weight.defined() || weight.dim() != 4) {
    fail("{}: its weight is not a tensor of four axes", describe(node));
  }
  const std::int64_t groups = attributes.integer("group", 1);
  if (groups < 1 || weight.size(0) % groups != 0) {
    fail("{}: {} output channels do not divide into {} groups", describe(node), weight.size(0),
         groups);
  }
  attributes.integers("kernel_shape", {weight.size(2), weight.size(3)}, 2, 1);
  if (bias.defined() && (bias.dim() != 1 || bias.size(0) != weight.size(0))) {
    fail("{}: its bias is not one number an output channel", describe(node));
  }
}

}  // namespace

at::Tensor convolve(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                    at::IntArrayRef strides, at::IntArrayRef padding, at::IntArrayRef dilations,
                    std::int64_t groups) {
  // oneDNN's own complaints do not say what is wrong.
  TORCH_CHECK(input.dim() == 4 && input.scalar_type() == at::kFloat,
              "the input is not a batch of float32 images");
  TORCH_CHECK(input.size(1) == weight.size(1) * groups, "the input has ", input.size(1),
              " channels, not ", weight.size(1) * groups);
  for (const std::int64_t axis : {0, 1}) {
    const auto a = static_cast<std::size_t>(axis);
    const std::int64_t reach = (weight.size(2 + axis) - 1) * dilations[a] + 1;
    TORCH_CHECK(input.size(2 + axis) + 2 * padding[a] >= reach,
                "the input is smaller than the filter");
  }
  if (!at::globalContext().userEnabledMkldnn() || !at::hasMKLDNN() || input.numel() == 0) {
    return at::conv2d(input, weight, bias, strides, padding, dilations, groups);
  }
  return at::mkldnn_convolution(input, weight, bias, padding, strides, dilations, groups);
}

Kernel make_conv(const GraphNode& node, std::vector<at::Tensor>& constants) {
  const Attributes attributes(node);
  const at::Tensor weight = constants.size() > 1 ? std::move(constants[1]) : at::Tensor();
  const at::Tensor bias = constants.size() > 2 ? std::move(constants[2]) : at::Tensor();
  check_conv_weights(node, weight, bias, attributes);
  if (!bias.defined() && node.inputs.size() > 2 && !node.inputs[2].empty()) {
    fail("{}: its bias is not a tensor of the file", describe(node));
  }

  return [weight = weight.contiguous(at::MemoryFormat::ChannelsLast),
          bias = bias.defined() ? bias : at::zeros({weight.size(0)}),
          strides = attributes.integers("strides", {1, 1}, 2, 1),
          dilations = attributes.integers("dilations", {1, 1}, 2, 1),
          groups = attributes.integer("group", 1),
          padding = Padding(node, attributes)](std::vector<at::Tensor>& inputs) {
    return convolve(padding.apply(inputs[0], 0), weight, bias, strides, padding.both, dilations,
                    groups);
  };
}

Kernel make_max_pool(const GraphNode& node, std::vector<at::Tensor>&) {
  const Attributes attributes(node);
  return [window = Window(node, attributes)](std::vector<at::Tensor>& inputs) {
    constexpr float kLowest = -std::numeric_limits<float>::infinity();
    return at::max_pool2d(window.padding.apply(inputs[0], kLowest), window.kernel, window.strides,
                          window.padding.both, window.dilations, window.ceil_mode);
  };
}

Kernel make_average_pool(const GraphNode& node, std::vector<at::Tensor>&) {
  const Attributes attributes(node);
  const bool count_pads = attributes.integer("count_include_pad", 0) != 0;
  return [window = Window(node, attributes), count_pads](std::vector<at::Tensor>& inputs) {
    const auto pool = [&](const at::Tensor& x) {
      return at::avg_pool2d(window.padding.apply(x, 0), window.kernel, window.strides,
                            window.padding.both, window.ceil_mode, count_pads);
    };
    if (window.padding.around.empty() || count_pads) return pool(inputs[0]);
    // Pads that were laid around count as zeros; dividing by the share of real pixels mends that.
    const auto ones = at::ones({1, 1, inputs[0].size(2), inputs[0].size(3)}, inputs[0].options());
    return pool(inputs[0]).div_(pool(ones));
  };
}

Kernel make_global_average_pool(const GraphNode&, std::vector<at::Tensor>&) {
  return [](std::vector<at::Tensor>& inputs) { return inputs[0].mean({2, 3}, /*keepdim=*/true); };
}

}  // namespace facenet
