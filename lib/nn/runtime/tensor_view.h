#pragma once

#include <ATen/core/Tensor.h>

#include "weights/safetensors.h"

namespace facenet {

/// The tensor as float32 (whole numbers as int64) in memory of its own: the file may be unmapped,
/// and may be unaligned.
at::Tensor own_copy(const TensorView& view);

/// Of a contiguous float32 or int64 tensor on the CPU, which must outlive it.
TensorView view_of(const at::Tensor& tensor);

}  // namespace facenet
