#pragma once

#include "nn/graph/graph.h"

namespace facenet {

/// Rewrites a simplified graph for the fastest inference: convolutions by tensors become FusedConv,
/// which take in a sum with another image and then a Relu, LeakyRelu or PRelu where nothing else
/// reads what is between. The graph computes the same but for rounding. Only for processors
/// and builds that have_fused_conv().
void fuse(ImportedGraph& imported, bool bfloat16);

}  // namespace facenet
