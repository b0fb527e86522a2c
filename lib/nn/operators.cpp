#include "nn/operators.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>
#include <ATen/Parallel.h>

#include "base/error.h"
#include "nn/attributes.h"
#include "nn/spatial_operators.h"

namespace facenet {
namespace {

using Inputs = std::vector<at::Tensor>;

/// Nobody else can see the tensor's memory, so it may be overwritten.
bool is_sole_owner(const at::Tensor& tensor) {
  return tensor.use_count() == 1 && tensor.storage().use_count() == 1;
}

template <auto InPlace, auto Fresh>
Kernel make_unary(const GraphNode&, Inputs&) {
  return [](Inputs& inputs) -> at::Tensor {
    at::Tensor& x = inputs[0];
    return is_sole_owner(x) ? (x.*InPlace)() : (x.*Fresh)();
  };
}

bool fits_into_first(const at::Tensor& a, const at::Tensor& b) {
  return is_sole_owner(a) && at::infer_size(a.sizes(), b.sizes()) == a.sizes();
}

Kernel make_add(const GraphNode&, Inputs&) {
  return [](Inputs& in) {
    if (fits_into_first(in[0], in[1])) return in[0].add_(in[1]);
    if (fits_into_first(in[1], in[0])) return in[1].add_(in[0]);
    return in[0].add(in[1]);
  };
}

Kernel make_sub(const GraphNode&, Inputs&) {
  return [](Inputs& in) {
    return fits_into_first(in[0], in[1]) ? in[0].sub_(in[1]) : in[0].sub(in[1]);
  };
}

Kernel make_mul(const GraphNode&, Inputs&) {
  return [](Inputs& in) {
    if (fits_into_first(in[0], in[1])) return in[0].mul_(in[1]);
    if (fits_into_first(in[1], in[0])) return in[1].mul_(in[0]);
    return in[0].mul(in[1]);
  };
}

Kernel make_div(const GraphNode&, Inputs&) {
  return [](Inputs& in) {
    return fits_into_first(in[0], in[1]) ? in[0].div_(in[1]) : in[0].div(in[1]);
  };
}

/// max(x, 0) + slope * min(x, 0) over rows of channels, in place. A choice between x and its
/// multiple says the same, but GCC does not vectorise that one.
void prelu_rows(float* __restrict data, const float* __restrict slope, std::int64_t rows,
                std::int64_t channels) {
  for (std::int64_t row = 0; row < rows; ++row) {
    float* __restrict x = data + row * channels;
    for (std::int64_t c = 0; c < channels; ++c) {
      const float positive = x[c] > 0 ? x[c] : 0;
      const float negative = x[c] > 0 ? 0 : x[c];
      x[c] = positive + negative * slope[c];
    }
  }
}

/// The slope has one number a channel, broadcast as ONNX does: [C, 1, 1] for images, [C] for rows.
bool is_per_channel(const at::Tensor& x, const at::Tensor& slope) {
  if (x.dim() != 4 && x.dim() != 2) return false;
  const std::int64_t axis = x.dim() == 4 ? -3 : -1;
  return slope.dim() >= -axis && slope.size(axis) == x.size(1) && slope.numel() == x.size(1);
}

Kernel make_prelu(const GraphNode& node, Inputs& constants) {
  if (constants.size() != 2 || !constants[1].defined()) {
    fail("{}: its slope is not a tensor of the file", describe(node));
  }
  return [slope = std::move(constants[1]).contiguous()](Inputs& in) {
    at::Tensor x = std::move(in[0]);
    if (!is_per_channel(x, slope)) return at::where(x > 0, x, x * slope);
    const auto format =
        x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    if (!is_sole_owner(x) || !x.is_contiguous(format)) x = x.clone(format);
    const std::int64_t channels = x.size(1);
    const std::int64_t grain = std::max<std::int64_t>(1, at::internal::GRAIN_SIZE / channels);
    at::parallel_for(0, x.numel() / channels, grain, [&](std::int64_t begin, std::int64_t end) {
      prelu_rows(x.data_ptr<float>() + begin * channels, slope.data_ptr<float>(), end - begin,
                 channels);
    });
    return x;
  };
}

Kernel make_leaky_relu(const GraphNode& node, Inputs&) {
  return [slope = Attributes(node).number("alpha", 0.01)](Inputs& in) {
    return is_sole_owner(in[0]) ? at::leaky_relu_(in[0], slope) : at::leaky_relu(in[0], slope);
  };
}

Kernel make_clip(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return [low = attributes.number("min", -kInfinity),
          high = attributes.number("max", kInfinity)](Inputs& in) {
    return is_sole_owner(in[0]) ? in[0].clamp_(low, high) : in[0].clamp(low, high);
  };
}

Kernel make_softmax(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  const std::int64_t axis = attributes.integer("axis", -1);
  // Before opset 13 ONNX flattened everything from the axis on into one.
  if (attributes.integer("flatten", 0) != 0) {
    return [axis](Inputs& in) {
      return at::softmax(in[0].flatten(axis), axis < 0 ? -1 : axis).reshape(in[0].sizes());
    };
  }
  return [axis](Inputs& in) { return at::softmax(in[0], axis); };
}

at::Tensor general_gemm(const Inputs& in, bool trans_a, bool trans_b, double alpha, double beta) {
  const at::Tensor a = trans_a ? in[0].t() : in[0];
  const at::Tensor b = trans_b ? in[1].t() : in[1];
  if (in.size() < 3 || !in[2].defined()) return at::mm(a, b).mul_(alpha);
  return at::addmm(in[2], a, b, beta, alpha);
}

Kernel make_gemm(const GraphNode& node, Inputs& constants) {
  const Attributes attributes(node);
  const bool trans_a = attributes.integer("transA", 0) != 0;
  const bool trans_b = attributes.integer("transB", 0) != 0;
  const double alpha = attributes.number("alpha", 1);
  const double beta = attributes.number("beta", 1);
  const bool has_bias = node.inputs.size() > 2 && !node.inputs[2].empty();
  const bool is_layer = constants[1].defined() && constants[1].dim() == 2 && !trans_a &&
                        alpha == 1 && beta == 1 &&
                        (!has_bias || (constants[2].defined() && constants[2].dim() == 1));
  if (!is_layer) {
    return [=](Inputs& in) { return general_gemm(in, trans_a, trans_b, alpha, beta); };
  }
  // A dense layer is a convolution of 1 x 1 images, which oneDNN does whatever BLAS there is.
  const at::Tensor matrix = trans_b ? constants[1] : constants[1].t();
  const std::int64_t outputs = matrix.size(0);
  constants[1].reset();
  return [weight = matrix.contiguous().reshape({outputs, -1, 1, 1}), outputs,
          bias = has_bias ? std::move(constants[2]).expand({outputs}).contiguous()
                          : at::zeros({outputs})](Inputs& in) {
    const at::Tensor columns = in[0].reshape({in[0].size(0), -1, 1, 1});
    return convolve(columns, weight, bias, {1, 1}, {0, 0}, {1, 1}, 1).reshape({-1, outputs});
  };
}

Kernel make_mat_mul(const GraphNode&, Inputs&) {
  return [](Inputs& in) { return at::matmul(in[0], in[1]); };
}

Kernel make_batch_normalization(const GraphNode& node, Inputs& constants) {
  if (constants.size() != 5) fail("{}: it has not five inputs", describe(node));
  return [epsilon = Attributes(node).number("epsilon", 1e-5)](Inputs& in) {
    return at::batch_norm(in[0], in[1], in[2], in[3], in[4], /*training=*/false, /*momentum=*/0,
                          epsilon, /*cudnn_enabled=*/false);
  };
}

Kernel make_identity(const GraphNode&, Inputs&) {
  return [](Inputs& in) { return std::move(in[0]); };
}

Kernel make_flatten(const GraphNode& node, Inputs&) {
  return [axis = Attributes(node).integer("axis", 1)](Inputs& in) {
    const std::int64_t split = axis < 0 ? axis + in[0].dim() : axis;
    std::int64_t rows = 1;
    for (std::int64_t i = 0; i < split; ++i) rows *= in[0].size(i);
    return in[0].reshape({rows, rows == 0 ? 0 : in[0].numel() / rows});
  };
}

Kernel make_reshape(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  if (!attributes.has("shape")) fail("{}: its target shape is not a constant", describe(node));
  return [target = attributes.integers("shape", {})](Inputs& in) {
    std::vector<std::int64_t> shape = target;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == 0) shape[i] = in[0].size(static_cast<std::int64_t>(i));
    }
    return in[0].reshape(shape);
  };
}

