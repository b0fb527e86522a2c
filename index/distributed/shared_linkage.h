#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/distributed/message.h"
#include "index/distributed/own_clusters.h"
#include "index/distributed/own_linkage.h"
#include "index/distributed/shared_lists.h"
#include "index/distributed/shared_search.h"
#include "index/linkage/agglomerate.h"
#include "index/linkage/rounds.h"
#include "index/linkage/search/near_list.h"
#include "index/points.h"

namespace facenet {

/// Average linkage over ranks, as AverageLinkage is for one process. Which clusters join, every
/// rank decides for itself, and all decide the same: they are told the nearest of every cluster
/// that was looked for, which its own rank finds. Before that each rank joins those of its own that
/// certainly join whatever the others do, and tells them of it. So that these are most of all,
/// clusters that are near to each other move to one rank after the first search. A cluster whose
/// list is used up visits all ranks, and is looked for again in the next round. Internal to index/.
class SharedLinkage : public Linkable {
 public:
  SharedLinkage(Ranks& ranks, OwnClusters& clusters, const AgglomerateOptions& options,
                double largest_norm);

  void find_nearest(std::span<const Id> queries, std::span<const Id> active, bool may_wait,
                    std::span<Nearest> nearest) override;
  std::span<const Merge> joined() const override { return joined_; }
  std::int64_t join(Id first, Id second) override;
  Id likely_next(Id cluster) override { return runner_up_[index(cluster)].id; }
  /// Moves what is known of clusters that have joined to the rank that they are at now.
  void bring_together();

 private:
  /// Two that have joined, while what is known of them is still where it was.
  struct Join {
    Id first, second;
  };
  /// What all ranks know after they have told each other what they found.
  struct Told {
    std::vector<Id> missing;     ///< their nearest was not found
    std::vector<Id> companions;  ///< worth searching with them
  };

  int owner(Id id) const { return clusters_.homes().owner(id); }
  bool is_own(Id id) const { return clusters_.homes().is_own(id); }
  std::vector<OwnQuery> own_queries(std::span<const Id> ids) const;
  void bring_together(std::span<const Join> joins);
  void move_to_neighbours(std::span<const Id> active, std::span<const Nearest> nearest);
  std::vector<Merge> join_own(std::span<const OwnQuery> queries);
  void hear_joins(int rank, MessageReader& message);
  void note_join(Id first, Id second);

  void find_hidden(std::span<const Id> hidden, std::span<const Id> active,
                   std::span<Nearest> nearest);
  void search(const Told& told, std::span<const Id> active);
  void set_lists(std::span<const Id> own, const std::vector<NearFew>& best);
  void search_in_double(std::span<OwnQuery> queries, std::span<const Id> active);
  NearCluster runner_up_of(const OwnQuery& query) const;
  std::vector<Id> companions_of(std::span<const OwnQuery> queries) const;
  Told tell(std::span<const Id> asked, std::span<const OwnQuery> own, std::span<const Merge> joined,
            std::span<Nearest> nearest);

  Ranks& ranks_;
  OwnClusters& clusters_;
  SharedLists lists_;
  SharedSearch search_;
  OwnLinkage own_;
  double reach_;
  bool is_first_ = true;
  std::vector<Join> joins_;
  std::vector<char> has_grown_;         ///< is the first of one of them
  std::vector<NearCluster> runner_up_;  ///< next to the nearest; its name at that time
  std::vector<Merge> joined_;
  std::vector<Id> searched_;  ///< have a new list since the last round; ascending
};

}  // namespace facenet
