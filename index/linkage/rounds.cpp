#include "index/linkage/rounds.h"

#include <algorithm>
#include <queue>
#include <tuple>
#include <utility>

#include "index/points.h"

namespace facenet {

Rounds::Rounds(Linkable& linkable, std::int64_t count, double threshold)
    : linkable_(linkable), threshold_(threshold), nearest_(index(count)), state_(index(count)) {}

/// The nearest of a cluster, once found, is true until that one joins.
bool Rounds::is_known(Id cluster) const {
  const Id other = nearest_[index(cluster)].id;
  if (other == Nearest::kNotYet) return false;
  return other < 0 || (!state_[index(other)].gone &&
                       state_[index(other)].formed <= state_[index(cluster)].searched);
}

bool Rounds::is_finished(Id cluster) const {
  return nearest_[index(cluster)].id == Nearest{}.id;
}

void Rounds::want(Id cluster) {
  State& state = state_[index(cluster)];
  if (!std::exchange(state.seen, true)) seen_.push_back(cluster);
  if (!std::exchange(state.wanted, true)) next_.push_back(cluster);
}

/// What is known of another cluster shows that what is known of this one is not true.
void Rounds::doubt(Id cluster) {
  linkable_.doubt(cluster);
  if (is_finished(cluster)) active_.push_back(cluster);
  want(cluster);
}

void Rounds::note(const Merge& merge) {
  const auto first = static_cast<Id>(merge.first), second = static_cast<Id>(merge.second);
  merges_.push_back(merge);
  state_[index(second)].gone = true;
  state_[index(first)].formed = static_cast<std::int32_t>(merges_.size());
  nearest_[index(first)] = {0, second};  // gone, so that it is not known
  want(first);
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
  note({first, second, height, linkable_.join(first, second)});
  const Id next = linkable_.likely_next(first);
  if (next >= 0 && next != first && !state_[index(next)].gone && !is_known(next)) want(next);
}

/// Drops what is finished or gone and wants all that is not known.
void Rounds::sweep() {
  std::erase_if(active_,
                [this](Id cluster) { return state_[index(cluster)].gone || is_finished(cluster); });
  for (const Id cluster : active_) {
    if (!is_known(cluster)) want(cluster);
  }
}

/// Finds the nearest of the next, and joins the pairs.
void Rounds::round(bool may_wait) {
  const std::vector<Id> searching = std::exchange(next_, {});
  for (const Id cluster : searching) state_[index(cluster)].wanted = false;
  linkable_.find_nearest(searching, active_, may_wait, nearest_);
  const auto searched = static_cast<std::int32_t>(merges_.size());
  for (const Id cluster : searching) state_[index(cluster)].searched = searched;
  for (const Merge& merge : linkable_.joined()) note(merge);
  for (const Id cluster : searching) {
    State& state = state_[index(cluster)];
    if (nearest_[index(cluster)].id != Nearest::kNotYet || state.gone) continue;
    if (!std::exchange(state.wanted, true)) (may_wait ? later_ : next_).push_back(cluster);
  }
  for (const Id cluster : searching) follow(cluster);
}

void Rounds::run(std::vector<Id> clusters, const EachRound& each_round, std::vector<Merge> done) {
  active_ = std::move(clusters);
  merges_ = std::move(done);
  for (const Id cluster : active_) want(cluster);
  for (bool may_wait = false; !next_.empty();) {
    if (each_round) each_round(merges_);
    round(may_wait);
    const auto is_gone = [this](Id cluster) { return state_[index(cluster)].gone; };
    std::erase_if(next_, is_gone);
    if (next_.empty()) sweep();
    may_wait = !next_.empty();
    if (may_wait) continue;
    next_ = std::exchange(later_, {});
    std::erase_if(next_, is_gone);
  }
}

std::vector<Merge> Rounds::take() {
  for (const Id cluster : seen_) {
    nearest_[index(cluster)] = {};
    state_[index(cluster)] = {};
  }
  for (const Merge& merge : merges_) state_[index(merge.second)] = {};
  seen_.clear();
  active_.clear();
  return std::exchange(merges_, {});
}

std::vector<Merge> join_reciprocal_nearest(Linkable& linkable, std::vector<Linkable::Id> clusters,
                                           std::int64_t count, double threshold,
                                           std::vector<Merge> done, const EachRound& each_round) {
  Rounds rounds(linkable, count, threshold);
  rounds.run(std::move(clusters), each_round, std::move(done));
  return rounds.take();
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
