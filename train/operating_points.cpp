#include "train/operating_points.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "train/eval/calibration.h"

namespace facenet {
namespace {

/// Vectors of the older model.
ValidationFaces faces_of(const ReferenceVectors& reference, const ChipCache& cache,
                         std::span<const std::size_t> chips) {
  ValidationFaces faces{.vectors = {}, .identity = {}, .dimension = reference.model.embedding};
  for (const std::size_t chip : chips) {
    const float* row = reference.row(chip);
    faces.vectors.insert(faces.vectors.end(), row, row + faces.dimension);
    faces.identity.push_back(cache.identity()[chip]);
  }
  return faces;
}

/// A network that has just begun tells nobody apart.
template <class Calibrate>
OperatingPoint point_or(const OperatingPoint& otherwise, const Calibrate& calibrate) {
  try {
    return calibrate();
  } catch (const Error&) {
    return otherwise;
  }
}

}  // namespace

namespace {

ValidationReport measure(const TrainableNetwork& network, const ChipCache& cache,
                         const Augmenter& augmenter, const ReferenceVectors* reference,
                         std::span<const std::size_t> chips, int threads, ModelInfo& info) {
  const ValidationFaces plain = embed_chips(network, cache, augmenter, chips, /*flip=*/false);
  const ValidationFaces both = embed_chips(network, cache, augmenter, chips, /*flip=*/true);
  if (interrupted()) return {};
  const auto point = [&](const ValidationFaces& faces, const OperatingPoint& before) {
    return point_or(before, [&] { return calibrate(faces.labelled(), threads); });
  };
  info.plain = point(plain, info.plain);
  info.mirrored = point(both, info.mirrored);
  info.compatible_with.reset();  // what the initial weights were
  if (reference != nullptr) {
    const ValidationFaces older = faces_of(*reference, cache, chips);
    const auto across = [&](const ValidationFaces& faces, const OperatingPoint& own) {
      return point_or(
          own, [&] { return calibrate_across(faces.labelled(), older.labelled(), own, threads); });
    };
    info.compatible_with = {.model = reference->model.name,
                            .weights_sha256 = reference->weights_sha256,
                            .plain = across(plain, info.plain),
                            .mirrored = across(both, info.mirrored)};
  }
  return validate(both, threads);
}

}  // namespace

ValidationReport take_operating_points(const TrainableNetwork& network, const ChipCache& cache,
                                       const Augmenter& augmenter,
                                       const ReferenceVectors* reference,
                                       std::span<const std::size_t> chips, int threads,
                                       ModelInfo& info) {
  ModelInfo measured = info;
  try {
    ValidationReport report =
        measure(network, cache, augmenter, reference, chips, threads, measured);
    if (interrupted()) return {};
    info = std::move(measured);
    return report;
  } catch (const Interrupted&) {
    return {};  // the training has a state to save
  }
}

std::string take_prior_points(const ReferenceVectors* reference, ModelInfo& info) {
  info.compatible_with.reset();
  if (reference == nullptr) return "those that the network began with";
  const ModelInfo& older = reference->model;
  info.plain = older.plain;
  info.mirrored = older.mirrored;
  info.compatible_with = {.model = older.name,
                          .weights_sha256 = reference->weights_sha256,
                          .plain = older.plain,
                          .mirrored = older.mirrored};
  return "those of " + older.name;
}

}  // namespace facenet
