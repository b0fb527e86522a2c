#pragma once

#include <cstdint>

#include "nn/graph/graph.h"
#include "nn/operators/operators.h"

namespace facenet {

/// Dense layers from this number of weights on are bound by the memory that the weights come from:
/// they should see as many rows at once as there are (GraphNetwork::run_batch).
inline constexpr std::int64_t kLargeDense = 1 << 18;

/// x [N, C] (or [N, C, 1, 1]) -> x * matrix^T + bias [N, O], for `matrix` [O, C] and `bias` [O],
/// undefined for none. A row's result does not depend on the other rows, to the last bit.
Kernel make_dense(const GraphNode& node, const at::Tensor& matrix, const at::Tensor& bias);

}  // namespace facenet
