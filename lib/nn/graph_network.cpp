#include "nn/graph_network.h"

#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "nn/attributes.h"
#include "nn/operators.h"

namespace facenet {
namespace {

/// The tensor as float32 in memory of its own: the file may be unmapped, and may be unaligned.
at::Tensor own_copy(const TensorView& view) {
  static const std::map<TensorType, at::ScalarType> types = {{TensorType::kFloat32, at::kFloat},
                                                             {TensorType::kFloat16, at::kHalf},
                                                             {TensorType::kInt64, at::kLong}};
  at::Tensor tensor = at::empty(view.shape, at::TensorOptions(types.at(view.type)));
  std::copy(view.data.begin(), view.data.end(), static_cast<std::byte*>(tensor.data_ptr()));
  return view.type == TensorType::kFloat16 ? tensor.to(at::kFloat) : tensor;
}

/// Multiply-adds for one number of the node's output.
std::int64_t multiply_adds_per_output(const GraphNode& node,
                                      const std::vector<at::Tensor>& constants) {
  if (constants.size() < 2 || !constants[1].defined()) return 0;
  const at::Tensor& weight = constants[1];
  if (node.op == "Conv" && weight.dim() == 4) return weight.numel() / weight.size(0);
  if (node.op == "MatMul" && weight.dim() >= 2) return weight.size(-2);
  if (node.op == "Gemm" && weight.dim() == 2) {
    return weight.size(Attributes(node).integer("transB", 0) != 0 ? 1 : 0);
  }
  return 0;
}

std::int64_t count_parameters(const std::vector<at::Tensor>& constants) {
  std::int64_t count = 0;
  for (const at::Tensor& tensor : constants) count += tensor.defined() ? tensor.numel() : 0;
  return count;
}

/// Where a step finds an input: a tensor of the file, or a value that an earlier step has made.
struct Operand {
  at::Tensor constant;
  int slot = -1;          ///< of the value; -1 for a constant or an input that is left out
  bool last_use = false;  ///< the step may keep or overwrite the value
};

struct Step {
  std::string name;
  std::string op;
  Kernel kernel;
  std::vector<Operand> operands;
  int output = -1;
  std::int64_t parameters = 0;
  std::int64_t multiply_adds_per_output = 0;
};

using FindTensor = std::function<const TensorView*(const std::string&)>;

/// Turns a graph into steps over numbered values.
class Compiler {
 public:
  Compiler(const Graph& graph, FindTensor find_tensor) : find_tensor_(std::move(find_tensor)) {
    for (const std::string& input : graph.inputs) new_slot(input);
    for (const GraphNode& node : graph.nodes) steps_.push_back(compile(node));
    for (const std::string& output : graph.outputs) outputs_.push_back(slots_.at(output));
    mark_last_uses();
  }

  std::vector<Step> take_steps() { return std::move(steps_); }
  const std::vector<int>& outputs() const { return outputs_; }
  int slots() const { return static_cast<int>(slots_.size()); }

 private:
  int new_slot(const std::string& value) {
    const int slot = static_cast<int>(slots_.size());
    slots_.emplace(value, slot);
    return slot;
  }

  Step compile(const GraphNode& node) {
    Step step;
    step.name = node.name;
    step.op = node.op;
    std::vector<at::Tensor> constants;
    for (const std::string& input : node.inputs) {
      const auto value = slots_.find(input);
      step.operands.emplace_back().slot = value == slots_.end() ? -1 : value->second;
      const bool is_constant = value == slots_.end() && !input.empty();
      constants.push_back(is_constant ? constant(node, input) : at::Tensor());
    }
    step.parameters = count_parameters(constants);
    step.multiply_adds_per_output = multiply_adds_per_output(node, constants);
    step.kernel = make_kernel(node, constants);
    for (std::size_t i = 0; i < constants.size(); ++i) {
      step.operands[i].constant = std::move(constants[i]);
    }
    step.output = new_slot(node.outputs.at(0));
    return step;
  }

  at::Tensor constant(const GraphNode& node, const std::string& name) const {
    const TensorView* view = find_tensor_(name);
    if (view == nullptr) fail("{}: there is no tensor \"{}\"", describe(node), name);
    return own_copy(*view);
  }

  void mark_last_uses() {
    std::set<int> used(outputs_.begin(), outputs_.end());
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
      for (auto operand = step->operands.rbegin(); operand != step->operands.rend(); ++operand) {
        if (operand->slot >= 0) operand->last_use = used.insert(operand->slot).second;
      }
    }
  }

  FindTensor find_tensor_;
  std::map<std::string, int> slots_;
  std::vector<Step> steps_;
  std::vector<int> outputs_;
};

/// LibTorch's messages carry a backtrace and hints for Python users after the first line.
std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

std::string graph_key(const std::string& part) {
  return part.empty() ? "graph" : "graph:" + part;
}

Graph read_graph(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end()) fail("it holds no network \"{}\"", key);
  return graph_from_json(nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false));
}

}  // namespace

