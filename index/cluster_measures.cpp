#include "index/cluster_measures.h"

#include <map>
#include <stdexcept>
#include <utility>

namespace facenet {
namespace {

/// How many points each label, each cluster, and each label in each cluster has.
struct Contingency {
  std::map<std::int64_t, std::int64_t> labels;
  std::map<std::int32_t, std::int64_t> clusters;
  std::map<std::pair<std::int64_t, std::int32_t>, std::int64_t> both;

  Contingency(std::span<const std::int64_t> label, std::span<const std::int32_t> cluster) {
    if (label.size() != cluster.size()) throw std::invalid_argument("a cluster for each label");
    for (std::size_t i = 0; i < label.size(); ++i) {
      ++labels[label[i]];
      ++clusters[cluster[i]];
      ++both[{label[i], cluster[i]}];
    }
  }
};

template <class Counts>
double pairs_in(const Counts& counts) {
  double pairs = 0;
  for (const auto& [key, count] : counts) {
    pairs += static_cast<double>(count) * static_cast<double>(count - 1) / 2;
  }
  return pairs;
}

}  // namespace

double Agreement::f() const {
  return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

Agreement bcubed(std::span<const std::int64_t> label, std::span<const std::int32_t> cluster) {
  const Contingency table(label, cluster);
  const auto points = static_cast<double>(label.size());
  Agreement result;
  for (const auto& [key, count] : table.both) {
    const double square = static_cast<double>(count) * static_cast<double>(count);
    result.precision += square / static_cast<double>(table.clusters.at(key.second)) / points;
    result.recall += square / static_cast<double>(table.labels.at(key.first)) / points;
  }
  return result;
}

Agreement pairwise(std::span<const std::int64_t> label, std::span<const std::int32_t> cluster) {
  const Contingency table(label, cluster);
  const double right = pairs_in(table.both);
  const double together = pairs_in(table.clusters), same = pairs_in(table.labels);
  return {together > 0 ? right / together : 1, same > 0 ? right / same : 1};
}

}  // namespace facenet
