#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "index/linkage/merge_tree.h"

namespace facenet {

/// The nearest cluster that another may join, the one of smallest name where several are as near;
/// -1 when there is none within reach.
struct Nearest {
  /// In place of a name: it has to be looked for again.
  static constexpr std::int32_t kNotYet = -2;

  double height = std::numeric_limits<double>::infinity();
  std::int32_t id = -1;

  /// Takes the other, if it is nearer.
  void update(double other_height, std::int32_t other) {
    if (other_height < height || (other_height == height && other < id)) {
      *this = {other_height, other};
    }
  }
};

/// Clusters under a linkage that is reducible: a joined cluster is as far from a third as the
/// nearer of its two parts, or farther. Internal to index/.
class Linkable {
 public:
  using Id = std::int32_t;

  virtual ~Linkable() = default;
  /// Sets nearest[q] for each q of `queries`; to kNotYet where that would cost a search and
  /// `may_wait`, as one search for many costs less. `active` holds all clusters that may still
  /// join, and some that have joined another.
  virtual void find_nearest(std::span<const Id> queries, std::span<const Id> active, bool may_wait,
                            std::span<Nearest> nearest) = 0;
  /// Pairs of nearest that the last find_nearest() has joined by itself, in their order.
  virtual std::span<const Merge> joined() const { return {}; }
  /// `second` becomes part of `first`; first < second. Returns the size of the two.
  virtual std::int64_t join(Id first, Id second) = 0;
  /// A cluster that one which has just been joined may well join next, so that it is worth looking
  /// for the nearest of both at once; -1 for none.
  virtual Id likely_next(Id /*cluster*/) { return -1; }
  /// Another cluster is nearer to this one than what find_nearest() said, which can be where not
  /// all near pairs are known: the next call has to look again.
  virtual void doubt(Id /*cluster*/) {}
};

/// Is told all joins so far before each search.
using EachRound = std::function<void(std::span<const Merge>)>;

/// Joins all pairs of clusters that are each other's nearest (reciprocal nearest neighbours) and no
/// farther than `threshold`, until there is none. By reducibility that gives the joins of always
/// joining the nearest two of all (Müllner 2011, section 2), while a cluster's nearest needs no new
/// search until it or its nearest joins, and a cluster with none is finished. Internal to index/.
class Rounds {
 public:
  using Id = Linkable::Id;

  /// Of `count` points. Keeps `linkable`.
  Rounds(Linkable& linkable, std::int64_t count, double threshold);

  /// `clusters` are those whose nearest is looked for at first; `done` are joins that were made
  /// before.
  void run(std::vector<Id> clusters, const EachRound& each_round = {},
           std::vector<Merge> done = {});
  /// The joins, those that were done before too. Forgets everything.
  std::vector<Merge> take();

 private:
  struct State {
    std::int32_t formed = 0;    ///< the number of joins when the cluster was formed
    std::int32_t searched = 0;  ///< and when its nearest was found
    bool seen = false;          ///< was wanted at some time
    bool wanted = false;        ///< is among the next, or those that wait
    bool gone = false;          ///< part of another
  };

  bool is_known(Id cluster) const;
  bool is_finished(Id cluster) const;
  void want(Id cluster);
  void doubt(Id cluster);
  void note(const Merge& merge);
  void follow(Id cluster);
  void sweep();
  void round(bool may_wait);

  Linkable& linkable_;
  double threshold_;
  std::vector<Id> active_;  ///< all that may still join, and some that have joined another
  std::vector<Id> next_;    ///< whose nearest to find in the next round
  std::vector<Id> later_;   ///< and those that wait until there is nothing else to do
  std::vector<Id> seen_;
  std::vector<Nearest> nearest_;
  std::vector<State> state_;
  std::vector<Merge> merges_;
};

/// All joins of `clusters`, of `count` points, after the joins `done`, which are returned with the
/// others.
std::vector<Merge> join_reciprocal_nearest(Linkable& linkable, std::vector<Linkable::Id> clusters,
                                           std::int64_t count, double threshold,
                                           std::vector<Merge> done = {},
                                           const EachRound& each_round = {});

/// The same joins as if the nearest two of all were always joined next: by (height, first, second)
/// among those whose clusters exist. Joins come after those that they need.
std::vector<Merge> in_greedy_order(std::vector<Merge> merges, std::int64_t count);

}  // namespace facenet