Kernel make_transpose(const GraphNode& node, Inputs&) {
  return [order = Attributes(node).integers("perm", {})](Inputs& in) {
    if (!order.empty()) return in[0].permute(order);
    std::vector<std::int64_t> reversed(static_cast<std::size_t>(in[0].dim()));
    std::generate(reversed.rbegin(), reversed.rend(), [n = 0]() mutable { return n++; });
    return in[0].permute(reversed);
  };
}

Kernel make_concat(const GraphNode& node, Inputs&) {
  return [axis = Attributes(node).integer("axis", 1)](Inputs& in) { return at::cat(in, axis); };
}

Kernel make_pad(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  const auto pads = attributes.integers("pads", {});
  if (attributes.text("mode", "constant") != "constant" || pads.size() % 2 != 0) {
    fail("{}: only padding by a constant is supported", describe(node));
  }
  // ONNX lists all beginnings, then all ends, first axis first; LibTorch pairs, last axis first.
  std::vector<std::int64_t> pairs;
  const std::size_t axes = pads.size() / 2;
  for (std::size_t axis = axes; axis-- > 0;) {
    pairs.push_back(pads[axis]);
    pairs.push_back(pads[axes + axis]);
  }
  return [pairs, value = attributes.number("value", 0)](Inputs& in) {
    return at::constant_pad_nd(in[0], pairs, value);
  };
}

