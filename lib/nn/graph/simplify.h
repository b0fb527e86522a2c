#pragma once

#include "nn/graph/graph.h"

namespace facenet {

/// Rewrites spellings that converters leave behind into the operators that they mean, so that the
/// interpreter needs few and fast ones. The graph computes the same but for rounding:
/// - relu(x) + c * (x - |x|) and relu(x) + c * -relu(-x) become PRelu;
/// - e / sum(e) with e = exp(x - max(x)) becomes Softmax;
/// - a Pad with zeros goes into the Conv that alone uses it;
/// - per-channel Mul, Add, Sub, Div, BatchNormalization by constants go into the Conv or Gemm
/// before
///   them.
/// Tensors that no node uses are dropped.
void simplify(ImportedGraph& imported);

}  // namespace facenet
