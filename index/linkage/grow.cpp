#include "index/linkage/grow.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <span>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include "index/linkage/cluster_set.h"
#include "index/linkage/search/cluster_search.h"
#include "index/neighbours.h"

namespace facenet {
namespace {

using Id = ClusterSet::Id;

/// Clusters that are searched for at once: a search for so many takes little longer than one for a
/// single cluster, which has to read all means, too.
constexpr std::ptrdiff_t kAtOnce = 64;

/// A possible join of a dirty cluster, as of when the two were formed.
struct Candidate {
  double height;
  Id first, second;
  std::int32_t first_formed, second_formed;

  friend bool operator>(const Candidate& a, const Candidate& b) {
    return std::tie(a.height, a.first, a.second) > std::tie(b.height, b.first, b.second);
  }
};

class Growth {
 public:
  Growth(const Points& points, const Constraints& constraints, const EarlierClustering& earlier,
         const AgglomerateOptions& options);
  Clustering run() &&;

 private:
  struct Near {
    Id cluster;
    double distance;
  };

  static std::size_t index(Id id) { return static_cast<std::size_t>(id); }
  bool is_clean(std::int64_t id) {
    const bool exists = id >= 0 && clusters_.is_cluster(static_cast<Id>(id));
    return exists && dirty_[static_cast<std::size_t>(id)] == 0;
  }
  bool is_current(const Candidate& candidate) const;
  bool comes_before(const Merge& merge, const Candidate& candidate) const;
  void repeat(const Merge& merge);
  void join(Id first, Id second, double height);
  void become_dirty(Id cluster);
  void know(Id cluster);
  void know_all(std::span<const Id> clusters);
  void add_likely_next(std::vector<Id>& clusters);
  std::vector<Near> near_among(Id cluster, const std::vector<Id>& others) const;
  std::vector<Id> present(std::vector<Id> names) const;
  void queue(Id a, Id b, double height);
  void pop();

