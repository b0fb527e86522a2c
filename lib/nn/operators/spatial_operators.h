#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "nn/graph/window.h"
#include "nn/operators/operators.h"

namespace facenet {

/// at::conv2d leaves small batches on one thread to a matrix product in BLAS, which takes sixty
/// times as long as oneDNN with Debian's reference BLAS; so this calls oneDNN by its own name,
/// where there is one.
at::Tensor convolve(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                    at::IntArrayRef strides, at::IntArrayRef padding, at::IntArrayRef dilations,
                    std::int64_t groups);

/// Throws Error naming the node: weights that no convolution can have.
void check_conv_weights(const GraphNode& node, const at::Tensor& weight, const at::Tensor& bias);

/// Rows of the operator table for convolution, pooling and resizing over two spatial axes.
Kernel make_conv(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_conv_transpose(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_max_pool(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_average_pool(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_lp_pool(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_global_average_pool(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_global_max_pool(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_resize(const GraphNode& node, std::vector<at::Tensor>& constants);
Kernel make_response_norm(const GraphNode& node, std::vector<at::Tensor>& constants);

}  // namespace facenet
