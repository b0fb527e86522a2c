#include "nn/graph/simplify.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "nn/graph/attributes.h"
#include "nn/graph/graph_builder.h"

namespace facenet {
namespace {

/// y = scale * x + shift, one number of each a channel.
struct ChannelMap {
  std::vector<double> scale;
  std::vector<double> shift;
};

class Simplifier {
 public:
  explicit Simplifier(ImportedGraph& imported) : imported_(imported), graph_(imported.graph) {}

  void run() {
    constants_to_tensors();
    index();
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      // A rewritten node keeps its output's name; what only fed the old one dies of disuse.
      if (rewrite_prelu(i) || rewrite_softmax(i) || fold_into_layer(i) || fold_pad(i)) index();
    }
    drop_unused_nodes();
    drop_unused_tensors();
  }

 private:
  void constants_to_tensors() {
    std::erase_if(graph_.nodes, [&](const GraphNode& node) {
      if (node.op != "Constant" || !node.attributes.contains("value_float")) return false;
      const auto value = static_cast<float>(Attributes(node).number("value_float", 0));
      put_tensor(imported_, node.outputs.at(0), {}, {&value, 1});
      return true;
    });
  }

  void index() {
    makers_.clear();
    uses_.clear();
    for (const GraphNode& node : graph_.nodes) {
      for (const std::string& output : node.outputs) makers_[output] = &node;
    }
    std::set<const GraphNode*> alive;
    for (const std::string& output : graph_.outputs) mark_alive(output, alive);
    for (const GraphNode* node : alive) {
      for (const std::string& input : node->inputs) ++uses_[input];
    }
    for (const std::string& output : graph_.outputs) ++uses_[output];
  }

  void mark_alive(const std::string& wanted, std::set<const GraphNode*>& alive) const {
    std::vector<std::string> open = {wanted};
    while (!open.empty()) {
      const GraphNode* node = maker(open.back());
      open.pop_back();
      if (node == nullptr || !alive.insert(node).second) continue;
      open.insert(open.end(), node->inputs.begin(), node->inputs.end());
    }
  }

  const GraphNode* maker(const std::string& value) const {
    const auto found = makers_.find(value);
    return found == makers_.end() ? nullptr : found->second;
  }

  /// The node that makes `value` when it is of that operator and has that many inputs.
  const GraphNode* made_by(const std::string& value, const char* op, std::size_t inputs = 1) const {
    const GraphNode* node = maker(value);
    return node != nullptr && node->op == op && node->inputs.size() == inputs ? node : nullptr;
  }

  const TensorView* constant(const std::string& name) const {
    const auto found = imported_.tensors.find(name);
    return found == imported_.tensors.end() || found->second.type != TensorType::kFloat32
               ? nullptr
               : &found->second;
  }

  // relu(x) + c * rest, where rest is a multiple of min(x, 0).

  bool rewrite_prelu(std::size_t i) {
    GraphNode& node = graph_.nodes[i];
    if (node.op != "Add" || node.inputs.size() != 2) return false;
    return match_prelu(node, node.inputs[0], node.inputs[1]) ||
           match_prelu(node, node.inputs[1], node.inputs[0]);
  }

  bool match_prelu(GraphNode& node, const std::string& positive, const std::string& negative) {
    const GraphNode* relu = made_by(positive, "Relu");
    const GraphNode* product = made_by(negative, "Mul", 2);
    if (relu == nullptr || product == nullptr) return false;
    const std::string x = relu->inputs[0];
    for (const std::size_t k : {0U, 1U}) {
      const TensorView* slope = constant(product->inputs[k]);
      const std::optional<float> factor = negative_part(product->inputs[1 - k], x);
      if (slope == nullptr || !factor || !is_at_most_one_axis(*slope)) continue;
      std::vector<float> slopes(floats_of(*slope).begin(), floats_of(*slope).end());
      for (float& value : slopes) value *= *factor;
      const std::string name = node.name + ".slope";
      put_tensor(imported_, name, slope->shape, slopes);
      node = {.op = "PRelu", .name = node.name, .inputs = {x, name}, .outputs = node.outputs};
      return true;
    }
    return false;
  }

  /// f when `value` is f * min(x, 0).
  std::optional<float> negative_part(const std::string& value, const std::string& x) const {
    if (const GraphNode* outer = made_by(value, "Neg")) {
      const GraphNode* relu = made_by(outer->inputs[0], "Relu");
      const GraphNode* inner = relu == nullptr ? nullptr : made_by(relu->inputs[0], "Neg");
      if (inner != nullptr && inner->inputs[0] == x) return 1.0F;
    }
    if (const GraphNode* difference = made_by(value, "Sub", 2)) {
      const GraphNode* absolute = made_by(difference->inputs[1], "Abs");
      if (absolute != nullptr && absolute->inputs[0] == x && difference->inputs[0] == x)
        return 2.0F;
    }
    return std::nullopt;
  }

