#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace facenet {

/// The exponential moving average of parameters over the steps of a training, which is as a rule
/// better than the last of them (Polyak & Juditsky 1992).
class MovingAverage {
 public:
  /// Starts as a copy of the parameters. `decay` is what one step leaves of the average, 0 or more
  /// and below 1. Throws UsageError.
  MovingAverage(const std::vector<at::Tensor>& parameters, double decay);

  /// Takes in the parameters after a step. Step t, from 0, decays by (1 + t) / (10 + t) at most, so
  /// that the random start is soon forgotten (as TensorFlow's ExponentialMovingAverage does).
  void update(const std::vector<at::Tensor>& parameters);

  /// In the order of the parameters.
  const std::vector<at::Tensor>& values() const { return values_; }

  /// "0", "1", … and "updates", an int64 of shape [1]; the tensors are copies.
  std::map<std::string, at::Tensor> state() const;
  /// Throws Error that names a tensor which is missing or of another shape.
  void restore(const std::map<std::string, at::Tensor>& state);

 private:
  double decay_;
  std::int64_t updates_ = 0;
  std::vector<at::Tensor> values_;
};

}  // namespace facenet
