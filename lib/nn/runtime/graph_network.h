#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nn/graph/graph.h"
#include "nn/runtime/precision.h"
#include "weights/model_info.h"

namespace at {
class Tensor;
}

namespace facenet {

struct NetworkDesign;

struct GraphNetworkOptions {
  /// Fold batch norm, fuse activations: the network as it is fastest, not as its file spells it.
  bool optimise = true;
  /// Of convolutions, where the processor has both; the outputs are float32 in any case.
  Precision precision = Precision::kFloat32;
};

/// Runs a Graph with LibTorch: inference only, channels-last, weights prepared once. run() may be
/// called from several threads at once.
class GraphNetwork {
 public:
  /// Takes the tensors whose names start with `part` (the rest of the name is the graph's name).
  /// Throws Error that names the file: no such network in it, a missing tensor, a wrong shape.
  GraphNetwork(const SafetensorsFile& file, const std::string& part = "",
               const GraphNetworkOptions& options = {});
  explicit GraphNetwork(const ImportedGraph& imported, const GraphNetworkOptions& options = {});
  /// A network whose parameters are all 0 and take no memory, for describe().
  explicit GraphNetwork(const NetworkDesign& design);
  ~GraphNetwork();
  GraphNetwork(GraphNetwork&&) noexcept;
  GraphNetwork& operator=(GraphNetwork&&) noexcept;

  /// `input` [N, C, H, W] float32 -> the graph's outputs in order. Throws Error naming the node
  /// when shapes do not fit.
  std::vector<at::Tensor> run(const at::Tensor& input) const;

  /// The same for a graph whose outputs have a row for each image that depends on that image alone.
  /// Each of LibTorch's threads takes its share of the batch, a few images at a time, so that what
  /// lies between two layers stays in its cache; that is faster than many threads in one layer.
  /// From a large dense layer on (dense.h) it is one batch again, so that the weights, which no
  /// cache holds, are read once for many images. Throws Error where an output does not have a row
  /// for each image.
  std::vector<at::Tensor> run_batch(const at::Tensor& input) const;

  /// [N, C, H, W] that the graph was made for, 0 where any extent goes.
  const std::vector<std::int64_t>& input_shape() const;

  /// Layers for an input of this shape; with height or width 0 only what does not depend on it. As
  /// the graph spells them when the options did not optimise it.
  std::vector<LayerInfo> describe(int channels, int height, int width) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace facenet
