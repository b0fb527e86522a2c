#pragma once

#include <cstdint>
#include <string>

#include "nn/runtime/graph_network.h"
#include "train/data/augment.h"
#include "train/data/batch_loader.h"

namespace facenet {

struct EmbedderFile;

/// An older model that embeds the very views that a network learns from, mixtures too, where
/// ReferenceVectors holds what it says of each face once (Beyer et al., CVPR 2022, "Knowledge
/// distillation: A good teacher is patient and consistent").
class Teacher {
 public:
  /// Throws Error: no such model, another alignment than the chips'.
  Teacher(const std::string& weights, const ChipGeometry& geometry, const AugmentOptions& augment);

  /// To the model's input size, for Batch::teacher_images.
  const Augmenter& augmenter() const { return augmenter_; }

  /// Images [N, 3, H, W] float32 of augmenter() -> unit vectors [N, D], by all of LibTorch's
  /// threads.
  at::Tensor embed(const at::Tensor& images) const;

 private:
  Teacher(const EmbedderFile& file, const ChipGeometry& geometry, const AugmentOptions& augment);

  GraphNetwork network_;
  Augmenter augmenter_;
};

/// Mixup (Zhang et al., ICLR 2018) of faces: `share` of the batch's images become x * face +
/// (1 - x) * another face of the batch, x evenly from 0 to 1, the same in Batch::teacher_images.
/// Which and how much depends on `seed` alone.
void mix_faces(Batch& batch, double share, std::uint64_t seed);

}  // namespace facenet
