#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace at {
class Tensor;
}

namespace facenet {

struct OptimiserOptions {
  std::string name =
      "adagrad";          ///< adagrad (paper, section 3.3), sgd, adam (decoupled decay: AdamW)
  double rate = 0.05;     ///< paper, section 3.3; adam wants some 50 times less
  double momentum = 0.9;  ///< of sgd
  double weight_decay = 0;
  double clip = 0;  ///< longest gradient, as the norm over all parameters; 0: any

  /// Throws UsageError.
  void validate() const;
};

/// One of LibTorch's optimisers, with a state that a safetensors file can hold.
///
/// Weight decay spares tensors of one dimension: biases and the scale and shift of batch norm. They
/// cannot overfit by growing, and a decayed scale only works against the convolution before it,
/// whose size batch norm takes out again.
class Optimiser {
 public:
  Optimiser(std::vector<at::Tensor> parameters, const OptimiserOptions& options);
  ~Optimiser();
  Optimiser(Optimiser&&) noexcept;
  Optimiser& operator=(Optimiser&&) noexcept;

  void set_rate(double rate);

  /// Clips the gradients, steps, and gives their norm before clipping. When the norm is not finite
  /// nothing is stepped: the parameters stay as good as they were.
  double step();

  void zero_grad();

  /// Copies of all that the optimiser remembers: "3.sum" belongs to the fourth parameter. Step
  /// counters are int64 of shape [1]. The rate is not part of it: it follows from the schedule.
  std::map<std::string, at::Tensor> state() const;

  /// Goes on from a state() of the same kind of optimiser over the same parameters, bit for bit.
  /// Throws Error that names a tensor which is missing, too many, or of another shape.
  void restore(const std::map<std::string, at::Tensor>& state);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace facenet
