#include "nn/import/tflite.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "nn/graph/graph.h"
#include "nn/import/import_graph.h"
#include "nn/import/tflite_context.h"
#include "nn/import/tflite_file.h"

namespace facenet {
namespace {

/// Where each axis of NHWC stands in NCHW.
constexpr AxisOrder kPlaceInNchw = {0, 2, 3, 1};

/// One rule for each operator that has a translation.
class Translator : private TfliteContext {
 public:
  using TfliteContext::TfliteContext;

  ImportedGraph translate() {
    if (model().inputs.size() != 1) fail("it has {} inputs, not one", model().inputs.size());
    const Shape input = shape_of(model().inputs[0]);
    if (input.size() != 4) fail("its input is not a batch of images");
    builder().graph().inputs.push_back(name_value(model().inputs[0]));
    for (const TfliteOperator& op : model().operators) translate(op);
    for (const std::int32_t output : model().outputs) {
      builder().graph().outputs.push_back(value(output));
    }
    builder().graph().input_shape = permuted(input, kNhwcToNchw);
    builder().graph().input_shape[0] = 0;
    if (any_size_) builder().graph().input_shape[2] = builder().graph().input_shape[3] = 0;
    return builder().take();
  }

 private:
  using Op = tflite::BuiltinOperator;
  using Rule = void (Translator::*)();

  void translate(const TfliteOperator& op) {
    static const std::map<Op, Rule> rules = {
        {Op::ABS, &Translator::elementwise},
        {Op::ADD, &Translator::add},
        {Op::AVERAGE_POOL_2D, &Translator::pool},
        {Op::CONCATENATION, &Translator::concatenation},
        {Op::CONV_2D, &Translator::conv},
        {Op::DEPTHWISE_CONV_2D, &Translator::depthwise_conv},
        {Op::DIV, &Translator::div},
        {Op::EXP, &Translator::elementwise},
        {Op::FULLY_CONNECTED, &Translator::fully_connected},
        {Op::LEAKY_RELU, &Translator::leaky_relu},
        {Op::LOGISTIC, &Translator::elementwise},
        {Op::MAX_POOL_2D, &Translator::pool},
        {Op::MEAN, &Translator::reduction},
        {Op::MUL, &Translator::mul},
        {Op::NEG, &Translator::elementwise},
        {Op::PAD, &Translator::pad},
        {Op::PRELU, &Translator::prelu},
        {Op::REDUCE_MAX, &Translator::reduction},
        {Op::RELU, &Translator::elementwise},
        {Op::RELU6, &Translator::relu6},
        {Op::RESHAPE, &Translator::reshape},
        {Op::SOFTMAX, &Translator::softmax},
        {Op::SQUEEZE, &Translator::reshape},
        {Op::SUB, &Translator::sub},
        {Op::SUM, &Translator::reduction},
        {Op::TANH, &Translator::elementwise},
        {Op::TRANSPOSE, &Translator::transpose},
    };
    select(op);
    if (op.outputs.size() != 1) unsupported(fmt::format("{} outputs", op.outputs.size()));
    const auto rule = rules.find(op.op);
    if (rule == rules.end()) {
      fail("the operator {} at \"{}\" is not supported", op.name, tensor(op.outputs[0]).name);
    }
    (this->*rule->second)();
  }

  struct Window {
    std::int64_t kernel, stride, dilation;
  };

  Window window(std::int64_t kernel, std::int64_t stride, std::int64_t dilation) const {
    constexpr std::int64_t kLargest = 1 << 16;
    for (const std::int64_t extent : {kernel, stride, dilation}) {
      if (extent < 1 || extent > kLargest) unsupported("a window of no usable size");
    }
    return {kernel, stride, dilation};
  }

  /// TensorFlow's SAME padding of one axis, [before, after]: so much that ceil(size / stride)
  /// windows fit, the larger half after.
  std::array<std::int64_t, 2> same_padding(std::int64_t size, const Window& w) {
    const std::int64_t windows = (size + w.stride - 1) / w.stride;
    const std::int64_t reach = (w.kernel - 1) * w.dilation + 1;
    const std::int64_t total = std::max<std::int64_t>((windows - 1) * w.stride + reach - size, 0);
    if (w.stride > 1) any_size_ = false;
    return {total / 2, total - total / 2};
  }

  /// ONNX's order: [top, left, bottom, right].
  Shape pads(bool same, const Shape& image, const Window& y, const Window& x) {
    if (!same) return {0, 0, 0, 0};
    const auto vertical = same_padding(image[1], y);
    const auto horizontal = same_padding(image[2], x);
    return {vertical[0], horizontal[0], vertical[1], horizontal[1]};
  }

  bool is_same(tflite::Padding padding) const {
    if (padding != tflite::Padding::SAME && padding != tflite::Padding::VALID) {
      unsupported("an unknown kind of padding");
    }
    return padding == tflite::Padding::SAME;
  }

