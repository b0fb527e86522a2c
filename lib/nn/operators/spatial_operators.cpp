#include "nn/operators/spatial_operators.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>

#include "base/error.h"
#include "nn/graph/attributes.h"
#include "nn/operators/memory_limit.h"
#include "nn/operators/vector_loops.h"

namespace facenet {
namespace {

using Inputs = std::vector<at::Tensor>;

/// An image with ONNX's pads split into what LibTorch's operators can do themselves (the same on
/// both sides) and the rest, which is laid around the image first.
struct Padded {
  at::Tensor image;
  std::vector<std::int64_t> both;  ///< [y, x]
  bool is_laid_around = false;

  Padded(const at::Tensor& input, const Window& window, float value) : image(input) {
    const Pads pads = window.pads(input.size(-2), input.size(-1));
    if (pads.top == pads.bottom && pads.left == pads.right) {
      both = {pads.top, pads.left};
    } else {
      both = {0, 0};
      is_laid_around = true;
      image = at::constant_pad_nd(input, {pads.left, pads.right, pads.top, pads.bottom}, value);
    }
  }
};

}  // namespace

void check_conv_weights(const GraphNode& node, const at::Tensor& weight, const at::Tensor& bias) {
  const Attributes attributes(node);
  if (!weight.defined() || weight.dim() != 4) {
    fail("{}: its weight is not a tensor of four axes", describe(node));
  }
  if (weight.numel() == 0) fail("{}: its weight is empty", describe(node));
  const std::int64_t groups = attributes.integer("group", 1);
  if (groups < 1 || weight.size(0) % groups != 0) {
    fail("{}: {} output channels do not divide into {} groups", describe(node), weight.size(0),
         groups);
  }
  if (bias.defined() && (bias.dim() != 1 || bias.size(0) != weight.size(0))) {
    fail("{}: its bias does not have one number for each output channel", describe(node));
  }
}

at::Tensor convolve(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                    at::IntArrayRef strides, at::IntArrayRef padding, at::IntArrayRef dilations,
                    std::int64_t groups) {
  // oneDNN's own complaints do not say what is wrong.
  TORCH_CHECK(input.dim() == 4 && input.scalar_type() == at::kFloat,
              "the input is not a batch of float32 images");
  TORCH_CHECK(input.size(1) == weight.size(1) * groups, "the input has ", input.size(1),
              " channels, not ", weight.size(1) * groups);
  auto numbers = static_cast<double>(input.size(0)) * static_cast<double>(weight.size(0));
  for (const std::int64_t axis : {0, 1}) {
    const auto a = static_cast<std::size_t>(axis);
    const std::int64_t reach = (weight.size(2 + axis) - 1) * dilations[a] + 1;
    TORCH_CHECK(input.size(2 + axis) + 2 * padding[a] >= reach,
                "the input is smaller than the filter");
    const std::int64_t steps = (input.size(2 + axis) + 2 * padding[a] - reach) / strides[a];
    numbers *= static_cast<double>(steps + 1);
  }
  require_memory(numbers * sizeof(float));
  const bool is_learning = at::GradMode::is_enabled() && weight.requires_grad();
  if (is_learning || !at::globalContext().userEnabledMkldnn() || !at::hasMKLDNN() ||
      input.numel() == 0) {
    return at::conv2d(input, weight, bias, strides, padding, dilations, groups);
  }
  return at::mkldnn_convolution(input, weight, bias, padding, strides, dilations, groups);
}

Kernel make_conv(const GraphNode& node, Inputs& constants) {
  const std::int64_t groups = Attributes(node).integer("group", 1);
  if (!constants[1].defined()) {  // computed, or learned
    return [node, groups](Inputs& inputs) {
      const at::Tensor bias = inputs.size() > 2 ? inputs[2] : at::Tensor();
      check_conv_weights(node, inputs[1], bias);
      const Window window(node, inputs[1].sizes().slice(2).vec());
      const Padded padded(inputs[0], window, 0);
      return at::conv2d(padded.image, inputs[1], bias, window.strides, padded.both,
                        window.dilations, groups);
    };
  }
  const at::Tensor weight = std::move(constants[1]);
  const at::Tensor bias = constants.size() > 2 ? std::move(constants[2]) : at::Tensor();
  check_conv_weights(node, weight, bias);
  if (!bias.defined() && node.inputs.size() > 2 && !node.inputs[2].empty()) {
    fail("{}: its bias is not a tensor of the file", describe(node));
  }
  return [weight = weight.contiguous(at::MemoryFormat::ChannelsLast),
          bias = bias.defined() ? bias : at::zeros({weight.size(0)}),
          window = Window(node, weight.sizes().slice(2).vec()), groups](Inputs& inputs) {
    TORCH_CHECK(inputs[0].dim() == 4, "the input is not a batch of images");
    const Padded padded(inputs[0], window, 0);
    return convolve(padded.image, weight, bias, window.strides, padded.both, window.dilations,
                    groups);
  };
}

Kernel make_conv_transpose(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  if (attributes.text("auto_pad", "NOTSET") != "NOTSET" || attributes.has("output_shape")) {
    fail("{}: padding that depends on the input's size is not supported", describe(node));
  }
  const auto pads = attributes.integers("pads", {0, 0, 0, 0}, 4, 0);
  auto extra = attributes.integers("output_padding", {0, 0}, 2, 0);
  // LibTorch cuts the same amount from both sides; what ONNX cuts less at the end is extra.
  for (const std::size_t axis : {0U, 1U}) {
    extra[axis] += pads[axis] - pads[axis + 2];
    if (extra[axis] < 0) fail("{}: pads that are larger at the end", describe(node));
  }
  return [extra, padding = std::vector<std::int64_t>{pads[0], pads[1]},
          strides = attributes.integers("strides", {1, 1}, 2, 1),
          dilations = attributes.integers("dilations", {1, 1}, 2, 1),
          groups = attributes.integer("group", 1)](Inputs& inputs) {
    const at::Tensor bias = inputs.size() > 2 ? inputs[2] : at::Tensor();
    return at::conv_transpose2d(inputs[0], inputs[1], bias, strides, padding, extra, groups,
                                dilations);
  };
}

Kernel make_max_pool(const GraphNode& node, Inputs&) {
  return [window = Window(node)](Inputs& inputs) {
    constexpr float kLowest = -std::numeric_limits<float>::infinity();
    const Padded padded(inputs[0], window, kLowest);
    return at::max_pool2d(padded.image, window.kernel, window.strides, padded.both,
                          window.dilations, window.ceil_mode);
  };
}

Kernel make_average_pool(const GraphNode& node, Inputs&) {
  const bool count_pads = Attributes(node).integer("count_include_pad", 0) != 0;
  return [window = Window(node), count_pads](Inputs& inputs) {
    const auto pool = [&](const Padded& x) {
      return at::avg_pool2d(x.image, window.kernel, window.strides, x.both, window.ceil_mode,
                            count_pads);
    };
    const Padded padded(inputs[0], window, 0);
    if (!padded.is_laid_around || count_pads) return pool(padded);
    // Pads that were laid around count as zeros; dividing by the share of real pixels mends that.
    const auto ones = at::ones({1, 1, inputs[0].size(2), inputs[0].size(3)}, inputs[0].options());
    return pool(padded).div_(pool(Padded(ones, window, 0)));
  };
}

Kernel make_lp_pool(const GraphNode& node, Inputs&) {
  if (Attributes(node).integer("p", 2) != 2) {
    fail("{}: only the norm with p = 2 is supported", describe(node));
  }
  return [window = Window(node)](Inputs& inputs) {
    // Where everything under the window is 0, so is the gradient, rather than 0 / 0.
    constexpr float kSmallest = 1e-30F;
    const Padded padded(inputs[0], window, 0);
    const at::Tensor sums =
        at::avg_pool2d(padded.image.square(), window.kernel, window.strides, padded.both,
                       window.ceil_mode, /*count_include_pad=*/true, /*divisor_override=*/1);
    return sums.clamp_min(kSmallest).sqrt();
  };
}

Kernel make_global_average_pool(const GraphNode&, Inputs&) {
  return [](Inputs& inputs) { return inputs[0].mean({2, 3}, /*keepdim=*/true); };
}

Kernel make_global_max_pool(const GraphNode&, Inputs&) {
  return [](Inputs& inputs) { return inputs[0].amax({2, 3}, /*keepdim=*/true); };
}

/// Of what Resize makes, in pixels: beyond any photo.
constexpr double kLargestEdge = 1 << 20;

// One input is the image; the size comes from "scales" or "sizes", attributes where the file has
// constants, else the last input, which is whole numbers for sizes.
Kernel make_resize(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  const std::string mode = attributes.text("mode", "nearest");
  const std::string position = attributes.text("coordinate_transformation_mode",
                                               node.op == "Upsample" ? "asymmetric" : "half_pixel");
  const bool is_nearest = mode == "nearest";
  if (!is_nearest && mode != "linear") {
    fail("{}: only the modes nearest and linear are supported", describe(node));
  }
  const bool floors =
      attributes.text("nearest_mode", node.op == "Upsample" ? "floor" : "round_prefer_floor") ==
      "floor";
  const bool is_position = position == "half_pixel" || position == "pytorch_half_pixel" ||
                           position == (is_nearest ? "asymmetric" : "align_corners");
  if (!is_position) {
    fail("{}: the positions \"{}\" of its mode are not supported", describe(node), position);
  }
  const auto scales = attributes.numbers("scales");
  const auto sizes = attributes.integers("sizes", {});
  return [=, where = describe(node)](Inputs& in) {
    TORCH_CHECK(in[0].dim() == 4 && in[0].numel() > 0, "the input is no image, or an empty one");
    std::vector<std::int64_t> size;
    const auto edge = [](double wanted) {
      TORCH_CHECK(wanted >= 1 && wanted <= kLargestEdge, "it makes an edge of ", wanted, " pixels");
      return static_cast<std::int64_t>(std::floor(wanted));
    };
    const auto from_scales = [&](double y, double x) {
      size = {edge(static_cast<double>(in[0].size(2)) * y),
              edge(static_cast<double>(in[0].size(3)) * x)};
    };
    if (scales.size() == 4) {
      from_scales(scales[2], scales[3]);
    } else if (sizes.size() == 4) {
      size = {edge(static_cast<double>(sizes[2])), edge(static_cast<double>(sizes[3]))};
    } else {
      TORCH_CHECK(in.size() > 1 && in.back().defined() && in.back().numel() == 4,
                  "it has neither four scales nor four sizes");
      const at::Tensor last = in.back().to(at::kDouble).contiguous();
      const double* values = last.data_ptr<double>();
      if (in.back().scalar_type() == at::kLong) {
        size = {edge(values[2]), edge(values[3])};
      } else {
        from_scales(values[2], values[3]);
      }
    }
    if (!is_nearest) {
      return at::upsample_bilinear2d(in[0], size, position == "align_corners");
    }
    // Whole factors: every rule of rounding takes the same pixel.
    const bool is_whole = size[0] % in[0].size(2) == 0 && size[1] % in[0].size(3) == 0;
    if (!is_whole && !(position == "asymmetric" && floors)) {
      fail("{}: nearest neighbours by \"{}\" are supported only for whole factors", where,
           position);
    }
    return at::upsample_nearest2d(in[0], size);
  };
}

/// The operator LRN, local response normalisation (Krizhevsky et al. 2012): a value over a power of
/// the sum of squares of the channels around it.
Kernel make_response_norm(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  const std::int64_t size = attributes.integer("size", 0);
  if (size < 1 || size > (1 << 16))
    fail("{}: its size is not a number of channels", describe(node));
  const double alpha = attributes.number("alpha", 1e-4) / static_cast<double>(size);
  const double beta = attributes.number("beta", 0.75);
  const double bias = attributes.number("bias", 1);
  const std::int64_t below = (size - 1) / 2;
  const std::int64_t above = size - 1 - below;
  return [=](Inputs& in) {
    if (at::GradMode::is_enabled() && in[0].requires_grad()) {
      const at::Tensor square = at::constant_pad_nd(in[0].square(), {0, 0, 0, 0, below, above});
      at::Tensor sum = square.narrow(1, 0, in[0].size(1));
      for (std::int64_t k = 1; k < size; ++k) sum = sum + square.narrow(1, k, in[0].size(1));
      return in[0] * (sum * alpha + bias).pow(-beta);
    }
    TORCH_CHECK(in[0].dim() == 4, "the input is not a batch of images");
    const at::Tensor x = in[0].to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
    at::Tensor y = at::empty_like(x);
    response_norm_rows(x.data_ptr<float>(), y.data_ptr<float>(), x.numel(), x.size(1),
                       {.below = below,
                        .above = above,
                        .scale = static_cast<float>(alpha),
                        .bias = static_cast<float>(bias),
                        .beta = static_cast<float>(beta)});
    return y.to(in[0].scalar_type());
  };
}

}  // namespace facenet
