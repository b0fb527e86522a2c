#include "index/linkage/join_cut.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "base/distance.h"
#include "index/linkage/agglomerate.h"

namespace facenet {
namespace {

constexpr int kDimension = 24;

struct Crowd {
  std::vector<float> values;
  std::int64_t count = 0;
};

/// People of 1, 2, ... faces each, some in bursts, and strangers seen once.
Crowd make_crowd(unsigned seed, int people, int strangers) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Crowd crowd;
  const auto direction = [&] {
    std::vector<float> vector(kDimension);
    for (float& value : vector) value = normal(random);
    return vector;
  };
  const auto add = [&](const std::vector<float>& looks, float chance) {
    std::vector<float> vector = looks;
    double squares = 0;
    for (float& value : vector) {
      value += chance * normal(random);
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
    for (const float value : vector)
      crowd.values.push_back(value / static_cast<float>(std::sqrt(squares)));
    ++crowd.count;
  };
  for (int person = 0; person < people; ++person) {
    const auto looks = direction();
    for (int face = 0; face <= person % 7; ++face) {
      add(looks, 0.9F);
      if (person % 3 == 0) {  // twice more in a burst
        const std::vector<float> shot(crowd.values.end() - kDimension, crowd.values.end());
        add(shot, 0.01F);
        add(shot, 0.01F);
      }
    }
  }
  for (int i = 0; i < strangers; ++i) add(direction(), 0);
  return crowd;
}

/// The rule as it is described, from the vectors themselves: sets of points in place of a tree's
/// sums, mean vectors in place of tightness, recursion in place of passes over arrays.
class Reference {
 public:
  /// `moment`: points of the same number are of one shot; empty: only near-duplicates are.
  Reference(const Crowd& crowd, const std::vector<std::int64_t>& block,
            const std::vector<Merge>& merges, const std::vector<std::int64_t>& moment = {})
      : crowd_(crowd), block_(block), moment_(moment) {
    std::map<std::int64_t, std::size_t> node_of;
    std::map<std::int64_t, std::size_t> node_of_block;
    for (std::int64_t point = 0; point < crowd.count; ++point) {
      const std::int64_t number = block.empty() ? -1 : block[static_cast<std::size_t>(point)];
      if (number >= 0 && node_of_block.contains(number)) {
        nodes_[node_of_block[number]].points.push_back(point);
        continue;
      }
      node_of[point] = nodes_.size();
      if (number >= 0) node_of_block[number] = nodes_.size();
      nodes_.push_back({.points = {point}});
    }
    for (Node& node : nodes_) {
      node.shots = shots_among(node.points);
      node.moments = moments_of(node.points);
    }
    for (const Merge& merge : merges) {
      Node node{.left = static_cast<int>(node_of.at(merge.first)),
                .right = static_cast<int>(node_of.at(merge.second))};
      node.points = at(node.left).points;
      node.points.insert(node.points.end(), at(node.right).points.begin(),
                         at(node.right).points.end());
      node.height = mean_distance(at(node.left), at(node.right));
      node.shots = node.height <= 0.2 ? 1 : at(node.left).shots + at(node.right).shots;
      node.moments = at(node.left).moments;
      if (node.height > 0.2)
        for (const std::int64_t of_right : at(node.right).moments)
          if (!node.moments.insert(of_right).second) node.shots -= 1;
      node_of[merge.first] = nodes_.size();
      nodes_.push_back(node);
    }
  }

  std::set<std::set<std::int64_t>> partition() {
    double singles = 0;
    double others = 0;
    for (const Node& node : nodes_)
      if (node.left < 0) (node.shots == 1 ? singles : others) += 1;
    std::vector<int> groups;
    for (int round = 0; round < 30; ++round) {
      groups = find_groups(singles, others);
      double now_singles = 0;
      double now_others = 0;
      for (const int group : groups) (at(group).shots == 1 ? now_singles : now_others) += 1;
      if (now_singles == singles && now_others == others) break;
      singles = now_singles;
      others = now_others;
    }
    std::set<std::set<std::int64_t>> partition;
    for (const int group : groups)
      partition.insert({at(group).points.begin(), at(group).points.end()});
    return partition;
  }

