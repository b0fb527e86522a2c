#include "train/teacher.h"

#include <ATen/ATen.h>

#include "base/random.h"
#include "weights/embedder_options.h"
#include "weights/safetensors.h"

namespace facenet {

Teacher::Teacher(const std::string& weights, const ChipGeometry& geometry,
                 const AugmentOptions& augment)
    : Teacher(describe_embedder({.model = weights}), geometry, augment) {}

Teacher::Teacher(const EmbedderFile& file, const ChipGeometry& geometry,
                 const AugmentOptions& augment)
    : network_(SafetensorsFile(file.path)), augmenter_(geometry, file.info, augment) {}

at::Tensor Teacher::embed(const at::Tensor& images) const {
  const at::NoGradGuard no_autograd;
  constexpr double kTiny = 1e-12;  // a mixture of nothing is nowhere, not NaN
  const at::Tensor rows = network_.run_batch(images).at(0);
  return rows / rows.norm(2, 1, /*keepdim=*/true).clamp_min(kTiny);
}

void mix_faces(Batch& batch, double share, std::uint64_t seed) {
  const std::int64_t count = batch.images.size(0);
  at::Tensor part = at::ones({count, 1, 1, 1}, at::kFloat);
  Random random(seed);
  for (std::int64_t i = 0; i < count; ++i) {
    if (random.chance(share)) part.data_ptr<float>()[i] = static_cast<float>(random.uniform());
  }
  // The other is the one as far from the batch's end as this is from its start.
  for (at::Tensor* images : {&batch.images, &batch.teacher_images}) {
    if (images->defined()) *images = at::lerp(images->flip(0), *images, part);
  }
}

}  // namespace facenet
