#include "index/linkage/join_cut.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "index/linkage/disjoint_sets.h"

namespace facenet {
namespace {

constexpr int kMostRounds = 30;
constexpr std::size_t kMostShots = 32;

bool is_of_a_shot(std::span<const std::int64_t> firsts, std::int64_t point,
                  const ShotRelation& is_one_shot) {
  return std::ranges::any_of(firsts, [&](std::int64_t first) { return is_one_shot(first, point); });
}

/// A point or block, or a join of two nodes that come before.
struct Node {
  FaceGroup group = {};
  std::int64_t left = -1, right = -1;  ///< -1: a point or block
  double height = 0;
  bool holds_block = false;
  bool accepted = true;
  std::vector<std::int64_t> shots = {};  ///< first points of some, as long as a join may need them

  bool is_leaf() const { return left < 0; }
};

class JoinTree {
 public:
  JoinTree(const JoinCutInput& input, std::span<const Merge> merges)
      : input_(input), sets_(std::ssize(input.groups)), node_of_(input.groups.size()) {
    if (!input.block.empty() && input.block.size() != input.groups.size())
      throw std::invalid_argument("cut_by_join_rule: one block a point");
    add_leaves();
    for (const Merge& merge : merges) add_join(merge);
  }

  JoinCut cut() {
    JoinCut result{.clustering = {}, .rivals = rivals_of_leaves()};
    for (int round = 0; round < kMostRounds; ++round) {
      judge(result.rivals);
      const Rivals now = rivals_of_groups();
      if (now == result.rivals) break;
      result.rivals = now;
    }
    number(result);
    return result;
  }

 private:
  using Id = DisjointSets::Id;

  Node& node(std::int64_t id) { return nodes_[static_cast<std::size_t>(id)]; }

  void add_leaves() {
    sets_.join_blocks(input_.block, [&](Id first, Id second) { sets_.join(first, second); });
    for (Id point = 0; point < sets_.count(); ++point) {
      if (!sets_.is_root(point)) continue;
      const auto at = static_cast<std::size_t>(point);
      node_of_[at] = std::ssize(nodes_);
      nodes_.push_back({.group = input_.groups[at],
                        .holds_block = !input_.block.empty() && input_.block[at] >= 0});
    }
    leaves_ = std::ssize(nodes_);
    if (input_.is_one_shot) add_shots_of_leaves();
  }

  void add_shots_of_leaves() {
    std::vector<std::vector<std::int64_t>> points(nodes_.size());
    for (Id point = 0; point < sets_.count(); ++point)
      points[index(node_of_[static_cast<std::size_t>(sets_.find(point))])].push_back(point);
    for (std::size_t leaf = 0; leaf < points.size(); ++leaf)
      nodes_[leaf].shots = first_of_shots(points[leaf], input_.is_one_shot);
  }

  /// Those of both sides, which the join has from now on. Shots that both have count once.
  void join_shots(Node& left, Node& right, Node& join) {
    join.shots = std::move(left.shots);
    const std::vector<std::int64_t> others = std::exchange(right.shots, {});
    if (join.group.shots == 1) {
      join.shots.resize(std::min(join.shots.size(), std::size_t{1}));
      return;
    }
    const std::size_t known = join.shots.size();
    for (const std::int64_t shot : others) {
      if (is_of_a_shot(std::span(join.shots).first(known), shot, input_.is_one_shot)) {
        join.group.shots -= 1;
      } else if (join.shots.size() < kMostShots) {
        join.shots.push_back(shot);
      }
    }
  }

