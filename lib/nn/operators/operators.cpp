#include "nn/operators/operators.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>

#include "base/error.h"
#include "nn/graph/attributes.h"
#include "nn/operators/dense.h"
#include "nn/operators/fused_conv.h"
#include "nn/operators/shape_operators.h"
#include "nn/operators/spatial_operators.h"
#include "nn/operators/vector_loops.h"

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
  return is_sole_owner(a) && a.scalar_type() == b.scalar_type() &&
         at::infer_size(a.sizes(), b.sizes()) == a.sizes();
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
    if (in[0].scalar_type() == at::kLong && in[1].scalar_type() == at::kLong) {
      return at::div(in[0], in[1], "trunc");
    }
    return fits_into_first(in[0], in[1]) ? in[0].div_(in[1]) : in[0].div(in[1]);
  };
}

/// The slope has one number a channel, broadcast as ONNX does: [C, 1, 1] for images, [C] for rows.
bool is_per_channel(const at::Tensor& x, const at::Tensor& slope) {
  if (x.dim() != 4 && x.dim() != 2) return false;
  const std::int64_t axis = x.dim() == 4 ? -3 : -1;
  return slope.dim() >= -axis && slope.size(axis) == x.size(1) && slope.numel() == x.size(1);
}

Kernel make_prelu(const GraphNode& node, Inputs& constants) {
  if (constants.size() != 2) fail("{}: it does not have two inputs", describe(node));
  if (!constants[1].defined()) {  // computed, or learned
    return [](Inputs& in) { return at::where(in[0] > 0, in[0], in[0] * in[1]); };
  }
  return [slope = std::move(constants[1]).contiguous()](Inputs& in) {
    at::Tensor x = std::move(in[0]);
    if (!is_per_channel(x, slope)) return at::where(x > 0, x, x * slope);
    const auto format =
        x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    if (x.scalar_type() != at::kFloat) x = x.to(at::kFloat);
    if (!is_sole_owner(x) || !x.is_contiguous(format)) x = x.clone(format);
    prelu_in_place(x.data_ptr<float>(), slope.data_ptr<float>(), x.numel(), x.size(1));
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
  const at::Tensor matrix = (trans_b ? constants[1] : constants[1].t()).contiguous();
  const at::Tensor bias =
      has_bias ? std::move(constants[2]).expand({matrix.size(0)}).contiguous() : at::Tensor();
  constants[1].reset();
  return make_dense(node, matrix, bias);
}

Kernel make_mat_mul(const GraphNode&, Inputs&) {
  return [](Inputs& in) { return at::matmul(in[0], in[1]); };
}

Kernel make_batch_normalization(const GraphNode& node, Inputs& constants) {
  if (constants.size() != 5) fail("{}: it does not have five inputs", describe(node));
  return [epsilon = Attributes(node).number("epsilon", 1e-5)](Inputs& in) {
    return at::batch_norm(in[0], in[1], in[2], in[3], in[4], /*training=*/false, /*momentum=*/0,
                          epsilon, /*cudnn_enabled=*/false);
  };
}

Kernel make_identity(const GraphNode&, Inputs&) {
  return [](Inputs& in) { return std::move(in[0]); };
}

Kernel make_hard_sigmoid(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  return [alpha = attributes.number("alpha", 0.2), beta = attributes.number("beta", 0.5)](
             Inputs& in) { return in[0].mul(alpha).add_(beta).clamp_(0, 1); };
}

Kernel make_hard_swish(const GraphNode&, Inputs&) {
  return [](Inputs& in) { return at::hardswish(in[0]); };
}

Kernel make_elu(const GraphNode& node, Inputs&) {
  return
      [alpha = Attributes(node).number("alpha", 1)](Inputs& in) { return at::elu(in[0], alpha); };
}

Kernel make_pow(const GraphNode&, Inputs&) {
  return [](Inputs& in) { return in[0].pow(in[1]); };
}

/// The largest or smallest of the inputs, number by number.
template <auto Choose>
Kernel make_extremum(const GraphNode&, Inputs&) {
  return [](Inputs& in) {
    at::Tensor result = in[0];
    for (std::size_t i = 1; i < in.size(); ++i) result = Choose(result, in[i]);
    return result;
  };
}

at::Tensor larger(const at::Tensor& a, const at::Tensor& b) {
  return at::maximum(a, b);
}
at::Tensor smaller(const at::Tensor& a, const at::Tensor& b) {
  return at::minimum(a, b);
}

/// x / |x| along an axis.
Kernel make_lp_normalization(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  const std::int64_t p = attributes.integer("p", 2);
  if (p != 1 && p != 2) fail("{}: its norm is neither 1 nor 2", describe(node));
  return [p, axis = attributes.integer("axis", -1)](Inputs& in) {
    // A vector of zeros has no direction and stays what it is.
    constexpr float kSmallest = 1e-12F;
    const at::Tensor norm = at::linalg_vector_norm(in[0], static_cast<double>(p), axis, true);
    return in[0] / norm.clamp_min(kSmallest);
  };
}

enum class Reduction { kMin, kMax, kSum, kMean, kL1, kL2 };

template <Reduction kind>
Kernel make_reduction(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  return [axes = attributes.integers("axes", {}),
          keep = attributes.integer("keepdims", 1) != 0](Inputs& in) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(in[0].dim()));
    std::generate(all.begin(), all.end(), [n = 0]() mutable { return n++; });
    const auto& over = axes.empty() ? all : axes;
    if constexpr (kind == Reduction::kMin) return in[0].amin(over, keep);
    if constexpr (kind == Reduction::kMax) return in[0].amax(over, keep);
    if constexpr (kind == Reduction::kSum) return in[0].sum(over, keep);
    if constexpr (kind == Reduction::kMean) return in[0].mean(over, keep);
    if constexpr (kind == Reduction::kL1) return at::linalg_vector_norm(in[0], 1, over, keep);
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
      {"Cast", {1, make_cast}},
      {"Ceil", {1, make_unary<&T::ceil_, &T::ceil>}},
      {"Clip", {1, make_clip}},
      {"Concat", {1, make_concat}},
      {"Constant", {0, make_constant}},
      {"ConstantOfShape", {1, make_constant_of_shape}},
      {"Conv", {2, make_conv}},
      {"ConvTranspose", {2, make_conv_transpose}},
      {"Div", {2, make_div}},
      {"Dropout", {1, make_identity}},
      {"Elu", {1, make_elu}},
      {"Exp", {1, make_unary<&T::exp_, &T::exp>}},
      {"Expand", {2, make_expand}},
      {"Flatten", {1, make_flatten}},
      {"Floor", {1, make_unary<&T::floor_, &T::floor>}},
      {"FusedConv", {2, make_fused_conv}},
      {"Gather", {2, make_gather}},
      {"Gemm", {2, make_gemm}},
      {"GlobalAveragePool", {1, make_global_average_pool}},
      {"GlobalMaxPool", {1, make_global_max_pool}},
      {"HardSigmoid", {1, make_hard_sigmoid}},
      {"HardSwish", {1, make_hard_swish}},
      {"Identity", {1, make_identity}},
      {"LRN", {1, make_response_norm}},
      {"LeakyRelu", {1, make_leaky_relu}},
      {"Log", {1, make_unary<&T::log_, &T::log>}},
      {"LpNormalization", {1, make_lp_normalization}},
      {"LpPool", {1, make_lp_pool}},
      {"MatMul", {2, make_mat_mul}},
      {"Max", {1, make_extremum<larger>}},
      {"MaxPool", {1, make_max_pool}},
      {"Min", {1, make_extremum<smaller>}},
      {"Mul", {2, make_mul}},
      {"Neg", {1, make_unary<&T::neg_, &T::neg>}},
      {"PRelu", {2, make_prelu}},
      {"Pad", {1, make_pad}},
      {"Pow", {2, make_pow}},
      {"Reciprocal", {1, make_unary<&T::reciprocal_, &T::reciprocal>}},
      {"ReduceL1", {1, make_reduction<Reduction::kL1>}},
      {"ReduceL2", {1, make_reduction<Reduction::kL2>}},
      {"ReduceMax", {1, make_reduction<Reduction::kMax>}},
      {"ReduceMean", {1, make_reduction<Reduction::kMean>}},
      {"ReduceMin", {1, make_reduction<Reduction::kMin>}},
      {"ReduceSum", {1, make_reduction<Reduction::kSum>}},
      {"Relu", {1, make_unary<&T::relu_, &T::relu>}},
      {"Reshape", {1, make_reshape}},
      {"Resize", {1, make_resize}},
      {"Shape", {1, make_shape}},
      {"Sigmoid", {1, make_unary<&T::sigmoid_, &T::sigmoid>}},
      {"Slice", {1, make_slice}},
      {"Softmax", {1, make_softmax}},
      {"Sqrt", {1, make_unary<&T::sqrt_, &T::sqrt>}},
      {"Squeeze", {1, make_squeeze}},
      {"Sub", {2, make_sub}},
      {"Tanh", {1, make_unary<&T::tanh_, &T::tanh>}},
      {"Transpose", {1, make_transpose}},
      {"Unsqueeze", {1, make_unsqueeze}},
      {"Upsample", {1, make_resize}},
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
      fail("{}: its input {} is missing", describe(node), i);
    }
  }
  return row->second.make(node, constants);
}

}  // namespace facenet
