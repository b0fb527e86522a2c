#include "nn/import/onnx.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <onnx/onnx_pb.h>

#include "base/error.h"
#include "base/file.h"
#include "nn/graph/attributes.h"
#include "nn/graph/graph.h"
#include "nn/graph/graph_builder.h"
#include "nn/import/import_graph.h"
#include "nn/operators/operators.h"

namespace facenet {
namespace {

std::string operator_of(const onnx::NodeProto& node) {
  const bool is_standard = node.domain().empty() || node.domain() == "ai.onnx";
  return is_standard ? node.op_type() : node.domain() + "." + node.op_type();
}

std::string label(const onnx::NodeProto& node) {
  const std::string fallback = node.output_size() > 0 ? node.output(0) : "";
  return fmt::format("node \"{}\" ({})", node.name().empty() ? fallback : node.name(),
                     operator_of(node));
}

nlohmann::json attribute_value(const onnx::NodeProto& node, const onnx::AttributeProto& attribute) {
  switch (attribute.type()) {
    case onnx::AttributeProto::INT:
      return attribute.i();
    case onnx::AttributeProto::FLOAT:
      return attribute.f();
    case onnx::AttributeProto::STRING:
      return attribute.s();
    case onnx::AttributeProto::INTS:
      return std::vector<std::int64_t>(attribute.ints().begin(), attribute.ints().end());
    case onnx::AttributeProto::FLOATS:
      return std::vector<float>(attribute.floats().begin(), attribute.floats().end());
    default:
      fail("{}: its attribute \"{}\" has a type that is not supported", label(node),
           attribute.name());
  }
}

/// A constant of the file, read into one of the two types that the operators know.
struct Constant {
  std::vector<std::int64_t> shape{};
  std::vector<float> floats{};
  std::vector<std::int64_t> integers{};
  bool is_float = true;
};

template <class T, class Field>
std::vector<T> tensor_values(const onnx::TensorProto& tensor, const Field& field,
                             std::size_t elements) {
  std::vector<T> values;
  for (const auto value : field) values.push_back(static_cast<T>(value));
  if (tensor.has_raw_data()) {
    values.resize(tensor.raw_data().size() / sizeof(T));
    if (!values.empty()) {  // or memcpy() is given a null pointer
      std::memcpy(values.data(), tensor.raw_data().data(), values.size() * sizeof(T));
    }
  }
  const bool is_whole = !tensor.has_raw_data() || tensor.raw_data().size() % sizeof(T) == 0;
  if (values.size() != elements || !is_whole) {
    fail("the tensor \"{}\" has another length than its shape says", tensor.name());
  }
  return values;
}

float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1FU;
  const std::uint32_t fraction = half & 0x3FFU;
  if (exponent == 0) {  // zero, or less than the smallest normal number
    const float size = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -size : size;
  }
  const std::uint32_t widened = exponent == 0x1F ? 0xFFU : exponent + 112;
  return std::bit_cast<float>(sign | widened << 23 | fraction << 13);
}

Constant read_constant(const onnx::TensorProto& tensor) {
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
    fail("the tensor \"{}\" is kept in another file; export the model as one file", tensor.name());
  }
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  Constant constant;
  std::int64_t elements = 1;
  for (const std::int64_t extent : tensor.dims()) {
    if (extent < 0 || (extent > 0 && elements > kMost / extent)) {
      fail("the tensor \"{}\" has no usable shape", tensor.name());
    }
    elements *= extent;
    constant.shape.push_back(extent);
  }
  const auto count = static_cast<std::size_t>(elements);
  const auto take = [](const auto& values, auto& into) {
    into.assign(values.begin(), values.end());
  };
  using Proto = onnx::TensorProto;
  constant.is_float = false;
  switch (tensor.data_type()) {
    case Proto::FLOAT:
      constant.floats = tensor_values<float>(tensor, tensor.float_data(), count);
      constant.is_float = true;
      break;
    case Proto::FLOAT16:
      for (const std::uint16_t bits :
           tensor_values<std::uint16_t>(tensor, tensor.int32_data(), count)) {
        constant.floats.push_back(half_to_float(bits));
      }
      constant.is_float = true;
      break;
    case Proto::DOUBLE:
      for (const double value : tensor_values<double>(tensor, tensor.double_data(), count)) {
        constant.floats.push_back(static_cast<float>(value));
      }
      constant.is_float = true;
      break;
    case Proto::INT64:
      constant.integers = tensor_values<std::int64_t>(tensor, tensor.int64_data(), count);
      break;
    case Proto::INT32:
      take(tensor_values<std::int32_t>(tensor, tensor.int32_data(), count), constant.integers);
      break;
    case Proto::BOOL:
      take(tensor_values<std::uint8_t>(tensor, tensor.int32_data(), count), constant.integers);
      break;
    default:
      fail("the tensor \"{}\" has ONNX's type {}, which is not supported", tensor.name(),
           tensor.data_type());
  }
  return constant;
}

