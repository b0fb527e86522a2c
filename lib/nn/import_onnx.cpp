#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include <onnx/onnx_pb.h>

#include "base/error.h"
#include "base/file.h"
#include "nn/attributes.h"
#include "nn/graph.h"
#include "nn/graph_builder.h"
#include "nn/operators.h"
#include "nn/simplify.h"

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
      fail("{}: its attribute \"{}\" is of a kind that has no translation", label(node),
           attribute.name());
  }
}

/// A constant of the file, read into one of the two types that the operators know.
struct Constant {
  std::vector<std::int64_t> shape;
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
  bool is_float = true;
};

template <class T, class Field>
std::vector<T> tensor_values(const onnx::TensorProto& tensor, const Field& field,
                             std::size_t elements) {
  std::vector<T> values(field.begin(), field.end());
  if (tensor.has_raw_data()) {
    values.resize(tensor.raw_data().size() / sizeof(T));
    std::memcpy(values.data(), tensor.raw_data().data(), values.size() * sizeof(T));
  }
  const bool is_whole = !tensor.has_raw_data() || tensor.raw_data().size() % sizeof(T) == 0;
  if (values.size() != elements || !is_whole) {
    fail("the tensor \"{}\" has another length than its shape says", tensor.name());
  }
  return values;
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
  if (tensor.data_type() == onnx::TensorProto::FLOAT) {
    constant.floats = tensor_values<float>(tensor, tensor.float_data(), count);
  } else if (tensor.data_type() == onnx::TensorProto::INT64) {
    constant.is_float = false;
    constant.integers = tensor_values<std::int64_t>(tensor, tensor.int64_data(), count);
  } else {
    fail("the tensor \"{}\" is neither float32 nor int64", tensor.name());
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
    {"Clip", 1, "min"},        {"Clip", 2, "max"},       {"Pad", 1, "pads"},
    {"Pad", 2, "value"},       {"ReduceL2", 1, "axes"},  {"ReduceMax", 1, "axes"},
    {"ReduceMean", 1, "axes"}, {"ReduceSum", 1, "axes"}, {"Reshape", 1, "shape"},
    {"Squeeze", 1, "axes"},    {"Unsqueeze", 1, "axes"}};

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
      fail("it is of opset {}, older than 7; export the model with a newer one", opset_);
    }
  }

  /// Old files list their initialisers among the inputs.
  void read_input() {
    for (const onnx::ValueInfoProto& input : graph_.input()) {
      if (constants_.contains(input.name())) continue;
      builder_.graph().inputs.push_back(input.name());
      if (builder_.graph().inputs.size() > 1) continue;
      const auto& type = input.type().tensor_type();
      if (type.elem_type() != onnx::TensorProto::FLOAT) fail("its input is not float32");
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
      constants_[proto.output(0)] = constant_node(proto);
      return;
    }
    GraphNode node{.op = operator_of(proto),
                   .name = proto.name().empty() ? first_output(proto) : proto.name(),
                   .inputs = {proto.input().begin(), proto.input().end()},
                   .outputs = {first_output(proto)}};
    for (const onnx::AttributeProto& attribute : proto.attribute()) {
      node.attributes[attribute.name()] = attribute_value(proto, attribute);
    }
    inputs_to_attributes(node);
    normalise(node);
    for (const std::string& input : node.inputs) store_constant(node, input);
    builder_.graph().nodes.push_back(std::move(node));
  }

  std::string first_output(const onnx::NodeProto& proto) const {
    for (int i = 1; i < proto.output_size(); ++i) {
      if (used_.contains(proto.output(i))) {
        fail("{}: its output {} has no translation", label(proto), i);
      }
    }
    if (proto.output_size() == 0) fail("{}: it has no output", label(proto));
    return proto.output(0);
  }

  Constant constant_node(const onnx::NodeProto& proto) const {
    for (const onnx::AttributeProto& attribute : proto.attribute()) {
      if (attribute.name() == "value") return read_constant(attribute.t());
    }
    fail("{}: it is not a tensor", label(proto));
  }

  void inputs_to_attributes(GraphNode& node) const {
    std::size_t kept = node.inputs.size();
    for (const MovedInput& moved : kMovedInputs) {
      if (node.op != moved.op || moved.input >= node.inputs.size()) continue;
      kept = std::min(kept, moved.input);
      const std::string& name = node.inputs[moved.input];
      if (name.empty()) continue;
      const auto found = constants_.find(name);
      if (found == constants_.end()) {
        fail("{}: its {} is computed, not constant", describe(node), moved.attribute);
      }
      node.attributes[moved.attribute] = attribute_of(node, found->second);
    }
    node.inputs.resize(kept);
  }

  static nlohmann::json attribute_of(const GraphNode& node, const Constant& constant) {
    if (!constant.is_float) return constant.integers;
    if (constant.floats.size() != 1) fail("{}: its bound is not one number", describe(node));
    return constant.floats[0];
  }

  /// Meanings that depend on the opset, and batches.
  void normalise(GraphNode& node) const {
    if (!is_known_operator(node.op)) fail("{}: this operator has no translation", describe(node));
    const Attributes attributes(node);
    if (node.op == "Softmax" && opset_ < 13) {
      node.attributes["axis"] = attributes.integer("axis", 1);
      node.attributes["flatten"] = 1;
    }
    if (node.op == "BatchNormalization" &&
        (attributes.integer("training_mode", 0) != 0 || attributes.integer("spatial", 1) != 1)) {
      fail("{}: only normalisation by stored statistics a channel is supported", describe(node));
    }
    if (node.op == "Concat" && !attributes.has("axis")) fail("{}: it has no axis", describe(node));
    normalise_auto_pad(node);
    if (node.op == "Reshape") free_batch(node);
  }

  static void normalise_auto_pad(GraphNode& node) {
    const Attributes attributes(node);
    const std::string kind = attributes.text("auto_pad", "NOTSET");
    if (kind == "VALID" || kind == "NOTSET") {
      node.attributes.erase("auto_pad");
      return;
    }
    // With stride 1 the amount does not depend on the image's size.
    const auto kernel = attributes.integers("kernel_shape", {}, 2, 1);
    const auto dilations = attributes.integers("dilations", {1, 1}, 2, 1);
    if (attributes.integers("strides", {1, 1}, 2, 1) != std::vector<std::int64_t>{1, 1}) {
      fail("{}: auto_pad with strides has no translation; export the model with explicit pads",
           describe(node));
    }
    std::vector<std::int64_t> pads(4);
    for (const std::size_t axis : {0U, 1U}) {
      const std::int64_t total = (kernel[axis] - 1) * dilations[axis];
      pads[axis] = kind == "SAME_LOWER" ? total - total / 2 : total / 2;
      pads[2 + axis] = total - pads[axis];
    }
    node.attributes.erase("auto_pad");
    node.attributes["pads"] = pads;
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

  void store_constant(const GraphNode& node, const std::string& name) {
    const auto found = constants_.find(name);
    if (found == constants_.end() || builder_.has_tensor(name)) return;
    if (!found->second.is_float) {
      fail("{}: its input \"{}\" is not float32", describe(node), name);
    }
    builder_.add_tensor(name, found->second.shape, found->second.floats);
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

ImportedGraph import_onnx(const std::string& path) {
  const MappedFile file(path);
  onnx::ModelProto model;
  const auto bytes = file.bytes();
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !model.has_graph()) {
    fail("{}: is not an ONNX model, or a damaged one; get the file again", path);
  }
  try {
    ImportedGraph imported = Translator(model).translate();
    simplify(imported);
    imported.graph = graph_from_json(to_json(imported.graph));
    return imported;
  } catch (const Error& error) {
    fail("{}: cannot be imported: {}", path, error.what());
  }
}

}  // namespace facenet
