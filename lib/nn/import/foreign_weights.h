#pragma once

#include <functional>
#include <string>

#include "nn/graph/graph.h"
#include "weights/safetensors.h"

namespace facenet {

/// What another program's weights file holds: .onnx, .tflite or dlib's .dat. A child process behind
/// walls (walls/walled_work.h) reads it and writes safetensors, which is checked here like any
/// other file of weights: no parser of a foreign format runs where the user's files can be reached.
class ForeignWeights {
 public:
  using Reader = std::function<ImportedGraph(const MappedFile&)>;

  /// Throws Error that names the file: what its reader says, or how that ended.
  explicit ForeignWeights(const std::string& path);
  ForeignWeights(const std::string& path, const Reader& read);

  const ImportedGraph& network() const { return network_; }

 private:
  SafetensorsFile file_;  ///< owns the tensors
  ImportedGraph network_;
};

}  // namespace facenet