/// Inputs that ONNX moved between attributes and inputs over its versions are attributes here.
struct MovedInput {
  const char* op;
  std::size_t input;
  const char* attribute;
};
constexpr MovedInput kMovedInputs[] = {
    {"Clip", 1, "min"},       {"Clip", 2, "max"},        {"Pad", 1, "pads"},
    {"Pad", 2, "value"},      {"ReduceL1", 1, "axes"},   {"ReduceL2", 1, "axes"},
    {"ReduceMax", 1, "axes"}, {"ReduceMean", 1, "axes"}, {"ReduceMin", 1, "axes"},
    {"ReduceSum", 1, "axes"}, {"Reshape", 1, "shape"},   {"Resize", 2, "scales"},
    {"Resize", 3, "sizes"},   {"Slice", 1, "starts"},    {"Slice", 2, "ends"},
    {"Slice", 3, "axes"},     {"Slice", 4, "steps"},     {"Split", 1, "split"},
    {"Squeeze", 1, "axes"},   {"Unsqueeze", 1, "axes"},  {"Upsample", 1, "scales"}};

/// Operators whose moved inputs may also be computed from the size of the image.
bool takes_computed_shape(const std::string& op) {
  return op == "Reshape" || op == "Resize" || op == "Slice" || op == "Upsample";
}

class Translator {
 public:
  explicit Translator(const onnx::ModelProto& model) : model_(model), graph_(model.graph()) {}

  ImportedGraph translate() {
    read_opset();
    for (const onnx::TensorProto& tensor : graph_.initializer()) {
      constants_[tensor.name()] = read_constant(tensor);
    }
    read_input();
    for (const onnx::NodeProto& node : graph_.node()) {
      for (const std::string& input : node.input()) used_.insert(input);
    }
    for (const onnx::ValueInfoProto& output : graph_.output()) {
      used_.insert(output.name());
      builder_.graph().outputs.push_back(output.name());
    }
    for (const onnx::NodeProto& node : graph_.node()) translate(node);
    return builder_.take();
  }

 private:
  void read_opset() {
    for (const onnx::OperatorSetIdProto& opset : model_.opset_import()) {
      if (opset.domain().empty() || opset.domain() == "ai.onnx") opset_ = opset.version();
    }
    if (opset_ < 7) {
      fail("its opset is {}, older than 7; export the model with a newer one", opset_);
    }
  }

