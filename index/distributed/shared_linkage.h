#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/distributed/message.h"
#include "index/distributed/own_clusters.h"
#include "index/distributed/shared_search.h"
#include "index/linkage/rounds.h"
#include "index/linkage/search/near_list.h"
#include "index/points.h"

namespace facenet {

/// Average linkage over ranks, as AverageLinkage is for one process. Which clusters join, every
/// rank decides for itself, and all decide the same: they are told the nearest of every cluster
/// that was looked for, which its own rank finds. That one keeps the list of near clusters, and
/// asks the ranks of those for their distances; where a list is used up, its cluster visits all
/// ranks. Internal to index/.
class SharedLinkage : public Linkable {
 public:
  SharedLinkage(Ranks& ranks, OwnClusters& clusters, double reach, int threads,
                double largest_norm);

  void find_nearest(std::span<const Id> queries, std::span<const Id> active,
                    std::span<Nearest> nearest) override;
  std::int64_t join(Id first, Id second) override;
  Id likely_next(Id cluster) override { return runner_up_[index(cluster)].id; }
  /// Moves what is known of clusters that have joined to the rank that they are at now.
  void bring_together();

 private:
  /// An own cluster whose nearest is looked for.
  struct Query {
    Id id;
    Nearest nearest = {};
    bool is_found = false;
  };
  /// Two that have joined, while what is known of them is still where it was.
  struct Join {
    Id first, second;
    std::int64_t first_size, second_size;
  };
  /// An entry of a list that another rank is asked for.
  struct Asked {
    std::size_t query, place;
  };

  std::size_t slot(Id own) const { return index(clusters_.deal().slot(own)); }
  int owner(Id id) const { return clusters_.deal().owner(id); }
  std::vector<Query> own_queries(std::span<const Id> ids) const;

  void bring_together(std::span<const Join> joins);
  void give(const Join& join, Message& message);
  void take(const Join& join, MessageReader& message);

  void look_in_lists(std::span<Query> queries);
  void look_in_own(Query& query);
  bool look_in_others(std::span<Query> queries, bool is_last);
  void ask(const Query& query, std::size_t q, std::span<std::vector<Asked>> asked,
           Messages& messages) const;
  void answer(MessageReader& asked, Message& heights) const;
  void search(std::span<Query> queries, std::span<const Id> companions, std::span<const Id> active);
  void take_found(std::span<const Id> own, const std::vector<NearFew>& best);
  void search_in_double(std::span<Query> queries, std::span<const Id> active);
  NearCluster runner_up_of(const Query& query) const;
  std::vector<Id> companions_of(std::span<const Query> queries) const;
  std::vector<Id> tell(std::span<const Id> asked, std::span<const Query> own,
                       std::span<Nearest> nearest, std::vector<Id>& companions);

  Ranks& ranks_;
  OwnClusters& clusters_;
  double reach_;
  int threads_;
  SharedSearch search_;
  bool is_first_ = true;
  std::vector<Join> joins_;
  std::vector<NearCluster> runner_up_;           ///< next to the nearest; its name at that time
  std::vector<char> has_grown_;                  ///< is the first of one of them
  std::vector<std::vector<NearCluster>> lists_;  ///< of the own clusters, as are the bounds
  std::vector<NearBound> bounds_;
};

}  // namespace facenet
