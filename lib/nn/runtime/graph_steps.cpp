#include "nn/runtime/graph_steps.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <ATen/ATen.h>

#include "base/error.h"
#include "nn/graph/attributes.h"

namespace facenet {
namespace {

/// Multiply-adds for one number of the node's output.
std::int64_t multiply_adds_per_output(const GraphNode& node,
                                      const std::vector<at::Tensor>& constants) {
  if (constants.size() < 2 || !constants[1].defined()) return 0;
  const at::Tensor& weight = constants[1];
  if (weight.numel() == 0) return 0;
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

/// LibTorch's messages carry a backtrace and hints for Python users after the first line.
std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

/// Turns a graph into steps over numbered values.
class Compiler {
 public:
  Compiler(const Graph& graph, const FindTensor& find_tensor,
           const std::vector<std::string>& variables)
      : find_tensor_(find_tensor) {
    for (const std::string& input : graph.inputs) new_slot(input);
    for (const std::string& variable : variables) new_slot(variable);
    for (const GraphNode& node : graph.nodes) steps_.push_back(compile(node));
    for (const std::string& output : graph.outputs) outputs_.push_back(slots_.at(output));
    mark_last_uses();
  }

  std::vector<Step> take_steps() { return std::move(steps_); }
  const std::vector<int>& outputs() const { return outputs_; }
  std::size_t slots() const { return slots_.size(); }

 private:
  int new_slot(const std::string& value) {
    const int slot = static_cast<int>(slots_.size());
    slots_.emplace(value, slot);
    return slot;
  }

  Step compile(const GraphNode& node) {
    Step step;
    step.node = node;
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
    try {
      step.kernel = make_kernel(node, constants);
    } catch (const c10::Error& error) {
      fail("{}: cannot be computed: {}", describe(node), first_line(error.what()));
    }
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

  const FindTensor& find_tensor_;
  std::map<std::string, int> slots_;
  std::vector<Step> steps_;
  std::vector<int> outputs_;
};

}  // namespace

GraphSteps::GraphSteps(const Graph& graph, const FindTensor& find_tensor,
                       const std::vector<std::string>& variables) {
  Compiler compiler(graph, find_tensor, variables);
  steps_ = compiler.take_steps();
  outputs_ = compiler.outputs();
  slots_ = compiler.slots();
}

std::vector<at::Tensor> take_inputs(const Step& step, std::vector<at::Tensor>& values) {
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
  return inputs;
}

at::Tensor run_kernel(const Step& step, const Kernel& kernel, std::vector<at::Tensor>& inputs,
                      const std::string& source) {
  const auto complain = [&](const std::exception& error) {
    fail("{}node \"{}\" ({}) cannot be computed: {}", source, step.node.name, step.node.op,
         first_line(error.what()));
  };
  try {
    return kernel(inputs);
  } catch (const Error& error) {
    fail("{}{}", source, error.what());
  } catch (const std::runtime_error& error) {
    complain(error);
  } catch (const c10::Error& error) {
    complain(error);
  }
  return {};  // not reached: complain() throws
}

}  // namespace facenet
