#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "index/linkage/cluster_set.h"
#include "index/linkage/rounds.h"

namespace facenet {

/// A cluster of a list, under a name that it had at some time, and how far away it is at least.
struct NearCluster {
  std::int32_t id;
  float at_least;
};

/// A float that is less by a little, more than heights in double may be off.
float rounded_down(double value);

/// Where the lists of near clusters come from. Internal to index/.
class NearSource {
 public:
  using Id = ClusterSet::Id;

  /// Clusters of a list: enough to last for some joins, few enough to keep.
  static constexpr std::int64_t kMost = 64;

  struct Found {
    Nearest nearest;
    /// The nearest few that the query may join: all of those within reach that are nearer than
    /// the bound.
    std::span<const NearCluster> list;
    double bound = 0;  ///< others are no nearer; infinite when all are in the list
  };
  using Take = std::function<void(Id query, const Found& found)>;

  virtual ~NearSource() = default;
  /// Calls take(query, found) for each query, from several threads. `among` are the clusters that
  /// may still join, ascending, and some that have joined another.
  virtual void search(std::span<const Id> queries, std::span<const Id> among, const Take& take) = 0;
  /// `second` has become part of `first`.
  virtual void join(Id first, Id second) = 0;
};

/// Gives the nearest of `others`, all of them measured.
void take_nearest(const ClusterSet& clusters, NearSource::Id query,
                  std::span<const NearSource::Id> others, double reach,
                  const NearSource::Take& take);

}  // namespace facenet
