#pragma once

#include "base/file.h"
#include "nn/graph/graph.h"

namespace facenet {

/// Translates a network that dlib serialised: an embedder (loss_metric) or a detector (loss_mmod,
/// whose settings go into the metadata) of convolutions, affine layers, ReLU, pooling, dense layers
/// and residual blocks. Throws Error naming the layer.
ImportedGraph import_dlib(const MappedFile& file);

}  // namespace facenet