  /// Such a tensor does not broadcast the other operand to another shape.
  static bool is_at_most_one_axis(const TensorView& view) {
    return std::count_if(view.shape.begin(), view.shape.end(),
                         [](std::int64_t extent) { return extent != 1; }) <= 1;
  }

  // exp(x - max(x)) / sum(exp(x - max(x))), all along one axis.

  bool rewrite_softmax(std::size_t i) {
    GraphNode& node = graph_.nodes[i];
    if (node.op != "Div" || node.inputs.size() != 2) return false;
    const GraphNode* exponential = made_by(node.inputs[0], "Exp");
    const GraphNode* sum = made_by(node.inputs[1], "ReduceSum");
    if (exponential == nullptr || sum == nullptr || sum->inputs[0] != node.inputs[0]) return false;
    const GraphNode* difference = made_by(exponential->inputs[0], "Sub", 2);
    const GraphNode* maximum =
        difference == nullptr ? nullptr : made_by(difference->inputs[1], "ReduceMax");
    if (maximum == nullptr || maximum->inputs[0] != difference->inputs[0]) return false;
    const auto axes = Attributes(*sum).integers("axes", {});
    if (axes.size() != 1 || Attributes(*maximum).integers("axes", {}) != axes) return false;
    if (Attributes(*sum).integer("keepdims", 1) == 0) return false;
    if (Attributes(*maximum).integer("keepdims", 1) == 0) return false;
    node = {.op = "Softmax",
            .name = node.name,
            .inputs = {difference->inputs[0]},
            .outputs = node.outputs,
            .attributes = {{"axis", axes[0]}}};
    return true;
  }

  // Linear maps after a convolution or a dense layer.

  /// A layer is a Conv, or a Gemm whose weight has a row for each output, as LibTorch exports it.
  static bool is_layer(const GraphNode& node) {
    if (node.op == "Conv") return true;
    const Attributes attributes(node);
    return node.op == "Gemm" && attributes.integer("transB", 0) != 0 &&
           attributes.integer("transA", 0) == 0 && attributes.number("alpha", 1) == 1 &&
           attributes.number("beta", 1) == 1;
  }

  bool fold_into_layer(std::size_t i) {
    GraphNode& node = graph_.nodes[i];
    for (const std::size_t k : {0U, 1U}) {
      if (k >= node.inputs.size()) break;
      const GraphNode* layer = maker(node.inputs[k]);
      if (layer == nullptr || !is_layer(*layer) || uses_[node.inputs[k]] != 1) continue;
      const TensorView* weight = layer->inputs.size() < 2 ? nullptr : constant(layer->inputs[1]);
      const std::size_t rank = layer->op == "Conv" ? 4 : 2;
      if (weight == nullptr || weight->shape.size() != rank || weight->elements() == 0) continue;
      const auto map = channel_map(node, k, static_cast<std::size_t>(weight->shape[0]), rank);
      if (map && fold(node, *layer, *weight, *map)) return true;
    }
    return false;
  }

  /// What the node does to input k, when that is one linear map a channel.
  std::optional<ChannelMap> channel_map(const GraphNode& node, std::size_t k, std::size_t channels,
                                        std::size_t rank) const {
    if (node.op == "BatchNormalization")
      return k == 0 ? normalisation_map(node, channels) : std::nullopt;
    if (node.inputs.size() != 2) return std::nullopt;
    const auto c = per_channel(node.inputs[1 - k], channels, rank);
    if (!c) return std::nullopt;
    ChannelMap map{std::vector<double>(channels, 1), std::vector<double>(channels, 0)};
    for (std::size_t j = 0; j < channels; ++j) {
      if (node.op == "Mul") {
        map.scale[j] = (*c)[j];
      } else if (node.op == "Add") {
        map.shift[j] = (*c)[j];
      } else if (node.op == "Sub") {
        map.scale[j] = k == 0 ? 1 : -1;
        map.shift[j] = k == 0 ? -(*c)[j] : (*c)[j];
      } else if (node.op == "Div" && k == 0) {
        map.scale[j] = 1 / (*c)[j];
      } else {
        return std::nullopt;
      }
    }
    return map;
  }

