#include "nn/operators/fused_conv.h"

#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <ATen/ATen.h>

#include "base/error.h"
#include "nn/graph/attributes.h"
#include "nn/operators/spatial_operators.h"
#include "nn/operators/vector_loops.h"

#ifdef FACENET_ONEDNN
#include <oneapi/dnnl/dnnl.hpp>
#endif

// LibTorch's convolutions ask oneDNN anew at every call: they look up the primitive, reorder the
// weights, and leave bias, sum and activation to passes of their own. Here a primitive is made once
// for each input shape, with weights in the layout that it likes best, and adds the residual and
// applies the activation while the numbers are in registers. oneDNN 2.6 falls back to its reference
// code, a thousand times slower, when PReLU is attached to a convolution, so that one is a pass.
namespace facenet {

#ifdef FACENET_ONEDNN
namespace {

using Inputs = std::vector<at::Tensor>;
using dnnl::memory;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

enum class Activation { kNone, kRelu, kPRelu };

/// What a convolution is, apart from the size of its input.
struct Description {
  Window window;
  std::int64_t groups;
  Activation activation = Activation::kNone;
  float alpha = 0;  ///< of Relu: slope of the negative side
  bool bfloat16 = false;
  at::Tensor weight, bias, slope;

  explicit Description(const GraphNode& node, const at::Tensor& w)
      : window(node, w.sizes().slice(2).vec()), groups(Attributes(node).integer("group", 1)) {}

  memory::data_type type() const {
    return bfloat16 ? memory::data_type::bf16 : memory::data_type::f32;
  }
};

struct Shape {
  std::int64_t batch, height, width;
  bool residual;
  bool operator==(const Shape&) const = default;
};

memory::desc image_desc(const memory::dims& dims, memory::data_type type) {
  return {dims, type, memory::format_tag::nhwc};
}

/// Convolution of one input shape, ready to run.
class Primitive {
 public:
  Primitive(const Description& d, const Shape& shape, memory& weights) : shape_(shape) {
    const auto& w = d.weight;
    const Pads pads = d.window.pads(shape.height, shape.width);
    const auto extent = [&](std::int64_t size, std::int64_t pad, std::size_t axis) {
      const std::int64_t reach = (d.window.kernel[axis] - 1) * d.window.dilations[axis] + 1;
      TORCH_CHECK(size + pad >= reach, "the input is smaller than the filter");
      return (size + pad - reach) / d.window.strides[axis] + 1;
    };
    const memory::dims in = {shape.batch, w.size(1) * d.groups, shape.height, shape.width};
    out_ = {shape.batch, w.size(0), extent(shape.height, pads.top + pads.bottom, 0),
            extent(shape.width, pads.left + pads.right, 1)};
    const auto type = d.type();
    const dnnl::convolution_forward::desc desc(
        dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
        image_desc(in, type), memory::desc(weight_dims(d), type, memory::format_tag::any),
        memory::desc({w.size(0)}, memory::data_type::f32, memory::format_tag::x),
        image_desc(out_, type), d.window.strides,
        {d.window.dilations[0] - 1, d.window.dilations[1] - 1}, {pads.top, pads.left},
        {pads.bottom, pads.right});
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    dnnl::post_ops after;
    if (shape.residual) {
      after.append_binary(dnnl::algorithm::binary_add, image_desc(out_, type));
    }
    if (d.activation == Activation::kRelu) {
      after.append_eltwise(1, dnnl::algorithm::eltwise_relu, d.alpha, 0);
    }
    attributes.set_post_ops(after);
    primitive_desc_ = {desc, attributes, engine()};
    primitive_ = dnnl::convolution_forward(primitive_desc_);
    set_weights(d, weights);
  }

  const Shape& shape() const { return shape_; }
  const memory::dims& out() const { return out_; }

  void run(const at::Tensor& x, const at::Tensor& bias, const at::Tensor& residual,
           const at::Tensor& y) const {
    const auto wrap = [](const memory::desc& desc, const at::Tensor& tensor) {
      return memory(desc, engine(), tensor.data_ptr());
    };
    const auto scratch_size =
        static_cast<std::int64_t>(primitive_desc_.scratchpad_desc().get_size());
    const at::Tensor scratch = at::empty({scratch_size}, at::kByte);
    std::unordered_map<int, memory> arguments = {
        {DNNL_ARG_SRC, wrap(primitive_desc_.src_desc(), x)},
        {DNNL_ARG_WEIGHTS, weights_},
        {DNNL_ARG_BIAS, wrap(primitive_desc_.bias_desc(), bias)},
        {DNNL_ARG_DST, wrap(primitive_desc_.dst_desc(), y)},
        {DNNL_ARG_SCRATCHPAD, wrap(primitive_desc_.scratchpad_desc(), scratch)}};
    if (shape_.residual) {
      arguments.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1,
                        wrap(primitive_desc_.dst_desc(), residual));
    }
    thread_local dnnl::stream stream(engine());
    primitive_.execute(stream, arguments);
    stream.wait();
  }

 private:
  static memory::dims weight_dims(const Description& d) {
    const auto& w = d.weight;
    if (d.groups == 1) return w.sizes().vec();
    return {d.groups, w.size(0) / d.groups, w.size(1), w.size(2), w.size(3)};
  }

  /// Shapes mostly agree on the layout of weights; then they share one copy, `weights`.
  void set_weights(const Description& d, memory& weights) {
    const memory::desc wanted = primitive_desc_.weights_desc();
    if (!weights || weights.get_desc() != wanted) {
      using tag = memory::format_tag;
      memory plain({weight_dims(d), memory::data_type::f32, d.groups == 1 ? tag::oihw : tag::goihw},
                   engine(), d.weight.data_ptr());
      weights = memory(wanted, engine());
      dnnl::stream stream(engine());
      dnnl::reorder(plain, weights).execute(stream, plain, weights);
      stream.wait();
    }
    weights_ = weights;
  }

