#include "train/validation.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <ATen/ATen.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "index/distance_counts.h"
#include "nn/runtime/trainable_network.h"
#include "train/data/batch_loader.h"

namespace facenet {
namespace {

constexpr std::size_t kFacesAtOnce = 32;
constexpr double kFar = 1e-3;
constexpr std::size_t kBins = 80;

/// Shares of the pairs up to each bin's end.
std::vector<double> cumulative(const std::vector<std::int64_t>& counts) {
  std::vector<double> sums(counts.size());
  std::partial_sum(counts.begin(), counts.end(), sums.begin(), std::plus<>());
  const double total = sums.back();
  for (double& sum : sums) sum /= total;
  return sums;
}

double mean_distance(const std::vector<std::int64_t>& counts) {
  double sum = 0, pairs = 0;
  for (std::size_t bin = 0; bin < counts.size(); ++bin) {
    const auto count = static_cast<double>(counts[bin]);
    sum += (static_cast<double>(bin) + 0.5) * DistanceCounts::kBinWidth * count;
    pairs += count;
  }
  return sum / pairs;
}

std::vector<double> coarse(const std::vector<double>& sums) {
  std::vector<double> shares;
  const std::size_t width = sums.size() / kBins;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const double before = bin == 0 ? 0 : sums[bin * width - 1];
    shares.push_back(sums[(bin + 1) * width - 1] - before);
  }
  return shares;
}

}  // namespace

ValidationSize validation_size(std::span<const std::int64_t> identity) {
  std::map<std::int64_t, std::int64_t> faces_of;
  for (const std::int64_t person : identity) ++faces_of[person];
  ValidationSize size{.faces = std::ssize(identity)};
  for (const auto& [person, faces] : faces_of) {
    if (faces > 1) ++size.people;
    size.same += faces * (faces - 1) / 2;
  }
  size.different = size.faces * (size.faces - 1) / 2 - size.same;
  return size;
}

ValidationFaces embed_chips(const TrainableNetwork& network, const ChipCache& cache,
                            const Augmenter& augmenter, std::span<const std::size_t> chips,
                            bool flip) {
  const at::NoGradGuard no_autograd;
  constexpr auto kMode = TrainableNetwork::Mode::kInference;
  ValidationFaces faces;
  faces.dimension = network.info().embedding;
  for (std::size_t first = 0; first < chips.size() && !interrupted(); first += kFacesAtOnce) {
    const auto some = chips.subspan(first, std::min(kFacesAtOnce, chips.size() - first));
    const at::Tensor images = plain_batch(cache, augmenter, some);
    at::Tensor vectors = network.forward(images, kMode);
    if (flip) {
      vectors = vectors + network.forward(images.flip({3}), kMode);
      vectors = vectors / at::linalg_vector_norm(vectors, 2, {1}, /*keepdim=*/true);
    }
    vectors = vectors.to(at::kCPU).contiguous();
    const float* values = vectors.data_ptr<float>();
    faces.vectors.insert(faces.vectors.end(), values, values + vectors.numel());
    for (const std::size_t chip : some) faces.identity.push_back(cache.identity()[chip]);
  }
  return faces;
}

ValidationReport validate(const ValidationFaces& faces, int threads) {
  const LabelledFaces labelled = faces.labelled();
  const DistanceCounts counts = count_distances(labelled.points, labelled.identity, threads);
  const std::vector<double> same = cumulative(counts.same),
                            different = cumulative(counts.different);
  if (!(same.back() > 0) || !(different.back() > 0)) {
    fail("to validate there must be two people, and two faces of one");
  }
  ValidationReport report{.faces = labelled.points.count,
                          .mean_same = mean_distance(counts.same),
                          .mean_different = mean_distance(counts.different),
                          .same = coarse(same),
                          .different = coarse(different)};
  for (std::size_t bin = 0; bin < same.size(); ++bin) {
    const double accuracy = (same[bin] + 1 - different[bin]) / 2;
    if (accuracy > report.accuracy) {
      report.accuracy = accuracy;
      report.threshold = static_cast<double>(bin + 1) * DistanceCounts::kBinWidth;
    }
    if (different[bin] <= kFar) report.val = same[bin];
  }
  return report;
}

}  // namespace facenet