  ClusterSet clusters_;
  ClusterSearch search_;
  EarlierClustering earlier_;
  double threshold_;
  std::vector<std::uint8_t> dirty_;   ///< of a cluster
  std::vector<std::int32_t> formed_;  ///< number of joins when a cluster was formed
  std::vector<Id> alive_;             ///< all clusters, and some that are no more
  /// Of a cluster that is known all that it may join, of another the dirty among them; under any
  /// names that they had, and perhaps some beyond the threshold.
  std::vector<std::vector<Id>> neighbours_;
  std::vector<std::uint8_t> known_;  ///< of a cluster; the dirty ones are
  std::vector<Candidate> queue_;     ///< a heap
  std::vector<Merge> merges_;
};

Growth::Growth(const Points& points, const Constraints& constraints,
               const EarlierClustering& earlier, const AgglomerateOptions& options)
    : clusters_(points, constraints),
      search_(clusters_, options.threshold, options.threads, check_points(points)),
      earlier_(earlier),
      threshold_(options.threshold),
      dirty_(earlier.changed.size()),
      formed_(dirty_.size(), 0),
      neighbours_(dirty_.size()),
      known_(dirty_.size()) {
  for (std::size_t i = 0; i < dirty_.size(); ++i) dirty_[i] = earlier.changed[i] != 0 ? 1 : 0;
  DisjointSets::join_blocks(constraints.block, [&](Id first, Id second) {
    clusters_.join(first, second);
    if (dirty_[index(second)] != 0) dirty_[index(first)] = 1;
  });
  for (Id i = 0; i < std::ssize(dirty_); ++i)
    if (clusters_.is_cluster(i)) alive_.push_back(i);
}

bool Growth::is_current(const Candidate& candidate) const {
  return clusters_.is_cluster(candidate.first) && clusters_.is_cluster(candidate.second) &&
         formed_[index(candidate.first)] == candidate.first_formed &&
         formed_[index(candidate.second)] == candidate.second_formed;
}

bool Growth::comes_before(const Merge& merge, const Candidate& candidate) const {
  return std::tuple(merge.height, merge.first, merge.second) <
         std::tuple(candidate.height, std::int64_t{candidate.first},
                    std::int64_t{candidate.second});
}

void Growth::queue(Id a, Id b, double height) {
  const auto [first, second] = std::minmax(a, b);
  queue_.push_back({height, first, second, formed_[index(first)], formed_[index(second)]});
  std::ranges::push_heap(queue_, std::greater<>());
}

void Growth::pop() {
  std::ranges::pop_heap(queue_, std::greater<>());
  queue_.pop_back();
}

/// Looks for all that each of the clusters may join.
void Growth::know_all(std::span<const Id> clusters) {
  std::erase_if(alive_, [&](Id id) { return !clusters_.is_cluster(id); });
  std::vector<std::vector<Id>> near = search_.near(clusters, alive_);
  for (std::size_t i = 0; i < near.size(); ++i) {
    neighbours_[index(clusters[i])] = std::move(near[i]);
    known_[index(clusters[i])] = 1;
  }
}

/// Adds those that would be asked for next: what a dirty cluster is nearest to.
void Growth::add_likely_next(std::vector<Id>& clusters) {
  std::erase_if(queue_, [&](const Candidate& candidate) { return !is_current(candidate); });
  std::vector<std::pair<double, Id>> next;
  for (const Candidate& candidate : queue_) {
    if (known_[index(candidate.first)] == 0) next.emplace_back(candidate.height, candidate.first);
    if (known_[index(candidate.second)] == 0) next.emplace_back(candidate.height, candidate.second);
  }
  std::ranges::make_heap(queue_, std::greater<>());
  std::ranges::sort(next);
  for (const auto& [height, id] : next) {
    if (std::ssize(clusters) == kAtOnce) return;
    if (std::ranges::find(clusters, id) == clusters.end()) clusters.push_back(id);
  }
}

void Growth::know(Id cluster) {
  if (known_[index(cluster)] != 0) return;
  std::vector<Id> clusters = {cluster};
  add_likely_next(clusters);
  know_all(clusters);
}

std::vector<Growth::Near> Growth::near_among(Id cluster, const std::vector<Id>& others) const {
  std::vector<Near> within;
  ClusterSet::Probe probe(clusters_, cluster);
  for (const Id other : others) {
    if (other == cluster) continue;
    const double distance = probe.distance_to(other);
    if (distance <= threshold_ && clusters_.may_join(cluster, other)) {
      within.push_back({other, distance});
    }
  }
  return within;
}

/// The cluster differs from all of the earlier clustering, or its future does.
void Growth::become_dirty(Id cluster) {
  know(cluster);
  dirty_[index(cluster)] = 1;
  std::vector<Id>& names = neighbours_[index(cluster)];
  const std::vector<Near> near = near_among(cluster, present(std::move(names)));
  names.clear();
  for (const auto& [other, distance] : near) {
    queue(cluster, other, distance);
    names.push_back(other);
    if (dirty_[index(other)] == 0) neighbours_[index(other)].push_back(cluster);
  }
}

/// The present clusters of these names, each once.
std::vector<Id> Growth::present(std::vector<Id> names) const {
  for (Id& name : names) name = clusters_.find(name);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void Growth::join(Id first, Id second, double height) {
  const bool is_dirty = dirty_[index(first)] != 0 || dirty_[index(second)] != 0;
  if (is_dirty) {
    know(first);
    know(second);
  }
  clusters_.join(first, second);
  search_.join(first, second);
  merges_.push_back({first, second, height, clusters_.size(first)});
  formed_[index(first)] = static_cast<std::int32_t>(merges_.size());

  // What is near to neither of the two is not near to both together.
  std::vector<Id>& names = neighbours_[index(first)];
  names.insert(names.end(), neighbours_[index(second)].begin(), neighbours_[index(second)].end());
  std::vector<Id>().swap(neighbours_[index(second)]);
  known_[index(first)] &= known_[index(second)];
  if (is_dirty) return become_dirty(first);
  names = present(std::move(names));
  std::vector<Id> dirty;
  std::ranges::copy_if(names, std::back_inserter(dirty),
                       [&](Id id) { return dirty_[index(id)] != 0; });
  for (const auto& [other, distance] : near_among(first, dirty)) queue(other, first, distance);
  if (known_[index(first)] == 0) names = std::move(dirty);
}

/// A join of the earlier clustering: made again if its two are what they were. One whose partner is
/// not has no known future.
void Growth::repeat(const Merge& merge) {
  const bool first = is_clean(merge.first);
  const bool second = is_clean(merge.second);
  if (first && second) {
    if (merge.first > merge.second ||
        !clusters_.may_join(static_cast<Id>(merge.first), static_cast<Id>(merge.second)))
      throw std::invalid_argument("EarlierClustering: a join that never was");
    join(static_cast<Id>(merge.first), static_cast<Id>(merge.second), merge.height);
  } else if (first) {
    become_dirty(static_cast<Id>(merge.first));
  } else if (second) {
    become_dirty(static_cast<Id>(merge.second));
  }
}

Clustering Growth::run() && {
  std::vector<Id> changed;
  std::ranges::copy_if(alive_, std::back_inserter(changed),
                       [&](Id id) { return dirty_[index(id)] != 0; });
  for (std::int64_t t = 0; t < tiles_of(changed); ++t) know_all(tile_of(changed, t));
  for (const Id cluster : changed) become_dirty(cluster);
  auto next = earlier_.merges.begin();
  const auto end = earlier_.merges.end();
  while (next != end || !queue_.empty()) {
    if (!queue_.empty() && !is_current(queue_.front())) {
      pop();
    } else if (next != end && (queue_.empty() || comes_before(*next, queue_.front()))) {
      repeat(*next++);
    } else {
      const Candidate candidate = queue_.front();
      pop();
      join(candidate.first, candidate.second, candidate.height);
    }
  }
  Clustering result;
  result.merges = std::move(merges_);
  clusters_.number(result);
  return result;
}

}  // namespace

Clustering grow(const Points& points, const Constraints& constraints,
                const EarlierClustering& earlier, const AgglomerateOptions& options) {
  options.validate();
  if (options.linkage != Linkage::kAverage)
    throw std::invalid_argument("grow: for average linkage");
  if (std::ssize(earlier.changed) != points.count)
    throw std::invalid_argument("EarlierClustering: not one entry a point");
  for (const Merge& merge : earlier.merges)
    if (merge.first >= points.count || merge.second >= points.count ||
        (merge.first == merge.second && merge.first >= 0) || !std::isfinite(merge.height))
      throw std::invalid_argument("EarlierClustering: a join of points that do not exist");
  return Growth(points, constraints, earlier, options).run();
}

}  // namespace facenet
