#pragma once

#include <cstdint>
#include <vector>

#include "index/linkage/chains.h"
#include "index/linkage/cluster_set.h"
#include "index/linkage/rounds.h"
#include "index/neighbours.h"

namespace facenet {

/// Complete linkage over the pairs within the threshold. Two clusters may join when all pairs of
/// their points are there, which the number of those in the list tells; the distance is the
/// farthest (the maximum of the two lists, by the Lance-Williams formula of complete linkage).
/// Takes 32 bytes a pair. Internal to index/.
class CompleteLinkage : public Linkable {
 public:
  /// `out` are points that are copies of others, without pairs of their own.
  CompleteLinkage(ClusterSet& clusters, int threads, const std::vector<Pair>& pairs,
                  const std::vector<bool>& out);

  void find_nearest(std::span<const Id> queries, std::span<const Id> active, bool may_wait,
                    std::span<Nearest> nearest) override;
  std::int64_t join(Id first, Id second) override;

 private:
  /// Pairs of the list's owner with another cluster.
  struct Link {
    double farthest;
    Id other;
    std::uint32_t pairs;
  };

  static std::size_t index(Id id) { return static_cast<std::size_t>(id); }
  static Chains<Link> make_lists(std::int64_t count, const std::vector<Pair>& pairs);
  Nearest find_nearest(Id cluster);

  ClusterSet& clusters_;
  int threads_;
  Chains<Link> lists_;
  std::vector<std::int64_t> points_;  ///< of each cluster, without copies
};

}  // namespace facenet
