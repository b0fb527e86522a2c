#pragma once

#include <vector>

#include "nn/operators/operators.h"

namespace facenet {

/// True when oneDNN's own interface is compiled in; without it there are no FusedConv nodes.
bool have_fused_conv();

/// The operator "FusedConv", which no file has: fuse() makes it for inference.
///     y = activation(conv(x, weight) + bias + residual)
/// Inputs x, weight, bias, slope, residual, of which the last two may be left out; attributes of
/// Conv, and `activation`: "" or "Relu", "LeakyRelu" (with `alpha`), "PRelu" (by `slope`, one
/// number a channel); `bfloat16` = 1 to compute and answer in it.
Kernel make_fused_conv(const GraphNode& node, std::vector<at::Tensor>& constants);

}  // namespace facenet