  std::optional<ChannelMap> normalisation_map(const GraphNode& node, std::size_t channels) const {
    if (node.inputs.size() != 5) return std::nullopt;
    std::vector<std::span<const float>> parameters;
    for (std::size_t j = 1; j < 5; ++j) {
      const TensorView* view = constant(node.inputs[j]);
      if (view == nullptr || view->elements() != static_cast<std::int64_t>(channels))
        return std::nullopt;
      parameters.push_back(floats_of(*view));
    }
    const double epsilon = Attributes(node).number("epsilon", 1e-5);
    ChannelMap map;
    for (std::size_t j = 0; j < channels; ++j) {
      map.scale.push_back(parameters[0][j] / std::sqrt(parameters[3][j] + epsilon));
      map.shift.push_back(parameters[1][j] - parameters[2][j] * map.scale.back());
    }
    return map;
  }

  /// A constant that broadcasts to one number a channel of the layer's result, NCHW or NC.
  std::optional<std::vector<double>> per_channel(const std::string& name, std::size_t channels,
                                                 std::size_t rank) const {
    const TensorView* view = constant(name);
    if (view == nullptr || view->shape.size() > rank) return std::nullopt;
    const auto values = floats_of(*view);
    if (values.size() == 1) return std::vector<double>(channels, values[0]);
    const std::size_t after = rank - 1;  // axes from the channels' on
    if (values.size() != channels || view->shape.size() < after) return std::nullopt;
    if (view->shape[view->shape.size() - after] != static_cast<std::int64_t>(channels)) {
      return std::nullopt;
    }
    return std::vector<double>(values.begin(), values.end());
  }

  bool fold(GraphNode& node, const GraphNode& layer, const TensorView& weight,
            const ChannelMap& map) {
    const std::size_t channels = map.scale.size();
    std::vector<double> bias(channels, 0);
    if (layer.inputs.size() > 2 && !layer.inputs[2].empty()) {
      const TensorView* view = constant(layer.inputs[2]);
      if (view == nullptr || view->elements() != static_cast<std::int64_t>(channels)) return false;
      bias.assign(floats_of(*view).begin(), floats_of(*view).end());
    }
    std::vector<float> weights(floats_of(weight).begin(), floats_of(weight).end());
    const std::size_t filter = weights.size() / channels;
    for (std::size_t j = 0; j < weights.size(); ++j) {
      weights[j] = static_cast<float>(weights[j] * map.scale[j / filter]);
    }
    std::vector<float> biases;
    for (std::size_t c = 0; c < channels; ++c) {
      biases.push_back(static_cast<float>(bias[c] * map.scale[c] + map.shift[c]));
    }
    const std::string weight_name = node.name + ".weight";
    const std::string bias_name = node.name + ".bias";
    put_tensor(imported_, weight_name, weight.shape, weights);
    put_tensor(imported_, bias_name, {static_cast<std::int64_t>(channels)}, biases);
    node = {.op = layer.op,
            .name = node.name,
            .inputs = {layer.inputs[0], weight_name, bias_name},
            .outputs = node.outputs,
            .attributes = layer.attributes};
    return true;
  }

  bool fold_pad(std::size_t i) {
    GraphNode& node = graph_.nodes[i];
    if (node.op != "Conv" || node.inputs.empty()) return false;
    const GraphNode* pad = made_by(node.inputs[0], "Pad");
    if (pad == nullptr || node.attributes.contains("auto_pad")) return false;
    const Attributes attributes(*pad);
    const auto pads = attributes.integers("pads", {});
    const bool is_spatial = pads.size() == 8 && pads[0] == 0 && pads[1] == 0 && pads[4] == 0 &&
                            pads[5] == 0 && *std::min_element(pads.begin(), pads.end()) >= 0;
    if (!is_spatial || attributes.number("value", 0) != 0) return false;
    if (attributes.text("mode", "constant") != "constant") return false;
    auto sum = Attributes(node).integers("pads", {0, 0, 0, 0}, 4, 0);
    for (const std::size_t k : {0U, 1U}) {
      sum[k] += pads[2 + k];
      sum[2 + k] += pads[6 + k];
    }
    node.attributes["pads"] = sum;
    node.inputs[0] = pad->inputs[0];
    return true;
  }

  void drop_unused_nodes() {
    index();
    std::erase_if(graph_.nodes, [&](const GraphNode& node) {
      return std::none_of(node.outputs.begin(), node.outputs.end(),
                          [&](const std::string& output) { return uses_.contains(output); });
    });
  }

  void drop_unused_tensors() {
    std::erase_if(imported_.tensors,
                  [&](const auto& entry) { return !uses_.contains(entry.first); });
  }

  ImportedGraph& imported_;
  Graph& graph_;
  std::map<std::string, const GraphNode*> makers_;
  std::map<std::string, int> uses_;
};

}  // namespace

void simplify(ImportedGraph& imported) {
  Simplifier(imported).run();
}

}  // namespace facenet