struct GraphNetwork::Impl {
  std::string source;  ///< "path: ", in front of messages; empty for a graph that is in no file
  std::vector<Step> steps;
  std::vector<int> outputs;
  int slots = 0;
  std::vector<std::int64_t> input_shape;

  Impl(std::string origin, const Graph& graph, FindTensor find_tensor)
      : source(std::move(origin)), input_shape(graph.input_shape) {
    Compiler compiler(graph, std::move(find_tensor));
    steps = compiler.take_steps();
    outputs = compiler.outputs();
    slots = compiler.slots();
  }

  at::Tensor run_step(const Step& step, std::vector<at::Tensor>& values) const {
    std::vector<at::Tensor> inputs;
    inputs.reserve(step.operands.size());
    for (const Operand& operand : step.operands) {
      if (operand.slot < 0) {
        inputs.push_back(operand.constant);
      } else {
        at::Tensor& value = values[static_cast<std::size_t>(operand.slot)];
        inputs.push_back(operand.last_use ? std::move(value) : value);
      }
    }
    try {
      return step.kernel(inputs);
    } catch (const Error& error) {
      fail("{}{}", source, error.what());
    } catch (const std::runtime_error& error) {
      fail_step(step, error);
    } catch (const c10::Error& error) {
      fail_step(step, error);
    }
  }

  [[noreturn]] void fail_step(const Step& step, const std::exception& error) const {
    fail("{}node \"{}\" ({}) cannot be computed: {}", source, step.name, step.op,
         first_line(error.what()));
  }

  template <class Observer>
  std::vector<at::Tensor> run(const at::Tensor& input, const Observer& observe) const {
    const c10::InferenceMode no_autograd;
    std::vector<at::Tensor> values(static_cast<std::size_t>(slots));
    values[0] = input.contiguous(at::MemoryFormat::ChannelsLast);
    for (const Step& step : steps) {
      at::Tensor output = run_step(step, values);
      observe(step, output);
      values[static_cast<std::size_t>(step.output)] = std::move(output);
    }
    std::vector<at::Tensor> results;
    for (const int output : outputs) {
      results.push_back(values[static_cast<std::size_t>(output)].contiguous());
    }
    return results;
  }
};

GraphNetwork::GraphNetwork(const SafetensorsFile& file, const std::string& part) {
  const std::string name = part.ends_with('.') ? part.substr(0, part.size() - 1) : part;
  const std::string prefix = name.empty() ? "" : name + ".";
  const auto find = [&](const std::string& tensor) -> const TensorView* {
    const auto found = file.tensors().find(prefix + tensor);
    return found == file.tensors().end() ? nullptr : &found->second;
  };
  try {
    impl_ = std::make_unique<Impl>(file.path() + ": ", read_graph(file, graph_key(name)), find);
  } catch (const Error& error) {
    fail(
        "{}: {}; the file is not one that this version of facenet can run, make it again with "
        "\"facenet model import\"",
        file.path(), error.what());
  }
}

GraphNetwork::GraphNetwork(const ImportedGraph& imported) {
  const auto find = [&](const std::string& tensor) -> const TensorView* {
    const auto found = imported.tensors.find(tensor);
    return found == imported.tensors.end() ? nullptr : &found->second;
  };
  impl_ = std::make_unique<Impl>("", imported.graph, find);
}

GraphNetwork::~GraphNetwork() = default;
GraphNetwork::GraphNetwork(GraphNetwork&&) noexcept = default;
GraphNetwork& GraphNetwork::operator=(GraphNetwork&&) noexcept = default;

std::vector<at::Tensor> GraphNetwork::run(const at::Tensor& input) const {
  return impl_->run(input, [](const Step&, const at::Tensor&) {});
}

const std::vector<std::int64_t>& GraphNetwork::input_shape() const {
  return impl_->input_shape;
}

std::vector<LayerInfo> GraphNetwork::describe(int channels, int height, int width) const {
  std::vector<LayerInfo> layers;
  for (const Step& step : impl_->steps) {
    LayerInfo& layer = layers.emplace_back();
    layer.name = step.name;
    layer.kind = step.op;
    layer.parameters = step.parameters;
  }
  if (height == 0 || width == 0) return layers;
  std::size_t at = 0;
  impl_->run(at::zeros({1, channels, height, width}), [&](const Step& step, const at::Tensor& out) {
    layers[at].output = out.sizes().vec();
    layers[at].multiply_adds = out.numel() * step.multiply_adds_per_output;
    ++at;
  });
  return layers;
}

}  // namespace facenet