  template <class Options>
  void emit_conv(const AxisOrder& order, std::int64_t groups) {
    const auto& with = options<Options>();
    const Shape weight = image_shape(1);
    const Window y = window(weight[1], with.stride_h(), with.dilation_h_factor());
    const Window x = window(weight[2], with.stride_w(), with.dilation_w_factor());
    nlohmann::json attributes = {{"strides", {y.stride, x.stride}},
                                 {"dilations", {y.dilation, x.dilation}},
                                 {"group", groups},
                                 {"pads", pads(is_same(with.padding()), image_shape(0), y, x)}};
    std::vector<std::string> inputs = {value(input(0)), weights(1, order)};
    add_bias(inputs);
    emit_activated("Conv", std::move(inputs), std::move(attributes),
                   with.fused_activation_function());
  }

  void conv() {
    const std::int64_t channels = image_shape(0)[3];
    const std::int64_t per_group = image_shape(1)[3];
    if (channels % per_group != 0) unsupported("weights for another number of channels");
    emit_conv<tflite::Conv2DOptions>(kOhwiToOihw, channels / per_group);
  }

  void depthwise_conv() {
    const std::int64_t channels = image_shape(0)[3];
    if (image_shape(1)[0] != 1 || image_shape(1)[3] % channels != 0) {
      unsupported("weights for another number of channels");
    }
    emit_conv<tflite::DepthwiseConv2DOptions>(kDepthwiseToOihw, channels);
  }

  void pool() {
    const auto& with = options<tflite::Pool2DOptions>();
    const Window y = window(with.filter_height(), with.stride_h(), 1);
    const Window x = window(with.filter_width(), with.stride_w(), 1);
    const bool is_max = op().op == Op::MAX_POOL_2D;
    nlohmann::json attributes = {{"kernel_shape", {y.kernel, x.kernel}},
                                 {"strides", {y.stride, x.stride}}};
    const bool same = is_same(with.padding());
    const bool was_any_size = any_size_;
    const Shape around = pads(same, image_shape(0), y, x);
    const auto is_pair = [](const Window& w) { return w.kernel == 2 && w.stride == 2; };
    if (same && is_max && is_pair(y) && is_pair(x)) {
      // At most one row after the image, whatever its size: that is what ceil_mode means.
      attributes["ceil_mode"] = 1;
      any_size_ = was_any_size;
    } else {
      attributes["pads"] = around;
    }
    emit_activated(is_max ? "MaxPool" : "AveragePool", {value(input(0))}, std::move(attributes),
                   with.fused_activation_function());
  }

  void fully_connected() {
    const std::string weight = matrix(1);
    const auto& with = options<tflite::FullyConnectedOptions>();
    if (output_shape().size() != 2 ||
        with.weights_format() != tflite::FullyConnectedOptionsWeightsFormat::DEFAULT) {
      unsupported("a result that is no matrix, or shuffled weights");
    }
    any_size_ = false;
    std::string rows = literal(input(0));
    if (shape_of(input(0)).size() != 2) {
      rows = emit_inner("Reshape", {rows}, {{"shape", {-1, shape_of(input(1))[1]}}});
    }
    std::vector<std::string> inputs = {rows, weight};
    add_bias(inputs);
    emit_activated("Gemm", std::move(inputs), {{"transB", 1}}, with.fused_activation_function());
  }

  /// The value in the file's own order of axes.
  std::string literal(std::int32_t index) {
    if (shape_of(index).size() != 4) return value(index);
    return emit_inner("Transpose", {value(index)}, {{"perm", kNchwToNhwc}});
  }

  /// Also Squeeze: the file states every shape. The first axis counts images, so it takes what the
  /// others leave.
  void reshape() {
    Shape target = output_shape();
    const Shape source = shape_of(input(0));
    if (target.empty() || source.empty() || target[0] != source[0]) {
      unsupported("a result that mixes the images of a batch");
    }
    any_size_ = false;
    target[0] = -1;
    const std::string rows = literal(input(0));
    if (target.size() != 4) {
      emit("Reshape", {rows}, {{"shape", target}});
      return;
    }
    const std::string image = emit_inner("Reshape", {rows}, {{"shape", target}});
    emit("Transpose", {image}, {{"perm", kNhwcToNchw}});
  }

