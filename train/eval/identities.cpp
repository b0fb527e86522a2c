#include "train/eval/identities.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/hash.h"
#include "index/distance_counts.h"
#include "index/linkage/agglomerate.h"
#include "index/linkage/join_cut.h"
#include "train/eval/statistics.h"

namespace facenet {
namespace {

constexpr double kWidestCut = 2;  ///< of unit vectors that have nothing in common
constexpr double kCutStep = 0.01;

std::int64_t total(const std::vector<std::int64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

/// The largest number of bins that hold at most this share of different people's pairs.
std::size_t bins_at_far(const DistanceCounts& counts, double far) {
  const auto allowed =
      static_cast<std::int64_t>(far * static_cast<double>(total(counts.different)));
  std::int64_t accepted = 0;
  std::size_t bin = 0;
  while (bin < DistanceCounts::kBins && accepted + counts.different[bin] <= allowed) {
    accepted += counts.different[bin++];
  }
  return bin;
}

std::int64_t accepted(const std::vector<std::int64_t>& counts, std::size_t bins) {
  return std::accumulate(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(bins),
                         std::int64_t{0});
}

double val_at(const DistanceCounts& counts, double far) {
  return static_cast<double>(accepted(counts.same, bins_at_far(counts, far))) /
         static_cast<double>(total(counts.same));
}

/// The faces of one split, copied out.
DistanceCounts count_split(const LabelledFaces& faces, std::span<const int> split, int number,
                           int threads) {
  std::vector<float> values;
  std::vector<std::int64_t> identity;
  for (std::int64_t i = 0; i < faces.points.count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (split[at] != number) continue;
    const auto row = faces.points.row(i);
    values.insert(values.end(), row.begin(), row.end());
    identity.push_back(faces.identity[at]);
  }
  return count_distances({values, std::ssize(identity), faces.points.dimension}, identity, threads);
}

ClusteringQuality measure(const LabelledFaces& faces, const Clustering& clustering,
                          std::optional<double> threshold) {
  return {threshold, clustering.clusters, bcubed(faces.identity, clustering.cluster),
          pairwise(faces.identity, clustering.cluster)};
}

}  // namespace

int split_of(const std::string& name, int splits) {
  const Sha256 hash = sha256(std::as_bytes(std::span(name)));
  return (hash.bytes[0] << 8 | hash.bytes[1]) % splits;
}

AllPairsReport verify_all_pairs(const LabelledFaces& faces, std::span<const int> split, int splits,
                                std::span<const double> fars, int threads) {
  const DistanceCounts all = count_distances(faces.points, faces.identity, threads);
  AllPairsReport report{total(all.same), total(all.different), 0, {}};
  if (report.same == 0 || report.different == 0) {
    fail("to compare faces there must be two people, and two faces of one");
  }
  std::vector<DistanceCounts> parts;
  for (int number = 0; number < splits && splits > 1; ++number) {
    DistanceCounts part = count_split(faces, split, number, threads);
    if (total(part.same) > 0 && total(part.different) > 0) parts.push_back(std::move(part));
  }
  report.splits = static_cast<int>(parts.size());
  for (const double far : fars) {
    const std::size_t bins = bins_at_far(all, far);
    std::vector<double> vals;
    for (const DistanceCounts& part : parts) vals.push_back(val_at(part, far));
    report.val.push_back({far, val_at(all, far), mean_and_error(vals).standard_error,
                          static_cast<double>(bins) * DistanceCounts::kBinWidth,
                          accepted(all.different, bins)});
  }
  return report;
}

Clustering join_faces(const LabelledFaces& faces, double threshold, int threads) {
  return agglomerate(faces.points, {},
                     {.threshold = std::max(kWidestCut, threshold), .threads = threads});
}

ClusteringQuality measure_cut(const LabelledFaces& faces, const Clustering& tree,
                              double threshold) {
  return measure(faces, cut(faces.points.count, {}, tree.merges, threshold), threshold);
}

ClusteringQuality measure_rule(const LabelledFaces& faces, const Clustering& tree,
                               const JoinConstants& joins) {
  const std::vector<FaceGroup> groups(static_cast<std::size_t>(faces.points.count));
  const JoinCut cut = cut_by_join_rule(
      {.block = {}, .groups = groups, .joins = JoinConstantsByKind::all(joins)}, tree.merges);
  return measure(faces, cut.clustering, {});
}

ClusteringQuality measure_best_cut(const LabelledFaces& faces, const Clustering& tree) {
  ClusteringQuality best;
  for (int step = 1; step * kCutStep <= kWidestCut + kCutStep / 2; ++step) {
    const ClusteringQuality quality = measure_cut(faces, tree, step * kCutStep);
    if (quality.bcubed.f() > best.bcubed.f()) best = quality;
  }
  return best;
}

}  // namespace facenet
