#include "nn/graph_network.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "nn/attributes.h"
#include "nn/fuse.h"
#include "nn/fused_conv.h"
#include "nn/graph_builder.h"
#include "nn/networks/network_design.h"
#include "nn/operators.h"
#include "nn/runtime.h"
#include "nn/simplify.h"

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
  if (node.op == "ConvTranspose" && weight.dim() == 4) {
    // A pixel of the output is reached by one in strides^2 of the filter's.
    const auto strides = Attributes(node).integers("strides", {1, 1}, 2, 1);
    return weight.numel() / weight.size(1) / (strides[0] * strides[1]);
  }
  if (node.op == "MatMul" && weight.dim() >= 2) return weight.size(-2);
  if (node.op == "Gemm" && weight.dim() == 2) {
    return weight.size(Attributes(node).integer("transB", 0) != 0 ? 1 : 0);
  }
  return 0;
}

/// Numbers that training learns; the statistics of batch norm are not.
std::int64_t count_parameters(const GraphNode& node, const std::vector<at::Tensor>& constants) {
  const std::size_t most = node.op == "BatchNormalization" ? 3 : constants.size();
  std::int64_t count = 0;
  for (std::size_t i = 0; i < std::min(most, constants.size()); ++i) {
    if (constants[i].defined() && constants[i].is_floating_point()) count += constants[i].numel();
  }
  return count;
}

/// Operators that compute in bfloat16 what they are given in it.
bool takes_bfloat16(const std::string& op) {
  static const std::set<std::string> ops = {"FusedConv", "MaxPool", "Concat",   "Relu",   "Flatten",
                                            "Reshape",   "LRN",     "Identity", "Dropout"};
  return ops.contains(op);
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
  bool takes_bfloat16 = false;
};

/// The tensor of that name, undefined when there is none.
using FindTensor = std::function<at::Tensor(const std::string&)>;

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
    step.takes_bfloat16 = takes_bfloat16(node.op);
    std::vector<at::Tensor> constants;
    for (const std::string& input : node.inputs) {
      const auto value = slots_.find(input);
      step.operands.emplace_back().slot = value == slots_.end() ? -1 : value->second;
      const bool is_constant = value == slots_.end() && !input.empty();
      constants.push_back(is_constant ? constant(node, input) : at::Tensor());
    }
    step.parameters = count_parameters(node, constants);
    step.multiply_adds_per_output = multiply_adds_per_output(node, constants);
    step.kernel = make_kernel(node, constants);
    for (std::size_t i = 0; i < constants.size(); ++i) {
      step.operands[i].constant = std::move(constants[i]);
    }
    step.output = new_slot(node.outputs.at(0));
    return step;
  }

  at::Tensor constant(const GraphNode& node, const std::string& name) const {
    at::Tensor tensor = find_tensor_(name);
    if (!tensor.defined()) fail("{}: there is no tensor \"{}\"", describe(node), name);
    return tensor;
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

/// The graph of a file with its tensors where they are mapped; those of half precision are widened.
ImportedGraph read_imported(const SafetensorsFile& file, const std::string& name) {
  ImportedGraph imported;
  imported.graph = read_graph(file, graph_key(name));
  const std::string prefix = name.empty() ? "" : name + ".";
  for (const auto& [tensor, view] : file.tensors()) {
    if (!tensor.starts_with(prefix)) continue;
    const std::string inner = tensor.substr(prefix.size());
    if (view.type == TensorType::kFloat16) {
      const at::Tensor wide = own_copy(view);
      put_tensor(imported, inner, view.shape,
                 {wide.data_ptr<float>(), static_cast<std::size_t>(wide.numel())});
    } else {
      imported.tensors[inner] = view;
    }
  }
  return imported;
}

FindTensor tensors_of(const ImportedGraph& imported) {
  return [&](const std::string& name) {
    const auto found = imported.tensors.find(name);
    return found == imported.tensors.end() ? at::Tensor() : own_copy(found->second);
  };
}

void optimise(ImportedGraph& imported, const GraphNetworkOptions& options) {
  if (!options.optimise) return;
  simplify(imported);
  fuse(imported, options.precision == Precision::kBfloat16 && have_bfloat16());
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
    keep_freed_memory();
    Compiler compiler(graph, std::move(find_tensor));
    steps = compiler.take_steps();
    outputs = compiler.outputs();
    slots = compiler.slots();
  }

  static void widen(std::vector<at::Tensor>& inputs) {
    for (at::Tensor& input : inputs) {
      if (input.defined() && input.scalar_type() == at::kBFloat16) input = input.to(at::kFloat);
    }
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
      if (!step.takes_bfloat16) widen(inputs);
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
      const at::Tensor& value = values[static_cast<std::size_t>(output)];
      const bool is_wide = value.scalar_type() != at::kBFloat16;
      results.push_back((is_wide ? value : value.to(at::kFloat)).contiguous());
    }
    return results;
  }
};

