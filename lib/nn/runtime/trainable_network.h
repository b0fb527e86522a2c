#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nn/runtime/precision.h"
#include "weights/model_info.h"

namespace at {
class Tensor;
}

namespace facenet {

class SafetensorsFile;

/// A tensor of a network, shared with it: what is written to it the network computes with.
struct NamedTensor;

/// An embedder whose weights can be learned: the graph of a weights file, computed by LibTorch's
/// differentiable operators, with batch norm and dropout as training has them. For computing
/// vectors alone GraphNetwork is several times faster.
class TrainableNetwork {
 public:
  enum class Mode {
    kTraining,   ///< batch norm by the batch's statistics, which it follows; dropout drops
    kInference,  ///< the function that the weights file will compute
  };

  /// Throws Error that names the file: no embedder, damaged.
  explicit TrainableNetwork(const SafetensorsFile& file);
  ~TrainableNetwork();
  TrainableNetwork(TrainableNetwork&&) noexcept;
  TrainableNetwork& operator=(TrainableNetwork&&) noexcept;

  const ModelInfo& info() const;

  /// In bfloat16 convolutions, and what lies between them, compute and keep bfloat16 in kTraining,
  /// twice as fast; weights, their gradients, statistics and dense layers stay float32
  /// (Micikevicius et al. 2018, "Mixed Precision Training", without its scaling of the loss:
  /// bfloat16 has the range of float32). kInference is float32 always.
  void train_in(Precision precision);

  /// Images [N, C, H, W] float32 -> unit vectors [N, D]. In kTraining without autograd (a first
  /// look at a batch, exact_gradient.h) the running statistics stay as they are.
  at::Tensor forward(const at::Tensor& images, Mode mode) const;

  /// What is learned, in the order of the layers.
  const std::vector<NamedTensor>& parameters() const;
  /// Running means and variances of batch norm; they follow the data, not the gradient.
  const std::vector<NamedTensor>& statistics() const;

  /// Names of the tensors of the last layer that has weights: the one that makes the embedding.
  std::vector<std::string> embedding_layer() const;
  /// Gives that layer fresh random numbers (paper, section 7.1): normal, deviation
  /// sqrt(1 / fan_in), biases 0.
  void restart_embedding_layer(std::uint64_t seed);
  /// The same for vectors of another size: fewer or more rows of weights. Throws Error where layers
  /// behind it would not fit. Tensors of parameters() that were copied before are no longer the
  /// network's.
  void resize_embedding(int embedding, std::uint64_t seed);
  /// Whether gradients are wanted for all parameters or for those of embedding_layer() alone.
  void learn_embedding_layer_only(bool only);

  /// Moves everything to "cpu" or "cuda". Throws Error when there is no such device.
  void move_to(const std::string& device);

  /// Writes the network as a weights file that embed, verify and cluster take. Throws Error.
  void write(const std::string& path, const ModelInfo& info, bool overwrite) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace facenet
