#pragma once

#include "base/file.h"
#include "nn/graph/graph.h"

namespace facenet {

/// Translates an ONNX file (opset 7 and later, float32). Throws Error naming the node.
ImportedGraph import_onnx(const MappedFile& file);

}  // namespace facenet