GraphNetwork::GraphNetwork(const SafetensorsFile& file, const std::string& part,
                           const GraphNetworkOptions& options) {
  const std::string name = part.ends_with('.') ? part.substr(0, part.size() - 1) : part;
  try {
    ImportedGraph imported = read_imported(file, name);
    optimise(imported, options);
    impl_ = std::make_unique<Impl>(file.path() + ": ", imported.graph, tensors_of(imported));
  } catch (const Error& error) {
    fail(
        "{}: {}; the file is not one that this version of facenet can run, make it again with "
        "\"facenet model import\"",
        file.path(), error.what());
  }
}

GraphNetwork::GraphNetwork(const ImportedGraph& imported, const GraphNetworkOptions& options) {
  ImportedGraph own;
  own.graph = imported.graph;
  own.tensors = imported.tensors;  // the same bytes
  optimise(own, options);
  impl_ = std::make_unique<Impl>("", own.graph, tensors_of(own));
}

GraphNetwork::GraphNetwork(const NetworkDesign& design) {
  std::map<std::string, at::Tensor> parameters;
  for (const Parameter& parameter : design.parameters) {
    const bool is_small = parameter.shape.size() < 2;
    parameters[parameter.name] =
        is_small ? at::zeros(parameter.shape) : at::zeros({1}).expand(parameter.shape);
  }
  impl_ = std::make_unique<Impl>("", design.graph,
                                 [&](const std::string& name) { return parameters[name]; });
}

GraphNetwork::~GraphNetwork() = default;
GraphNetwork::GraphNetwork(GraphNetwork&&) noexcept = default;
GraphNetwork& GraphNetwork::operator=(GraphNetwork&&) noexcept = default;

std::vector<at::Tensor> GraphNetwork::run(const at::Tensor& input) const {
  return impl_->run(input, [](const Step&, const at::Tensor&) {});
}

std::vector<at::Tensor> GraphNetwork::run_batch(const at::Tensor& input) const {
  // What lies between two layers of two images still fits the second-level cache.
  constexpr std::int64_t kImagesAtOnce = 2;
  const std::int64_t images = input.size(0);
  if (images < 2) return run(input);
  std::vector<std::vector<at::Tensor>> results(static_cast<std::size_t>(images));
  at::parallel_for(0, images, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += kImagesAtOnce) {
      results[static_cast<std::size_t>(first)] =
          run(input.narrow(0, first, std::min(kImagesAtOnce, end - first)));
    }
  });
  std::erase_if(results, [](const auto& result) { return result.empty(); });
  const c10::InferenceMode no_autograd;
  std::vector<at::Tensor> together;
  for (std::size_t k = 0; k < results[0].size(); ++k) {
    std::vector<at::Tensor> parts;
    for (const auto& result : results) parts.push_back(result[k]);
    together.push_back(at::cat(parts));
  }
  return together;
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
