#include "index/linkage/rounds.h"

#include <algorithm>
#include <queue>
#include <tuple>
#include <utility>

#include "index/points.h"

namespace facenet {
namespace {

using Id = Linkable::Id;

class Rounds {
 public:
  Rounds(Linkable& linkable, std::vector<Id> clusters, std::int64_t count, double threshold,
         std::vector<Merge> done);
  std::vector<Merge> run(const std::function<void(std::span<const Merge>)>& each_round) &&;

 private:
  struct State {
    std::int32_t formed = 0;    ///< the number of joins when the cluster was formed
    std::int32_t searched = 0;  ///< and when its nearest was found
    bool wanted = false;        ///< is among the next
    bool gone = false;          ///< part of another
  };

  bool is_known(Id cluster) const;
  void want(Id cluster);
  void doubt(Id cluster);
  void follow(Id cluster);
  void sweep();

  Linkable& linkable_;
  double threshold_;
  std::vector<Id> active_;  ///< all that may still join, and some that have joined another
  std::vector<Id> next_;    ///< whose nearest to find in the next round
  std::vector<Nearest> nearest_;
  std::vector<State> state_;
  std::vector<Merge> merges_;
};

Rounds::Rounds(Linkable& linkable, std::vector<Id> clusters, std::int64_t count, double threshold,
               std::vector<Merge> done)
    : linkable_(linkable),
      threshold_(threshold),
      active_(std::move(clusters)),
      nearest_(index(count)),
      state_(index(count)),
      merges_(std::move(done)) {}

/// The nearest of a cluster, once found, is true until that one joins.
bool Rounds::is_known(Id cluster) const {
  const Id other = nearest_[index(cluster)].id;
  return other < 0 || (!state_[index(other)].gone &&
                       state_[index(other)].formed <= state_[index(cluster)].searched);
}

void Rounds::want(Id cluster) {
  if (state_[index(cluster)].wanted) return;
  state_[index(cluster)].wanted = true;
  next_.push_back(cluster);
}

/// What is known of another cluster shows that what is known of this one is not true.
void Rounds::doubt(Id cluster) {
  linkable_.doubt(cluster);
  if (nearest_[index(cluster)].id < 0) active_.push_back(cluster);  // it was finished
  want(cluster);
}

/// What is known of a cluster may make a pair, or call for what is not known of its nearest.
void Rounds::follow(Id cluster) {
  const auto [height, other] = nearest_[index(cluster)];
  // Either may have joined a moment ago.
  if (state_[index(cluster)].gone || !is_known(cluster) || other < 0 || height > threshold_) return;
  if (!is_known(other)) return want(other);
  if (nearest_[index(other)].height > height) return doubt(other);
  if (nearest_[index(other)].id != cluster) return;
  const auto [first, second] = std::minmax(cluster, other);
  merges_.push_back({first, second, height, linkable_.join(first, second)});
  state_[index(second)].gone = true;
  state_[index(first)].formed = static_cast<std::int32_t>(merges_.size());
  nearest_[index(first)] = {0, second};  // gone, so that it is not known
  want(first);
  const Id next = linkable_.likely_next(first);
  if (next >= 0 && next != first && !state_[index(next)].gone && !is_known(next)) want(next);
}

/// Drops what is finished or gone and wants all that is not known.
void Rounds::sweep() {
  std::erase_if(active_, [this](Id cluster) {
    return state_[index(cluster)].gone || nearest_[index(cluster)].id < 0;
  });
  for (const Id cluster : active_) {
    if (!is_known(cluster)) want(cluster);
  }
}

std::vector<Merge> Rounds::run(const std::function<void(std::span<const Merge>)>& each_round) && {
  for (const Id cluster : active_) want(cluster);
  while (!next_.empty()) {
    if (each_round) each_round(merges_);
    const std::vector<Id> searching = std::exchange(next_, {});
    linkable_.find_nearest(searching, active_, nearest_);
    for (const Id cluster : searching) {
      state_[index(cluster)].searched = static_cast<std::int32_t>(merges_.size());
      state_[index(cluster)].wanted = false;
    }
    for (const Id cluster : searching) follow(cluster);
    if (next_.empty()) sweep();
  }
  return std::move(merges_);
}

}  // namespace

std::vector<Merge> join_reciprocal_nearest(
    Linkable& linkable, std::vector<Id> clusters, std::int64_t count, double threshold,
    std::vector<Merge> done, const std::function<void(std::span<const Merge>)>& each_round) {
  return Rounds(linkable, std::move(clusters), count, threshold, std::move(done)).run(each_round);
}

std::vector<Merge> in_greedy_order(std::vector<Merge> merges, std::int64_t count) {
  constexpr std::int32_t kNone = -1;
  std::vector<std::int32_t> maker(index(count), kNone);  // the join that made a cluster
  std::vector<std::int32_t> user(merges.size(), kNone);  // the join that a join's cluster goes to
  std::vector<std::int8_t> missing(merges.size(), 0);    // parts of a join that do not exist yet

  const auto later = [&merges](std::int32_t a, std::int32_t b) {
    const auto key = [](const Merge& m) { return std::tie(m.height, m.first, m.second); };
    return key(merges[index(a)]) > key(merges[index(b)]);
  };
  std::priority_queue<std::int32_t, std::vector<std::int32_t>, decltype(later)> ready(later);
  for (std::int32_t i = 0; i < std::ssize(merges); ++i) {
    for (const std::int64_t part : {merges[index(i)].first, merges[index(i)].second}) {
      const std::int32_t made_by = maker[index(part)];
      if (made_by == kNone) continue;
      user[index(made_by)] = i;
      ++missing[index(i)];
    }
    maker[index(merges[index(i)].first)] = i;
    if (missing[index(i)] == 0) ready.push(i);
  }

  std::vector<Merge> ordered;
  ordered.reserve(merges.size());
  while (!ready.empty()) {
    const std::int32_t next = ready.top();
    ready.pop();
    ordered.push_back(merges[index(next)]);
    const std::int32_t then = user[index(next)];
    if (then != kNone && --missing[index(then)] == 0) ready.push(then);
  }
  return ordered;
}

}  // namespace facenet