  void add_join(const Merge& merge) {
    const bool exist =
        merge.first >= 0 && merge.first < merge.second && merge.second < sets_.count();
    const auto first = static_cast<Id>(merge.first);
    const auto second = static_cast<Id>(merge.second);
    if (!exist || !sets_.is_root(first) || !sets_.is_root(second))
      throw std::invalid_argument("cut_by_join_rule: joins of another set of points");
    const std::int64_t left = node_of_[static_cast<std::size_t>(first)];
    const std::int64_t right = node_of_[static_cast<std::size_t>(second)];
    Node join{.group = joined(node(left).group, node(right).group, merge.height, input_.joins),
              .left = left,
              .right = right,
              .height = merge.height,
              .holds_block = node(left).holds_block || node(right).holds_block};
    if (input_.is_one_shot) join_shots(node(left), node(right), join);
    nodes_.push_back(std::move(join));
    sets_.join(first, second);
    node_of_[static_cast<std::size_t>(first)] = std::ssize(nodes_) - 1;
  }

  bool accepts(const Node& join, const Rivals& rivals) {
    const Node& a = node(join.left);
    const Node& b = node(join.right);
    if ((!a.accepted && (a.group.faces >= b.group.faces || a.holds_block)) ||
        (!b.accepted && (b.group.faces >= a.group.faces || b.holds_block)))
      return false;
    return weigh_join(a.group, b.group, join.height, input_.joins, rivals).passes();
  }

  void judge(const Rivals& rivals) {
    for (std::int64_t id = leaves_; id < std::ssize(nodes_); ++id)
      node(id).accepted = accepts(node(id), rivals);
    // What is inside of an accepted join is no group of its own, whatever it is itself.
    top_.resize(nodes_.size());
    for (std::int64_t id = std::ssize(nodes_) - 1; id >= 0; --id) top_[index(id)] = id;
    for (std::int64_t id = std::ssize(nodes_) - 1; id >= leaves_; --id) {
      const bool inside = top_[index(id)] != id;
      if (!inside && !node(id).accepted) continue;
      top_[index(node(id).left)] = top_[index(id)];
      top_[index(node(id).right)] = top_[index(id)];
    }
  }

  Rivals rivals_of_leaves() {
    Rivals rivals;
    for (std::int64_t id = 0; id < leaves_; ++id) rivals.count(node(id).group.shots);
    return rivals;
  }

  /// A group is an accepted node that is inside of no other.
  bool is_group(std::int64_t id) { return top_[index(id)] == id && node(id).accepted; }

  Rivals rivals_of_groups() {
    Rivals rivals;
    for (std::int64_t id = 0; id < std::ssize(nodes_); ++id)
      if (is_group(id)) rivals.count(node(id).group.shots);
    return rivals;
  }

  /// The flat clusters: leaves of one group, numbered by their first point.
  void number(JoinCut& result) {
    DisjointSets sets(sets_.count());
    sets.join_blocks(input_.block, [&](Id first, Id second) { sets.join(first, second); });
    std::vector<Id> first_of(nodes_.size(), -1);
    std::int64_t leaf = 0;
    for (Id point = 0; point < sets.count(); ++point) {
      if (!sets.is_root(point)) continue;
      Id& first = first_of[index(top_[index(leaf++)])];
      if (first < 0) {
        first = point;
      } else {
        sets.join(first, point);
      }
    }
    sets.number(result.clustering);
  }

  static std::size_t index(std::int64_t id) { return static_cast<std::size_t>(id); }

  const JoinCutInput& input_;
  DisjointSets sets_;
  std::vector<std::int64_t> node_of_;  ///< of each set, at its first point
  std::vector<Node> nodes_;
  std::int64_t leaves_ = 0;
  std::vector<std::int64_t> top_;  ///< of each node: the group that it is inside of, or itself
};

}  // namespace

JoinCut cut_by_join_rule(const JoinCutInput& input, std::span<const Merge> merges) {
  return JoinTree(input, merges).cut();
}

std::vector<std::int64_t> first_of_shots(std::span<const std::int64_t> points,
                                         const ShotRelation& is_one_shot) {
  std::vector<std::int64_t> firsts;
  for (const std::int64_t point : points) {
    if (firsts.size() == kMostShots) break;
    if (!is_of_a_shot(firsts, point, is_one_shot)) firsts.push_back(point);
  }
  return firsts;
}

}  // namespace facenet
