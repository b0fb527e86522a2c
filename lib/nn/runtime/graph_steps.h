#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "nn/graph/graph.h"
#include "nn/operators/operators.h"

// What inference (graph_network.h) and training (trainable_network.h) share: a graph as steps over
// numbered values. Private to this folder.
namespace facenet {

/// Where a step finds an input: a tensor of the file, or a value that an earlier step has made.
struct Operand {
  at::Tensor constant;
  int slot = -1;          ///< of the value; -1 for a constant or an input that is left out
  bool last_use = false;  ///< the step may keep or overwrite the value
};

struct Step {
  GraphNode node;
  Kernel kernel;
  std::vector<Operand> operands;
  int output = -1;
  std::int64_t parameters = 0;
  std::int64_t multiply_adds_per_output = 0;
  bool takes_bfloat16 = false;  ///< computes in bfloat16 what it is given in it
};

/// The tensor of that name, undefined when there is none.
using FindTensor = std::function<at::Tensor(const std::string&)>;

/// A graph in execution order. Slot i holds input i; after the inputs come the variables.
class GraphSteps {
 public:
  /// Tensors that `variables` names are values that the caller fills in before the first step, so
  /// that they can change and be learned; kernels take the others as constants. Throws Error naming
  /// the node: a tensor that is missing, an attribute or weight that its operator cannot have.
  GraphSteps(const Graph& graph, const FindTensor& find_tensor,
             const std::vector<std::string>& variables = {});

  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<int>& outputs() const { return outputs_; }
  std::size_t slots() const { return slots_; }

 private:
  std::vector<Step> steps_;
  std::vector<int> outputs_;
  std::size_t slots_ = 0;
};

/// The step's inputs; a value that no later step needs is moved out of `values`.
std::vector<at::Tensor> take_inputs(const Step& step, std::vector<at::Tensor>& values);

/// Runs `kernel` for the step. Throws Error with `source` (in front of messages) and the node's
/// name when shapes do not fit.
at::Tensor run_kernel(const Step& step, const Kernel& kernel, std::vector<at::Tensor>& inputs,
                      const std::string& source);

}  // namespace facenet
