#pragma once

#include <vector>

#include "nn/operators/operators.h"

namespace facenet {

/// Rows of the operator table that move numbers about without changing them.
Kernel make_cast(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_concat(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_constant(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_constant_of_shape(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_expand(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_flatten(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_gather(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_pad(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_reshape(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_shape(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_slice(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_squeeze(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_transpose(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_unsqueeze(const GraphNode& node, std::vector<at::Tensor>& constants);

}  // namespace facenet