 private:
  struct Node {
    std::vector<std::int64_t> points{};
    int left = -1, right = -1;
    double height = 0, shots = 1;
    std::set<std::int64_t> moments{};  ///< of near-duplicates only that of the first
  };

  const Node& at(int node) const { return nodes_[static_cast<std::size_t>(node)]; }

  std::span<const float> row(std::int64_t point) const {
    return std::span(crowd_.values)
        .subspan(static_cast<std::size_t>(point) * kDimension, kDimension);
  }

  double shots_among(const std::vector<std::int64_t>& points) const {
    std::vector<std::int64_t> shots;
    for (const std::int64_t point : points)
      if (std::none_of(shots.begin(), shots.end(), [&](std::int64_t shot) {
            return squared_distance(row(shot), row(point)) <= 0.2 ||
                   (!moment_.empty() && moment_of(shot) == moment_of(point));
          }))
        shots.push_back(point);
    return static_cast<double>(shots.size());
  }

  std::int64_t moment_of(std::int64_t point) const {
    return moment_[static_cast<std::size_t>(point)];
  }

  std::set<std::int64_t> moments_of(const std::vector<std::int64_t>& points) const {
    std::set<std::int64_t> moments;
    if (!moment_.empty())
      for (const std::int64_t point : points) moments.insert(moment_of(point));
    return moments;
  }

  double mean_distance(const Node& a, const Node& b) const {
    double sum = 0;
    for (const std::int64_t x : a.points)
      for (const std::int64_t y : b.points) sum += squared_distance(row(x), row(y));
    return sum / static_cast<double>(a.points.size()) / static_cast<double>(b.points.size());
  }

  std::vector<double> mean_vector(const Node& node) const {
    std::vector<double> mean(kDimension);
    for (const std::int64_t point : node.points)
      for (std::size_t i = 0; i < kDimension; ++i) mean[i] += static_cast<double>(row(point)[i]);
    return mean;
  }

  double cosine(const Node& a, const Node& b) const {
    const auto x = mean_vector(a);
    const auto y = mean_vector(b);
    double xy = 0, xx = 0, yy = 0;
    for (std::size_t i = 0; i < kDimension; ++i) {
      xy += x[i] * y[i];
      xx += x[i] * x[i];
      yy += y[i] * y[i];
    }
    return xy / std::sqrt(xx * yy);
  }

  bool passes(const Node& node, double singles, double others) const {
    if (node.height <= 0.2) return true;
    const Node& a = at(node.left);
    const Node& b = at(node.right);
    const double low = std::min(a.shots, b.shots);
    const double high = std::max(a.shots, b.shots);
    const double rivals = low == 1 ? singles : others;
    return node.height <= 1.5 &&
           cosine(a, b) >= 0.385 + 0.036 * std::log(1 + rivals) - 0.19 / low + 0.05 / high;
  }

  bool has_block(const Node& node) const {
    return std::any_of(node.points.begin(), node.points.end(), [&](std::int64_t point) {
      return !block_.empty() && block_[static_cast<std::size_t>(point)] >= 0;
    });
  }

  bool accepted(int id, double singles, double others) const {
    const Node& node = at(id);
    if (node.left < 0) return true;
    if (!passes(node, singles, others)) return false;
    const std::size_t left = at(node.left).points.size();
    const std::size_t right = at(node.right).points.size();
    if ((left >= right || has_block(at(node.left))) && !accepted(node.left, singles, others))
      return false;
    return !(right >= left || has_block(at(node.right))) || accepted(node.right, singles, others);
  }

  std::vector<int> find_groups(double singles, double others) const {
    std::vector<int> groups;
    std::set<std::int64_t> taken;
    for (int id = static_cast<int>(nodes_.size()) - 1; id >= 0; --id) {
      if (taken.contains(at(id).points.front()) || !accepted(id, singles, others)) continue;
      groups.push_back(id);
      taken.insert(at(id).points.begin(), at(id).points.end());
    }
    return groups;
  }