Kernel make_unsqueeze(const GraphNode& node, Inputs&) {
  return [axes = Attributes(node).integers("axes", {})](Inputs& in) {
    // Axes count in the result's axes, so negative ones are made positive with its rank.
    const auto rank = in[0].dim() + std::ssize(axes);
    std::vector<std::int64_t> order;
    for (const std::int64_t axis : axes) order.push_back(axis < 0 ? axis + rank : axis);
    std::sort(order.begin(), order.end());
    at::Tensor x = in[0];
    for (const std::int64_t axis : order) x = x.unsqueeze(axis);
    return x;
  };
}

Kernel make_squeeze(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  if (!attributes.has("axes")) {
    // Dropping every axis of extent 1 would drop the batch axis of a single image.
    fail("{}: it does not say which axes to drop", describe(node));
  }
  return [axes = attributes.integers("axes", {}), where = describe(node)](Inputs& in) {
    std::vector<std::int64_t> order;
    for (const std::int64_t axis : axes) order.push_back(axis < 0 ? axis + in[0].dim() : axis);
    std::sort(order.rbegin(), order.rend());
    at::Tensor x = in[0];
    for (const std::int64_t axis : order) {
      if (x.size(axis) != 1) fail("{}: the axis {} is not of extent 1", where, axis);
      x = x.squeeze(axis);
    }
    return x;
  };
}

enum class Reduction { kMax, kSum, kMean, kL2 };

template <Reduction kind>
Kernel make_reduction(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  return [axes = attributes.integers("axes", {}),
          keep = attributes.integer("keepdims", 1) != 0](Inputs& in) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(in[0].dim()));
    std::generate(all.begin(), all.end(), [n = 0]() mutable { return n++; });
    const auto& over = axes.empty() ? all : axes;
    if constexpr (kind == Reduction::kMax) return in[0].amax(over, keep);
    if constexpr (kind == Reduction::kSum) return in[0].sum(over, keep);
    if constexpr (kind == Reduction::kMean) return in[0].mean(over, keep);
    if constexpr (kind == Reduction::kL2) return at::linalg_vector_norm(in[0], 2, over, keep);
  };
}

struct OperatorRow {
  std::size_t least_inputs;
  Kernel (*make)(const GraphNode&, Inputs&);
};

const std::map<std::string, OperatorRow>& operator_table() {
  using T = at::Tensor;
  static const std::map<std::string, OperatorRow> table = {
      {"Abs", {1, make_unary<&T::abs_, static_cast<T (T::*)() const>(&T::abs)>}},
      {"Add", {2, make_add}},
      {"AveragePool", {1, make_average_pool}},
      {"BatchNormalization", {5, make_batch_normalization}},
      {"Clip", {1, make_clip}},
      {"Concat", {1, make_concat}},
      {"Conv", {2, make_conv}},
      {"Div", {2, make_div}},
      {"Dropout", {1, make_identity}},
      {"Exp", {1, make_unary<&T::exp_, &T::exp>}},
      {"Flatten", {1, make_flatten}},
      {"Gemm", {2, make_gemm}},
      {"GlobalAveragePool", {1, make_global_average_pool}},
      {"Identity", {1, make_identity}},
      {"LeakyRelu", {1, make_leaky_relu}},
      {"MatMul", {2, make_mat_mul}},
      {"MaxPool", {1, make_max_pool}},
      {"Mul", {2, make_mul}},
      {"Neg", {1, make_unary<&T::neg_, &T::neg>}},
      {"PRelu", {2, make_prelu}},
      {"Pad", {1, make_pad}},
      {"ReduceL2", {1, make_reduction<Reduction::kL2>}},
      {"ReduceMax", {1, make_reduction<Reduction::kMax>}},
      {"ReduceMean", {1, make_reduction<Reduction::kMean>}},
      {"ReduceSum", {1, make_reduction<Reduction::kSum>}},
      {"Relu", {1, make_unary<&T::relu_, &T::relu>}},
      {"Reshape", {1, make_reshape}},
      {"Sigmoid", {1, make_unary<&T::sigmoid_, &T::sigmoid>}},
      {"Softmax", {1, make_softmax}},
      {"Squeeze", {1, make_squeeze}},
      {"Sub", {2, make_sub}},
      {"Tanh", {1, make_unary<&T::tanh_, &T::tanh>}},
      {"Transpose", {1, make_transpose}},
      {"Unsqueeze", {1, make_unsqueeze}},
  };
  return table;
}

}  // namespace

bool is_known_operator(const std::string& op) {
  return operator_table().contains(op);
}

Kernel make_kernel(const GraphNode& node, std::vector<at::Tensor>& constants) {
  const auto row = operator_table().find(node.op);
  if (row == operator_table().end()) fail("{}: an unknown operator", describe(node));
  for (std::size_t i = 0; i < row->second.least_inputs; ++i) {
    if (i >= node.inputs.size() || node.inputs[i].empty()) {
      fail("{}: it lacks its input {}", describe(node), i);
    }
  }
  return row->second.make(node, constants);
}

}  // namespace facenet
