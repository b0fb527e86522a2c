#pragma once

#include "base/file.h"
#include "nn/graph/graph.h"

namespace facenet {

/// Translates a TensorFlow Lite file (float32). Channels-last tensors and weights become NCHW; the
/// result computes what the file computes, on transposed tensors. Throws Error naming the operator.
ImportedGraph import_tflite(const MappedFile& file);

}  // namespace facenet