  const Crowd& crowd_;
  const std::vector<std::int64_t>& block_;
  const std::vector<std::int64_t> moment_;
  std::vector<Node> nodes_;
};

std::set<std::set<std::int64_t>> as_sets(const Clustering& clustering) {
  std::map<std::int32_t, std::set<std::int64_t>> clusters;
  for (std::size_t i = 0; i < clustering.cluster.size(); ++i)
    clusters[clustering.cluster[i]].insert(static_cast<std::int64_t>(i));
  std::set<std::set<std::int64_t>> sets;
  for (const auto& [number, points] : clusters) sets.insert(points);
  return sets;
}

const JoinConstantsByKind kJoins = JoinConstantsByKind::all(kReferenceJoins);

FaceGroup group_of_points(const Crowd& crowd, const std::vector<std::size_t>& points,
                          const ShotRelation& is_one_moment = {}) {
  FaceGroup group{.faces = static_cast<double>(points.size())};
  const auto row = [&](std::size_t point) {
    return std::span(crowd.values).subspan(point * kDimension, kDimension);
  };
  const std::vector<std::int64_t> numbers(points.begin(), points.end());
  const auto firsts = first_of_shots(numbers, [&](std::int64_t a, std::int64_t b) {
    return squared_distance(row(static_cast<std::size_t>(a)), row(static_cast<std::size_t>(b))) <=
               0.2 ||
           (is_one_moment && is_one_moment(a, b));
  });
  group.shots = static_cast<double>(firsts.size());
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t k = i + 1; k < points.size(); ++k)
      group.pair_sum += squared_distance(row(points[i]), row(points[k]));
  return group;
}

TEST(JoinCut, IsTheRuleAsItIsDescribed) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    const Crowd crowd =
        make_crowd(seed, 4 + static_cast<int>(seed) * 2, static_cast<int>(seed * 10));
    // A person of whom it was said, in half of the crowds: faces of two people as one.
    std::vector<std::int64_t> block;
    std::vector<FaceGroup> groups(static_cast<std::size_t>(crowd.count));
    if (seed % 2 == 0) {
      block.assign(groups.size(), -1);
      std::vector<std::size_t> said;
      for (std::size_t i = 3; i < groups.size(); i += groups.size() / 5) said.push_back(i);
      for (const std::size_t point : said) block[point] = 9;
      groups[said.front()] = group_of_points(crowd, said);
    }
    const Clustering tree =
        agglomerate({crowd.values, crowd.count, kDimension}, {.block = block}, {.threshold = 1.6});
    const JoinCut cut =
        cut_by_join_rule({.block = block, .groups = groups, .joins = kJoins}, tree.merges);
    const auto sets = as_sets(cut.clustering);
    EXPECT_EQ(sets, Reference(crowd, block, tree.merges).partition()) << "seed " << seed;
    EXPECT_LT(sets.size(), groups.size());
    EXPECT_GT(sets.size(), 1U);
    EXPECT_EQ(cut.rivals.of_one + cut.rivals.of_more, static_cast<double>(sets.size()));
  }
}

TEST(JoinCut, ShotsOfBothSidesCountOnce) {
  for (unsigned seed = 1; seed <= 24; ++seed) {
    const Crowd crowd = make_crowd(seed, 4 + static_cast<int>(seed), static_cast<int>(seed * 4));
    // Neighbours are of one moment, and some that are far apart.
    std::vector<std::int64_t> moment(static_cast<std::size_t>(crowd.count));
    for (std::size_t i = 0; i < moment.size(); ++i)
      moment[i] = static_cast<std::int64_t>(i % 5 == 0 ? i % 3 : i / 4 + 3);
    const ShotRelation is_one_moment = [&](std::int64_t a, std::int64_t b) {
      return moment[static_cast<std::size_t>(a)] == moment[static_cast<std::size_t>(b)];
    };
    std::vector<std::int64_t> block;
    std::vector<FaceGroup> groups(moment.size());
    if (seed % 3 == 0) {
      block.assign(groups.size(), -1);
      const std::vector<std::size_t> said{2, 3, 5, 10, 11, 20};
      for (const std::size_t point : said) block[point] = 9;
      groups[said.front()] = group_of_points(crowd, said, is_one_moment);
    }
    const Clustering tree =
        agglomerate({crowd.values, crowd.count, kDimension}, {.block = block}, {.threshold = 1.6});
    const auto cut = [&](const ShotRelation& relation) {
      return as_sets(
          cut_by_join_rule(
              {.block = block, .groups = groups, .joins = kJoins, .is_one_shot = relation},
              tree.merges)
              .clustering);
    };
    EXPECT_EQ(cut(is_one_moment), Reference(crowd, block, tree.merges, moment).partition())
        << "seed " << seed;
  }
}