  /// Old files list their initialisers among the inputs.
  void read_input() {
    for (const onnx::ValueInfoProto& input : graph_.input()) {
      if (constants_.contains(input.name())) continue;
      builder_.graph().inputs.push_back(input.name());
      if (builder_.graph().inputs.size() > 1) continue;
      const auto& type = input.type().tensor_type();
      const auto element = type.elem_type();
      if (element != onnx::TensorProto::FLOAT && element != onnx::TensorProto::FLOAT16) {
        fail("its input does not consist of floating-point numbers");
      }
      std::vector<std::int64_t> shape;
      for (const auto& extent : type.shape().dim()) {
        shape.push_back(std::max<std::int64_t>(extent.dim_value(), 0));
      }
      if (shape.size() != 4) fail("its input is not a batch of images");
      batch_ = std::exchange(shape[0], 0);
      builder_.graph().input_shape = shape;
    }
  }

  void translate(const onnx::NodeProto& proto) {
    if (operator_of(proto) == "Constant") {
      constants_[first_output(proto)] = constant_node(proto);
      return;
    }
    if (operator_of(proto) == "Split") return translate_split(proto);
    GraphNode node{.op = operator_of(proto),
                   .name = proto.name().empty() ? first_output(proto) : proto.name(),
                   .inputs = {proto.input().begin(), proto.input().end()},
                   .outputs = {first_output(proto)}};
    read_attributes(proto, node);
    inputs_to_attributes(node);
    normalise(node);
    for (const std::string& input : node.inputs) store_constant(input);
    builder_.graph().nodes.push_back(std::move(node));
  }

  static void read_attributes(const onnx::NodeProto& proto, GraphNode& node) {
    for (const onnx::AttributeProto& attribute : proto.attribute()) {
      if (node.op == "ConstantOfShape" && attribute.name() == "value") {
        const Constant value = read_constant(attribute.t());
        if (!value.is_float) node.attributes["whole"] = 1;
        if (value.floats.size() == 1) node.attributes["value"] = value.floats[0];
        if (value.integers.size() == 1) node.attributes["value"] = value.integers[0];
        continue;
      }
      node.attributes[attribute.name()] = attribute_value(proto, attribute);
    }
  }

  /// Nodes of several outputs become one each.
  void translate_split(const onnx::NodeProto& proto) {
    GraphNode node;
    node.op = "Split";
    node.name = label(proto);
    node.inputs = {proto.input().begin(), proto.input().end()};
    read_attributes(proto, node);
    inputs_to_attributes(node);
    const auto sizes = Attributes(node).integers("split", {});
    if (node.inputs.empty()) fail("{}: it has no input", label(proto));
    if (sizes.size() != static_cast<std::size_t>(proto.output_size())) {
      fail("{}: it does not say how large its parts are", label(proto));
    }
    std::int64_t start = 0;
    for (int i = 0; i < proto.output_size(); ++i) {
      const std::int64_t end = start + sizes[static_cast<std::size_t>(i)];
      builder_.add_node(
          "Slice", {node.inputs.at(0)}, proto.output(i),
          {{"starts", {start}}, {"ends", {end}}, {"axes", {Attributes(node).integer("axis", 0)}}});
      start = end;
    }
  }

  std::string first_output(const onnx::NodeProto& proto) const {
    for (int i = 1; i < proto.output_size(); ++i) {
      if (used_.contains(proto.output(i))) {
        fail("{}: its output {} is not supported", label(proto), i);
      }
    }
    if (proto.output_size() == 0) fail("{}: it has no output", label(proto));
    return proto.output(0);
  }

  Constant constant_node(const onnx::NodeProto& proto) const {
    for (const onnx::AttributeProto& attribute : proto.attribute()) {
      if (attribute.name() == "value") return read_constant(attribute.t());
      if (attribute.name() == "value_float") return {.floats = {attribute.f()}};
      if (attribute.name() == "value_int") return {.integers = {attribute.i()}, .is_float = false};
      if (attribute.name() == "value_ints") {
        return {.shape = {attribute.ints_size()},
                .integers = {attribute.ints().begin(), attribute.ints().end()},
                .is_float = false};
      }
      if (attribute.name() == "value_floats") {
        return {.shape = {attribute.floats_size()},
                .floats = {attribute.floats().begin(), attribute.floats().end()}};
      }
    }
    fail("{}: it is neither a tensor nor numbers", label(proto));
  }

