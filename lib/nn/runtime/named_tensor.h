#pragma once

#include <string>

#include <ATen/core/Tensor.h>

namespace facenet {

/// A tensor of a network, shared with it: what is written to it the network computes with.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

}  // namespace facenet