TEST(JoinCut, NoMoreThan32ShotsAreRemembered) {
  std::vector<std::int64_t> points(100);
  std::iota(points.begin(), points.end(), 0);
  const auto pairs = [](std::int64_t a, std::int64_t b) { return a / 2 == b / 2; };
  const auto firsts = first_of_shots(points, pairs);
  ASSERT_EQ(firsts.size(), 32U);
  for (std::size_t i = 0; i < firsts.size(); ++i)
    EXPECT_EQ(firsts[i], 2 * static_cast<std::int64_t>(i));
  EXPECT_TRUE(first_of_shots({}, pairs).empty());
}

TEST(JoinCut, TheSameJoinIsRightAmongFewAndNotAmongMany) {
  // Two faces at distance 1.1, and strangers at right angles to them and each other.
  const auto groups_among = [](std::int64_t strangers) {
    const std::vector<Merge> merges{{.first = 0, .second = 1, .height = 1.1, .size = 2}};
    const std::vector<FaceGroup> groups(static_cast<std::size_t>(strangers + 2));
    return cut_by_join_rule({.block = {}, .groups = groups, .joins = kJoins}, merges)
        .clustering.clusters;
  };
  EXPECT_EQ(groups_among(20), 21);
  EXPECT_EQ(groups_among(3000), 3002);
}

TEST(JoinCut, NoFacesAndOneFace) {
  EXPECT_EQ(cut_by_join_rule({.block = {}, .groups = {}, .joins = kJoins}, {}).clustering.clusters,
            0);
  const std::vector<FaceGroup> one(1);
  const JoinCut cut = cut_by_join_rule({.block = {}, .groups = one, .joins = kJoins}, {});
  EXPECT_EQ(cut.clustering.clusters, 1);
  EXPECT_EQ(cut.rivals, (Rivals{.of_one = 1, .of_more = 0}));
}

TEST(JoinCut, ThousandsOfCopiesAreOneShot) {
  const std::vector<float> values(static_cast<std::size_t>(5000) * kDimension,
                                  1 / std::sqrt(static_cast<float>(kDimension)));
  const Clustering tree = agglomerate({values, 5000, kDimension}, {}, {.threshold = 1.5});
  const std::vector<FaceGroup> groups(5000);
  const JoinCut cut =
      cut_by_join_rule({.block = {}, .groups = groups, .joins = kJoins}, tree.merges);
  EXPECT_EQ(cut.clustering.clusters, 1);
  EXPECT_EQ(cut.rivals, (Rivals{.of_one = 1, .of_more = 0}));
}

TEST(JoinCut, RefusesJoinsOfOtherPoints) {
  const std::vector<FaceGroup> groups(3);
  const std::vector<Merge> outside{{.first = 1, .second = 3, .height = 0.1, .size = 2}};
  const std::vector<Merge> twice{{.first = 0, .second = 1, .height = 0.1, .size = 2},
                                 {.first = 1, .second = 2, .height = 0.1, .size = 2}};
  for (const auto& merges : {outside, twice})
    EXPECT_THROW(cut_by_join_rule({.block = {}, .groups = groups, .joins = kJoins}, merges),
                 std::invalid_argument);
}

}  // namespace
}  // namespace facenet