  void transpose() {
    const std::vector<std::int32_t> order = integers(input(1));
    const std::size_t rank = shape_of(input(0)).size();
    std::vector<std::int32_t> sorted = order;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (sorted.size() != rank || sorted[i] != static_cast<std::int32_t>(i)) {
        unsupported("an order that is not one of its axes");
      }
    }
    if (order.empty() || order[0] != 0) unsupported("a result that mixes the images of a batch");
    if (rank != 4) {
      emit("Transpose", {value(input(0))}, {{"perm", order}});
      return;
    }
    Shape channels_first;
    for (const std::int64_t axis : kNhwcToNchw) {
      const auto source = static_cast<std::size_t>(order[static_cast<std::size_t>(axis)]);
      channels_first.push_back(kPlaceInNchw[source]);
    }
    emit("Transpose", {value(input(0))}, {{"perm", channels_first}});
  }

  std::int64_t graph_axis(std::int64_t axis, std::size_t rank) const {
    const auto signed_rank = static_cast<std::int64_t>(rank);
    if (axis < -signed_rank || axis >= signed_rank) unsupported("an axis that is not there");
    if (axis < 0) axis += signed_rank;
    return rank == 4 ? kPlaceInNchw[static_cast<std::size_t>(axis)] : axis;
  }

  void concatenation() {
    const std::size_t rank = output_shape().size();
    std::vector<std::string> inputs;
    for (const std::int32_t index : op().inputs) {
      if (index < 0) unsupported("an input left out");
      inputs.push_back(value(index));
    }
    if (inputs.empty()) unsupported("no inputs");
    const auto& with = options<tflite::ConcatenationOptions>();
    emit_activated("Concat", std::move(inputs), {{"axis", graph_axis(with.axis(), rank)}},
                   with.fused_activation_function());
  }

  void softmax() {
    if (options<tflite::SoftmaxOptions>().beta() != 1) unsupported("a temperature");
    emit("Softmax", {value(input(0))}, {{"axis", input_is_image() ? 1 : -1}});
  }

  void reduction() {
    const std::size_t rank = shape_of(input(0)).size();
    const bool keep = options<tflite::ReducerOptions>().keep_dims();
    std::set<std::int64_t> axes;
    for (const std::int32_t axis : integers(input(1))) axes.insert(graph_axis(axis, rank));
    if (axes.contains(0)) unsupported("a result that mixes the images of a batch");
    const bool order_is_kept = axes.contains(1) || (axes.contains(2) && axes.contains(3));
    if (rank == 4 && !keep && !order_is_kept) unsupported("axes that cannot be told apart");
    static const std::map<Op, const char*> names = {
        {Op::MEAN, "ReduceMean"}, {Op::REDUCE_MAX, "ReduceMax"}, {Op::SUM, "ReduceSum"}};
    emit(names.at(op().op), {value(input(0))}, {{"axes", axes}, {"keepdims", keep ? 1 : 0}});
  }

  void pad() {
    const std::size_t rank = shape_of(input(0)).size();
    const std::vector<std::int32_t> pairs = integers(input(1));
    if (pairs.size() != 2 * rank) unsupported("pads for another number of axes");
    Shape pads(2 * rank);
    for (std::size_t axis = 0; axis < rank; ++axis) {
      const auto target =
          static_cast<std::size_t>(graph_axis(static_cast<std::int64_t>(axis), rank));
      pads[target] = pairs[2 * axis];
      pads[rank + target] = pairs[2 * axis + 1];
    }
    emit("Pad", {value(input(0))}, {{"pads", pads}});
  }

  void prelu() { emit("PRelu", {value(input(0)), operand(1)}); }

  void relu6() { emit("Clip", {value(input(0))}, {{"min", 0}, {"max", 6}}); }

  void leaky_relu() {
    const float alpha = options<tflite::LeakyReluOptions>().alpha();
    emit("LeakyRelu", {value(input(0))}, {{"alpha", alpha}});
  }

  void elementwise() {
    static const std::map<Op, const char*> names = {{Op::ABS, "Abs"},   {Op::EXP, "Exp"},
                                                    {Op::NEG, "Neg"},   {Op::LOGISTIC, "Sigmoid"},
                                                    {Op::RELU, "Relu"}, {Op::TANH, "Tanh"}};
    emit(names.at(op().op), {value(input(0))});
  }

  template <class Options>
  void arithmetic(const char* name) {
    std::string a = operand(0);
    std::string b = operand(1);
    emit_activated(name, {std::move(a), std::move(b)}, nlohmann::json::object(),
                   options<Options>().fused_activation_function());
  }

  void add() { arithmetic<tflite::AddOptions>("Add"); }
  void div() { arithmetic<tflite::DivOptions>("Div"); }
  void mul() { arithmetic<tflite::MulOptions>("Mul"); }
  void sub() { arithmetic<tflite::SubOptions>("Sub"); }

  bool any_size_ = true;  ///< no operator so far is tied to the file's image size
};

}  // namespace

ImportedGraph import_tflite(const MappedFile& file) {
  const TfliteModel model = read_tflite(file.bytes(), file.path());
  return import_graph(file.path(), [&] { return Translator(model).translate(); });
}

}  // namespace facenet
