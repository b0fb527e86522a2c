#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "index/distributed/cluster_body.h"
#include "index/distributed/message.h"
#include "index/distributed/own_clusters.h"
#include "index/linkage/rounds.h"

namespace facenet {

/// An own cluster whose nearest is looked for.
struct OwnQuery {
  OwnClusters::Id id;
  Nearest nearest = {};
  bool is_found = false;
};

/// The lists of clusters near to each of this rank's, which may be those of others: these are asked
/// for their distances. Internal to index/.
class SharedLists {
 public:
  using Id = OwnClusters::Id;

  SharedLists(Ranks& ranks, OwnClusters& clusters, double reach, int threads);

  std::span<const NearCluster> of(Id own) const { return lists_[slot(own)]; }
  void set(Id own, std::vector<NearCluster> list, double bound);
  /// Whether a cluster that is not in the list may be the nearest, as far as can be told without
  /// other ranks.
  bool looks_used_up(Id own) const;

  /// All ranks at the same time. Finds the nearest of each, unless a cluster that is not in its
  /// list may be nearer; brings the lists up to date.
  void look(std::span<OwnQuery> queries);
  /// The same without other ranks; none where it is not certain, or is at another rank. Threads may
  /// ask for different clusters.
  Nearest certain_nearest(Id own);

  /// Two own clusters have joined.
  void join(Id first, Id second) { take(first, give_away(second)); }
  /// `second` has joined one of another rank.
  WholeCluster give_away(Id second);
  void take(Id first, const WholeCluster& second);
  /// The own clusters move to where `homes` has them, and others come here.
  void move_to(const Homes& homes, std::span<const Id> clusters);

 private:
  /// An entry of a list that another rank is asked for.
  struct Asked {
    std::size_t query, place;
  };

  std::size_t slot(Id own) const { return index(clusters_.homes().slot(own)); }
  int owner(Id id) const { return clusters_.homes().owner(id); }

  void look_here(OwnQuery& query);
  bool look_elsewhere(std::span<OwnQuery> queries, bool is_last);
  void ask(const OwnQuery& query, std::size_t q, std::span<std::vector<Asked>> asked,
           Messages& messages) const;
  void answer(MessageReader& asked, Message& heights) const;

  Ranks& ranks_;
  OwnClusters& clusters_;
  double reach_;
  int threads_;
  std::vector<std::vector<NearCluster>> lists_;  ///< of the own clusters, as are the bounds
  std::vector<double> bounds_;
};

}  // namespace facenet
