#include "index/agglomerate.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <queue>
#include <tuple>

#include "base/error.h"
#include "index/cluster_set.h"
#include "index/neighbours.h"

namespace facenet {
namespace {

using Id = ClusterSet::Id;

/// A cluster that another may join, seen from that other.
struct Partner {
  double height;
  Id id;

  friend bool operator>(const Partner& a, const Partner& b) {
    return std::tie(a.height, a.id) > std::tie(b.height, b.id);
  }
};

/// The best join of `owner` since it was formed, by joins made in order.
struct Candidate {
  double height;
  Id first, second;
  Id owner;
  std::int32_t formed;

  friend bool operator>(const Candidate& a, const Candidate& b) {
    return std::tie(a.height, a.first, a.second) > std::tie(b.height, b.first, b.second);
  }
};

/// Greedy average linkage over the graph of near pairs. Of two clusters that may join, the one that
/// was formed later owns the other as a partner in a heap of its own, and only the best partner of
/// each cluster stands in the common queue: a join forgets two heaps whole, where one queue of all
/// possible joins would have to sort each outdated one out.
class Agglomeration {
 public:
  Agglomeration(const Points& points, const Constraints& constraints, double threshold)
      : clusters_(points, constraints),
        threshold_(threshold),
        neighbours_(static_cast<std::size_t>(points.count)),
        partners_(neighbours_.size()),
        formed_(neighbours_.size(), 0),
        seen_(neighbours_.size(), 0) {}

  void join_blocks(std::span<const std::int64_t> block);
  void connect(std::vector<Pair> pairs);
  Clustering run() &&;

 private:
  static std::size_t index(Id id) { return static_cast<std::size_t>(id); }
  void add_partner(Id owner, Id other, double height);
  void gather_partners(Id cluster);
  void queue_best_partner(Id owner);
  bool is_current(const Candidate& candidate) const;
  void join(const Candidate& candidate);

