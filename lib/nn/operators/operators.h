#pragma once

#include <functional>
#include <string>
#include <vector>

#include "nn/graph/graph.h"

namespace at {
class Tensor;
}

namespace facenet {

/// Computes a node's output from its inputs, in the node's order; inputs that the node leaves out
/// are undefined tensors. A kernel may overwrite an input that nobody else holds, which is how
/// activations run in place. Safe to call from several threads.
using Kernel = std::function<at::Tensor(std::vector<at::Tensor>& inputs)>;

/// True for the operators that make_kernel() has a row for.
bool is_known_operator(const std::string& op);

/// Reads the node's attributes and prepares its weights. `constants[i]` is defined where input i is
/// a tensor of the file; the kernel takes those that it keeps in a form of its own. Throws Error
/// naming the node: an attribute or a weight that the operator cannot have.
Kernel make_kernel(const GraphNode& node, std::vector<at::Tensor>& constants);

}  // namespace facenet
