#include "nn/graph/fuse.h"

#include <map>
#include <string>

#include "nn/graph/window.h"

namespace facenet {
namespace {

constexpr const char* kFused = "FusedConv";
constexpr std::size_t kSlope = 3, kResidual = 4;  // of FusedConv's inputs

class Fuser {
 public:
  Fuser(ImportedGraph& imported, bool bfloat16)
      : tensors_(imported.tensors), graph_(imported.graph), bfloat16_(bfloat16) {}

  void run() {
    for (GraphNode& node : graph_.nodes) {
      for (const std::string& input : node.inputs) ++uses_[input];
    }
    for (const std::string& output : graph_.outputs) ++uses_[output];
    for (GraphNode& node : graph_.nodes) {
      if (node.op == "Conv") {
        start(node);
      } else if (node.op == "Add") {
        take_sum(node);
      } else {
        take_activation(node);
      }
      makers_[node.outputs.at(0)] = &node;
    }
    std::erase_if(graph_.nodes, [](const GraphNode& node) { return node.op.empty(); });
  }

 private:
  const TensorView* tensor(const std::string& name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }

  void start(GraphNode& node) const {
    const TensorView* weight = node.inputs.size() > 1 ? tensor(node.inputs[1]) : nullptr;
    const bool has_bias = node.inputs.size() > 2 && !node.inputs[2].empty();
    if (weight == nullptr || weight->shape.size() != 4) return;
    if (has_bias && tensor(node.inputs[2]) == nullptr) return;
    if (!node.attributes.is_object()) node.attributes = nlohmann::json::object();
    // oneDNN 2.6 forgets the residual where the whole filter lies in the padding.
    const Window window(node, {weight->shape[2], weight->shape[3]});
    if (window.reaches_padding_alone()) return;
    node.op = kFused;
    node.inputs.resize(5);
    node.attributes.erase("alpha");
    if (bfloat16_) node.attributes["bfloat16"] = 1;
  }

  /// The convolution whose result is `value`, when no other node reads that.
  GraphNode* conv_before(const std::string& value) {
    const auto found = makers_.find(value);
    if (found == makers_.end() || found->second->op != kFused || uses_[value] != 1) return nullptr;
    return found->second->attributes.contains("activation") ? nullptr : found->second;
  }

  /// `later` becomes `conv` in its own place, where all that it reads has been made.
  static void move(GraphNode& conv, GraphNode& later) {
    const std::vector<std::string> outputs = later.outputs;
    later = conv;
    later.outputs = outputs;
    conv.op.clear();
  }

  void take_sum(GraphNode& node) {
    if (node.inputs.size() != 2) return;
    for (const std::size_t k : {1U, 0U}) {
      const std::string other = node.inputs[1 - k];
      GraphNode* conv = conv_before(node.inputs[k]);
      if (conv == nullptr || !conv->inputs[kResidual].empty()) continue;
      if (tensor(other) != nullptr || other == node.inputs[k]) continue;
      move(*conv, node);
      node.inputs[kResidual] = other;
      return;
    }
  }

  void take_activation(GraphNode& node) {
    const bool is_prelu = node.op == "PRelu" && node.inputs.size() == 2;
    if (node.op != "Relu" && node.op != "LeakyRelu" && !is_prelu) return;
    GraphNode* conv = conv_before(node.inputs.at(0));
    if (conv == nullptr) return;
    const std::string op = node.op;
    const std::string slope = is_prelu ? node.inputs[1] : "";
    if (is_prelu && !is_per_channel(slope, tensor(conv->inputs[1])->shape[0])) return;
    const double alpha = op == "LeakyRelu" ? node.attributes.value("alpha", 0.01) : 0.0;
    move(*conv, node);
    node.attributes["activation"] = op;
    if (op == "LeakyRelu") node.attributes["alpha"] = alpha;
    node.inputs[kSlope] = slope;
  }

  /// One number for all channels or [C, 1, 1], as ONNX broadcasts it over [N, C, H, W].
  bool is_per_channel(const std::string& name, std::int64_t channels) const {
    const TensorView* view = tensor(name);
    if (view == nullptr) return false;
    if (view->elements() == 1) return true;
    const std::size_t rank = view->shape.size();
    return view->elements() == channels && rank >= 3 && view->shape[rank - 3] == channels;
  }

  std::map<std::string, TensorView>& tensors_;
  Graph& graph_;
  bool bfloat16_;
  std::map<std::string, GraphNode*> makers_;
  std::map<std::string, int> uses_;
};

}  // namespace

void fuse(ImportedGraph& imported, bool bfloat16) {
  Fuser(imported, bfloat16).run();
}

}  // namespace facenet
