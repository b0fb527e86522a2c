#pragma once

#include <memory>
#include <vector>

#include "index/linkage/chains.h"
#include "index/linkage/cluster_set.h"
#include "index/linkage/rounds.h"
#include "index/linkage/search/near_list.h"
#include "index/linkage/search/near_source.h"

namespace facenet {

/// Average linkage over short lists of the clusters nearest to each. All others are known to be at
/// least so far away, and when none of a list is nearer than that, the source is searched for a new
/// one. By reducibility a list and its bound stay true while clusters join: the list of a joined
/// cluster is that of both parts, its bound the average of the two. Each of a list is known to be
/// at least so far away too, so that only the few that may be the nearest are measured. With a
/// source that lacks pairs of near points all that can be wrong, until it is doubted. Internal to
/// index/.
class AverageLinkage : public Linkable {
 public:
  AverageLinkage(ClusterSet& clusters, double reach, int threads,
                 std::unique_ptr<NearSource> source);

  void find_nearest(std::span<const Id> queries, std::span<const Id> active, bool may_wait,
                    std::span<Nearest> nearest) override;
  std::int64_t join(Id first, Id second) override;
  void doubt(Id cluster) override { bounds_[index(cluster)] = 0; }

 private:
  static std::size_t index(Id id) { return static_cast<std::size_t>(id); }
  bool find_in_list(Id cluster, Nearest& nearest);
  void add_companions(std::vector<Id>& used_up, std::span<const Nearest> nearest);

  ClusterSet& clusters_;
  double reach_;
  int threads_;
  std::unique_ptr<NearSource> source_;
  Chains<NearCluster> lists_;
  std::vector<double> bounds_;  ///< those that are not in a list are no nearer; see NearPart
  std::vector<NearCluster> first_list_, second_list_, joined_;  ///< of a join
};

}  // namespace facenet