  void inputs_to_attributes(GraphNode& node) const {
    for (const MovedInput& moved : kMovedInputs) {
      if (node.op != moved.op || moved.input >= node.inputs.size()) continue;
      std::string& name = node.inputs[moved.input];
      const auto found = constants_.find(name);
      if (found != constants_.end()) {
        const bool is_none = found->second.floats.empty() && found->second.integers.empty();
        if (!is_none) node.attributes[moved.attribute] = attribute_of(node, found->second);
        name.clear();
      } else if (!name.empty() && !takes_computed_shape(node.op)) {
        fail("{}: its {} is computed, not constant", describe(node), moved.attribute);
      }
    }
    if (node.op == "Resize" && node.inputs.size() > 1) node.inputs[1].clear();  // roi: for crops
    while (!node.inputs.empty() && node.inputs.back().empty()) node.inputs.pop_back();
  }

  static nlohmann::json attribute_of(const GraphNode& node, const Constant& constant) {
    if (!constant.is_float) return constant.integers;
    if (node.op == "Resize" || node.op == "Upsample") return constant.floats;
    if (constant.floats.size() != 1) fail("{}: its bound is not one number", describe(node));
    return constant.floats[0];
  }

  /// Meanings that depend on the opset, and batches.
  void normalise(GraphNode& node) const {
    if (!is_known_operator(node.op)) fail("{}: this operator is not supported", describe(node));
    const Attributes attributes(node);
    if (node.op == "Softmax" && opset_ < 13) {
      node.attributes["axis"] = attributes.integer("axis", 1);
      node.attributes["flatten"] = 1;
    }
    if (node.op == "BatchNormalization" &&
        (attributes.integer("training_mode", 0) != 0 || attributes.integer("spatial", 1) != 1)) {
      fail("{}: only normalisation by stored statistics for each channel is supported",
           describe(node));
    }
    if (node.op == "Concat" && !attributes.has("axis")) fail("{}: it has no axis", describe(node));
    if (node.op == "Reshape") free_batch(node);
    if (node.op == "Dropout") node.inputs.resize(1);  // the rest is for training
  }

  /// A target that begins with the batch size of the file's input works for that size only; the
  /// first axis takes what the others leave instead, or, where another axis does so, what it was.
  void free_batch(GraphNode& node) const {
    auto shape = Attributes(node).integers("shape", {});
    if (batch_ < 1 || shape.size() < 2 || shape[0] != batch_) return;
    const bool is_open = std::find(shape.begin(), shape.end(), -1) != shape.end();
    shape[0] = is_open ? 0 : -1;
    node.attributes["shape"] = shape;
  }

  void store_constant(const std::string& name) {
    const auto found = constants_.find(name);
    if (found == constants_.end() || builder_.has_tensor(name)) return;
    if (!found->second.is_float) {
      builder_.add_whole_tensor(name, found->second.shape, found->second.integers);
    } else {
      builder_.add_tensor(name, found->second.shape, found->second.floats);
    }
  }

  const onnx::ModelProto& model_;
  const onnx::GraphProto& graph_;
  GraphBuilder builder_;
  std::map<std::string, Constant> constants_;
  std::set<std::string> used_;
  std::int64_t opset_ = 0;
  std::int64_t batch_ = 0;  ///< that the file was made for; 0 for any
};

}  // namespace

ImportedGraph import_onnx(const MappedFile& file) {
  onnx::ModelProto model;
  const auto bytes = file.bytes();
  if (bytes.size() > std::numeric_limits<int>::max())
    fail("{}: is larger than 2 GiB, which no ONNX model is; get the file again", file.path());
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !model.has_graph()) {
    fail("{}: is not an ONNX model, or it is damaged; get the file again", file.path());
  }
  return import_graph(file.path(), [&] { return Translator(model).translate(); });
}

}  // namespace facenet
