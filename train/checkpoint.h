#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace facenet {

/// All that a training needs to go on as if it had never stopped: batches, augmentation and dropout
/// follow from seed and step, so tensors and the step are enough.
struct Checkpoint {
  std::int64_t step = 0;    ///< that comes next
  std::int64_t images = 0;  ///< seen so far
  std::string settings;     ///< TrainOptions::to_text() and the data's fingerprint
  std::map<std::string, at::Tensor> tensors;
};

/// Writes a safetensors file whole or not at all, in place of an older one. Throws Error.
void write_checkpoint(const std::string& path, const Checkpoint& checkpoint);

/// Throws Error that names the file: damaged, or no checkpoint.
Checkpoint read_checkpoint(const std::string& path);

/// The tensors whose names begin with `prefix`, without it.
std::map<std::string, at::Tensor> part_of(const Checkpoint& checkpoint, const std::string& prefix);
void add_part(Checkpoint& checkpoint, const std::string& prefix,
              const std::map<std::string, at::Tensor>& tensors);

}  // namespace facenet