  ClusterSet clusters_;
  double threshold_;
  /// Clusters with a near pair to this one, under names that they had at some time.
  std::vector<std::vector<Id>> neighbours_;
  std::vector<std::vector<Partner>> partners_;  ///< heaps, the nearest on top
  std::vector<std::int32_t> formed_;            ///< the number of joins when a cluster was formed
  std::vector<std::int64_t> seen_;              ///< the gathering that last met a cluster
  std::int64_t gathering_ = 0;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue_;
  std::vector<Merge> merges_;
};

void Agglomeration::join_blocks(std::span<const std::int64_t> block) {
  DisjointSets::join_blocks(block, [this](Id first, Id second) { clusters_.join(first, second); });
}

void Agglomeration::connect(std::vector<Pair> pairs) {
  for (const Pair& pair : pairs) {
    const Id first = clusters_.find(static_cast<Id>(pair.first));
    const Id second = clusters_.find(static_cast<Id>(pair.second));
    if (first == second) continue;
    neighbours_[index(first)].push_back(second);
    neighbours_[index(second)].push_back(first);
    const bool singles = clusters_.size(first) == 1 && clusters_.size(second) == 1;
    if (singles && clusters_.may_join(first, second)) add_partner(first, second, pair.distance);
  }
  std::vector<Pair>().swap(pairs);  // large, and of no more use
  for (Id i = 0; i < std::ssize(neighbours_); ++i) {
    if (!clusters_.is_cluster(i)) continue;
    if (clusters_.size(i) > 1) gather_partners(i);
    std::ranges::make_heap(partners_[index(i)], std::greater<>());
    queue_best_partner(i);
  }
}

void Agglomeration::add_partner(Id owner, Id other, double height) {
  if (height <= threshold_) partners_[index(owner)].push_back({height, other});
}

/// Also brings the neighbours' names up to date: those that now name one cluster become one, those
/// that can never join go.
void Agglomeration::gather_partners(Id cluster) {
  ++gathering_;
  seen_[index(cluster)] = gathering_;
  auto& neighbours = neighbours_[index(cluster)];
  auto kept = neighbours.begin();
  for (const Id name : neighbours) {
    const Id neighbour = clusters_.find(name);
    if (seen_[index(neighbour)] == gathering_) continue;
    seen_[index(neighbour)] = gathering_;
    if (!clusters_.may_join(cluster, neighbour)) continue;
    *kept++ = neighbour;
    add_partner(cluster, neighbour, clusters_.distance(cluster, neighbour));
  }
  neighbours.erase(kept, neighbours.end());
}

void Agglomeration::queue_best_partner(Id owner) {
  auto& partners = partners_[index(owner)];
  while (!partners.empty()) {
    const auto [height, other] = partners.front();
    // A partner that has joined a third cluster since then owns this one, if they are still near.
    if (clusters_.is_cluster(other) && formed_[index(other)] <= formed_[index(owner)]) {
      queue_.push(
          {height, std::min(owner, other), std::max(owner, other), owner, formed_[index(owner)]});
      return;
    }
    std::ranges::pop_heap(partners, std::greater<>());
    partners.pop_back();
  }
}

bool Agglomeration::is_current(const Candidate& candidate) const {
  const auto current = [&](Id id) {
    return clusters_.is_cluster(id) && formed_[index(id)] <= candidate.formed;
  };
  return current(candidate.first) && current(candidate.second);
}

void Agglomeration::join(const Candidate& candidate) {
  const Id first = candidate.first;
  const Id second = candidate.second;
  clusters_.join(first, second);
  merges_.push_back({first, second, candidate.height, clusters_.size(first)});
  formed_[index(first)] = static_cast<std::int32_t>(merges_.size());

  auto& neighbours = neighbours_[index(first)];
  auto& others = neighbours_[index(second)];
  if (neighbours.size() < others.size()) neighbours.swap(others);
  neighbours.insert(neighbours.end(), others.begin(), others.end());
  std::vector<Id>().swap(others);

  partners_[index(first)].clear();
  std::vector<Partner>().swap(partners_[index(second)]);
  gather_partners(first);
  std::ranges::make_heap(partners_[index(first)], std::greater<>());
  queue_best_partner(first);
}

Clustering Agglomeration::run() && {
  while (!queue_.empty()) {
    const Candidate candidate = queue_.top();
    queue_.pop();
    if (is_current(candidate)) {
      join(candidate);
    } else if (clusters_.is_cluster(candidate.owner) &&
               formed_[index(candidate.owner)] == candidate.formed) {
      queue_best_partner(candidate.owner);
    }
  }

  Clustering result;
  result.merges = std::move(merges_);
  clusters_.number(result);
  return result;
}

}  // namespace

void AgglomerateOptions::validate() const {
  if (!std::isfinite(threshold) || threshold < 0) {
    fail<UsageError>("the threshold is a mean squared distance of 0 or more, not {}", threshold);
  }
  if (threads < 1) fail<UsageError>("the number of threads is 1 or more, not {}", threads);
  if (linkage != Linkage::kAverage || method == Method::kMatrixFree) {
    fail<UsageError>("only average linkage over the range graph is there so far");
  }
}

Clustering agglomerate(const Points& points, const Constraints& constraints,
                       const AgglomerateOptions& options) {
  options.validate();
  if (points.count > std::numeric_limits<Id>::max()) {
    fail("{} vectors are more than can be clustered at once; split them", points.count);
  }
  // A mean that rounds down to the threshold may stand for pairs that all lie just above it.
  constexpr double kRounding = 1 + 1e-9;
  auto pairs = pairs_within(points, options.threshold * kRounding, options.threads);
  Agglomeration agglomeration(points, constraints, options.threshold);
  agglomeration.join_blocks(constraints.block);
  agglomeration.connect(std::move(pairs));
  return std::move(agglomeration).run();
}

}  // namespace facenet
