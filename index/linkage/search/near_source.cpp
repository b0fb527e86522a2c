#include "index/linkage/search/near_source.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace facenet {

float rounded_down(double value) {
  constexpr double kRounding = 1e-12;
  const double lower = value - kRounding * std::abs(value);
  const auto nearest = static_cast<float>(lower);
  return static_cast<double>(nearest) <= lower
             ? nearest
             : std::nextafter(nearest, -std::numeric_limits<float>::infinity());
}

void take_nearest(const ClusterSet& clusters, NearSource::Id query,
                  std::span<const NearSource::Id> others, double reach,
                  const NearSource::Take& take) {
  std::vector<std::pair<double, NearSource::Id>> near;
  ClusterSet::Probe probe(clusters, query);
  for (const NearSource::Id id : others) {
    if (id == query || !clusters.may_join(query, id)) continue;
    const double height = probe.distance_to(id);
    if (height <= reach) near.emplace_back(height, id);
  }
  NearSource::Found found;
  found.bound = std::numeric_limits<double>::infinity();
  if (std::ssize(near) > NearSource::kMost) {
    const auto end = near.begin() + NearSource::kMost;
    std::ranges::nth_element(near, end);
    found.bound = end->first;
    near.erase(end, near.end());
  }
  std::vector<NearCluster> list;
  for (const auto& [height, id] : near) {
    list.push_back({id, rounded_down(height)});
    found.nearest.update(height, id);
  }
  found.list = list;
  take(query, found);
}

}  // namespace facenet