  Shape shape_;
  memory::dims out_;
  dnnl::convolution_forward::primitive_desc primitive_desc_;
  dnnl::convolution_forward primitive_;
  memory weights_;
};

/// The primitives of one convolution, most recently used first.
class Primitives {
 public:
  explicit Primitives(Description description) : description_(std::move(description)) {}

  const Description& description() const { return description_; }

  std::shared_ptr<const Primitive> get(const Shape& shape) {
    constexpr std::size_t kMost = 32;  // detectors see images of many sizes
    const std::lock_guard lock(mutex_);
    for (auto it = known_.begin(); it != known_.end(); ++it) {
      if ((*it)->shape() == shape) {
        known_.splice(known_.begin(), known_, it);
        return known_.front();
      }
    }
    known_.push_front(std::make_shared<const Primitive>(description_, shape, weights_));
    if (known_.size() > kMost) known_.pop_back();
    return known_.front();
  }

 private:
  Description description_;
  std::mutex mutex_;
  std::list<std::shared_ptr<const Primitive>> known_;
  memory weights_;
};

at::Tensor as_image(const at::Tensor& tensor, bool bfloat16) {
  return tensor.to(bfloat16 ? at::kBFloat16 : at::kFloat)
      .contiguous(at::MemoryFormat::ChannelsLast);
}

void apply_prelu(const at::Tensor& y, const at::Tensor& slope) {
  const float* slopes = slope.data_ptr<float>();
  if (y.scalar_type() == at::kBFloat16) {
    prelu_in_place(static_cast<std::uint16_t*>(y.data_ptr()), slopes, y.numel(), y.size(1));
  } else {
    prelu_in_place(y.data_ptr<float>(), slopes, y.numel(), y.size(1));
  }
}

/// A residual of another shape than the convolution's result is broadcast, which is not for oneDNN.
at::Tensor add_afterwards(const at::Tensor& y, const at::Tensor& residual, const Description& d) {
  at::Tensor sum = y + residual.to(y.scalar_type());
  if (d.activation == Activation::kRelu) return at::leaky_relu(sum, d.alpha);
  if (d.activation == Activation::kPRelu) {
    sum = sum.contiguous(at::MemoryFormat::ChannelsLast);
    apply_prelu(sum, d.slope);
  }
  return sum;
}

at::Tensor run_fused(Primitives& primitives, Primitives& without_activation, const Inputs& in) {
  const Description& d = primitives.description();
  TORCH_CHECK(in[0].dim() == 4, "the input is not a batch of images");
  TORCH_CHECK(in[0].size(1) == d.weight.size(1) * d.groups, "the input has ", in[0].size(1),
              " channels, not ", d.weight.size(1) * d.groups);
  const at::Tensor x = as_image(in[0], d.bfloat16);
  const bool has_residual = in.size() > 4 && in[4].defined();
  Shape shape{x.size(0), x.size(2), x.size(3), has_residual};
  std::shared_ptr<const Primitive> primitive = primitives.get(shape);
  const bool is_broadcast = has_residual && in[4].sizes() != at::IntArrayRef(primitive->out());
  if (is_broadcast) {
    shape.residual = false;
    primitive = without_activation.get(shape);
  }
  at::Tensor y = at::empty(primitive->out(), x.options(), at::MemoryFormat::ChannelsLast);
  primitive->run(x, d.bias, shape.residual ? as_image(in[4], d.bfloat16) : at::Tensor(), y);
  if (is_broadcast) return add_afterwards(y, in[4], d);
  if (d.activation == Activation::kPRelu) apply_prelu(y, d.slope);
  return y;
}

Activation activation_of(const GraphNode& node) {
  const std::string name = Attributes(node).text("activation", "");
  if (name.empty()) return Activation::kNone;
  if (name == "Relu" || name == "LeakyRelu") return Activation::kRelu;
  if (name == "PRelu") return Activation::kPRelu;
  fail("{}: its activation \"{}\" is not known", describe(node), name);
}

}  // namespace

bool have_fused_conv() {
  return true;
}

Kernel make_fused_conv(const GraphNode& node, Inputs& constants) {
  if (constants.size() != 5) fail("{}: it does not have five inputs", describe(node));
  check_conv_weights(node, constants[1], constants[2]);
  Description d(node, constants[1]);
  d.weight = std::move(constants[1]).contiguous();
  d.bias =
      constants[2].defined() ? std::move(constants[2]).contiguous() : at::zeros({d.weight.size(0)});
  d.activation = activation_of(node);
  d.bfloat16 = Attributes(node).integer("bfloat16", 0) != 0;
  if (node.attributes.contains("alpha")) {
    d.alpha = static_cast<float>(Attributes(node).number("alpha", 0));
  }
  if (d.activation == Activation::kPRelu) {
    if (!constants[3].defined()) fail("{}: it has no slope", describe(node));
    d.slope = std::move(constants[3]).flatten().expand({d.weight.size(0)}).contiguous();
  }
  Description plain = d;
  plain.activation = Activation::kNone;
  return [fused = std::make_shared<Primitives>(d),
          bare = std::make_shared<Primitives>(std::move(plain))](Inputs& in) {
    try {
      return run_fused(*fused, *bare, in);
    } catch (const dnnl::error& error) {
      TORCH_CHECK(false, "oneDNN: ", error.what());
    }
  };
}

#else

bool have_fused_conv() {
  return false;
}

Kernel make_fused_conv(const GraphNode& node, std::vector<at::Tensor>&) {
  fail("{}: facenet was built without oneDNN", describe(node));
}

#endif

}  // namespace facenet
