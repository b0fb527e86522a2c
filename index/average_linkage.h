#pragma once

#include <memory>

#include "index/chains.h"
#include "index/cluster_search.h"
#include "index/cluster_set.h"
#include "index/neighbours.h"
#include "index/rounds.h"

namespace facenet {

/// Average linkage over lists of clusters that are near each cluster. With the graph of all near
/// pairs the lists hold whatever can ever join; without it they hold the nearest few, all others
/// are known to be at least so far away, and a search over all clusters fills up a list in which
/// none is nearer than that. By reducibility a list and its bound stay true while clusters join:
/// the list of a joined cluster is that of both parts, its bound the lower of the two. Internal to
/// index/.
class AverageLinkage : public Linkable {
 public:
  /// Over the graph.
  AverageLinkage(ClusterSet& clusters, double reach, int threads, NearGraph graph);
  /// Without it.
  AverageLinkage(ClusterSet& clusters, double reach, int threads, double largest_norm);

  void find_nearest(std::span<const Id> queries, std::span<const Id> active,
                    std::span<Nearest> nearest) override;
  std::int64_t join(Id first, Id second) override;

 private:
  static std::size_t index(Id id) { return static_cast<std::size_t>(id); }
  bool find_in_list(Id cluster, Nearest& nearest);

  ClusterSet& clusters_;
  double reach_;
  int threads_;
  Chains<Id> lists_;
  std::vector<double> bound_;  ///< what is not in the list is no nearer; infinite over the graph
  std::unique_ptr<ClusterSearch> search_;
};

}  // namespace facenet
