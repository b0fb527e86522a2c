#include "index/linkage/grow.h"

#include <algorithm>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace facenet {
namespace {

using Random = std::mt19937;

int draw_below(Random& random, int below) {
  return static_cast<int>(random() % static_cast<unsigned>(below));
}

/// A point of a set that grows and shrinks, with all that binds it.
struct Member {
  int key = 0;  ///< its place among all, for good
  std::vector<float> vector{};
  std::int64_t photo = -1, block = -1, label = -1;
};

/// A clustering with what it was made from.
class Album {
 public:
  Album(unsigned seed, bool grid) : random_(seed), grid_(grid) {}

  void add(int count) {
    for (int i = 0; i < count; ++i) {
      Member member{.key = draw_below(random_, 1 << 20)};
      const int person = draw_below(random_, 12);
      for (int k = 0; k < kDimension; ++k) {
        const float centre = static_cast<float>((person >> (k % 4)) & 1) * 3;
        member.vector.push_back(grid_ ? static_cast<float>(draw_below(random_, 4))
                                      : centre + std::normal_distribution<float>()(random_));
      }
      if (draw_below(random_, 2) == 0) member.photo = draw_below(random_, 60);
      members_.emplace(member.key, member);
    }
  }
  void remove(int count) {
    for (int i = 0; i < count && members_.size() > 2; ++i) members_.erase(any());
  }
  void rebind(int count) {
    for (int i = 0; i < count; ++i) {
      Member& member = any()->second;
      switch (draw_below(random_, 4)) {
        case 0:
          member.block = draw_below(random_, 2) == 0 ? -1 : draw_below(random_, 6);
          break;
        case 1:
          member.label = draw_below(random_, 2) == 0 ? -1 : draw_below(random_, 3);
          break;
        case 2:
          member.photo = -1;
          break;
        default:
          apart_.emplace_back(member.key, any()->second.key);
      }
    }
    if (draw_below(random_, 3) == 0 && !apart_.empty()) apart_.pop_back();
  }

  /// Clusters from scratch and by growing the clustering of before, and compares the two.
  void expect_same(double threshold) {
    build();
    const Points points{values_, std::ssize(keys_), kDimension};
    const Constraints constraints{photo_, block_, label_, separations_};
    const AgglomerateOptions options{.threshold = threshold, .threads = 2};
    const Clustering scratch = agglomerate(points, constraints, options);

    std::vector<Merge> earlier;
    for (const auto& [first, second, height] : tree_)
      earlier.push_back({row_of(first), row_of(second), height, 0});
    std::vector<std::uint8_t> changed;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      const auto before = binding_before_.find(keys_[i]);
      changed.push_back(before == binding_before_.end() || before->second != binding(i));
    }
    const Clustering grown = grow(points, constraints, {earlier, changed}, options);
    ASSERT_EQ(grown.cluster, scratch.cluster);
    ASSERT_EQ(grown.clusters, scratch.clusters);
    ASSERT_EQ(grown.merges.size(), scratch.merges.size());
    tree_.clear();
    for (std::size_t i = 0; i < scratch.merges.size(); ++i) {
      const Merge& merge = scratch.merges[i];
      ASSERT_EQ(grown.merges[i].first, merge.first) << "join " << i;
      ASSERT_EQ(grown.merges[i].second, merge.second) << "join " << i;
      ASSERT_EQ(grown.merges[i].height, merge.height) << "join " << i;
      ASSERT_EQ(grown.merges[i].size, merge.size) << "join " << i;
      tree_.push_back({keys_[static_cast<std::size_t>(merge.first)],
                       keys_[static_cast<std::size_t>(merge.second)], merge.height});
    }
    binding_before_.clear();
    for (std::size_t i = 0; i < keys_.size(); ++i) binding_before_[keys_[i]] = binding(i);
  }
  std::size_t joins() const { return tree_.size(); }

 private:
  static constexpr int kDimension = 6;
  struct KeyMerge {
    int first, second;
    double height;
  };
  using Binding = std::vector<std::int64_t>;

  std::map<int, Member>::iterator any() {
    return std::next(members_.begin(), draw_below(random_, static_cast<int>(members_.size())));
  }
  std::int64_t row_of(int key) const {
    const auto row = std::lower_bound(keys_.begin(), keys_.end(), key);
    return row != keys_.end() && *row == key ? row - keys_.begin() : -1;
  }
  void build() {
    keys_.clear();
    values_.clear();
    photo_.clear();
    block_.clear();
    label_.clear();
    separations_.clear();
    for (const auto& [key, member] : members_) {
      keys_.push_back(key);
      values_.insert(values_.end(), member.vector.begin(), member.vector.end());
      photo_.push_back(member.photo);
      block_.push_back(member.block);
      label_.push_back(member.label);
    }
    for (const auto& [left, right] : apart_)
      if (row_of(left) >= 0 && row_of(right) >= 0 && left != right)
        separations_.push_back({{row_of(left)}, {row_of(right)}});
  }
  /// All that binds a point, the members of its block included.
  Binding binding(std::size_t i) const {
    Binding binding = {photo_[i], label_[i]};
    for (std::size_t k = 0; k < keys_.size(); ++k)
      if (block_[i] >= 0 && block_[k] == block_[i]) binding.push_back(keys_[k]);
    for (const Separation& separation : separations_) {
      if (separation.left[0] == static_cast<std::int64_t>(i))
        binding.push_back(-2 - keys_[static_cast<std::size_t>(separation.right[0])]);
      if (separation.right[0] == static_cast<std::int64_t>(i))
        binding.push_back(-2 - keys_[static_cast<std::size_t>(separation.left[0])]);
    }
    return binding;
  }

  Random random_;
  bool grid_;
  std::map<int, Member> members_;
  std::vector<std::pair<int, int>> apart_;
  std::vector<KeyMerge> tree_;
  std::map<int, Binding> binding_before_;

  std::vector<int> keys_;
  std::vector<float> values_;
  std::vector<std::int64_t> photo_, block_, label_;
  std::vector<Separation> separations_;
};

TEST(Grow, EqualsAClusteringFromScratchWhateverChanged) {
  std::size_t joins = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    // A grid has many joins of one height.
    Album album(seed, seed % 2 == 1);
    Random random(seed + 1000);
    const double threshold = 2.0 + draw_below(random, 12);
    // Some have more than are searched for at once.
    album.add(seed % 8 < 2 ? 600 : 60 + draw_below(random, 60));
    for (int step = 0; step < 8; ++step) {
      album.expect_same(threshold);
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << ", step " << step;
      joins += album.joins();
      if (draw_below(random, 3) != 0) album.add(draw_below(random, 6));
      if (draw_below(random, 3) == 0) album.remove(draw_below(random, 6));
      if (draw_below(random, 2) == 0) album.rebind(draw_below(random, 3));
    }
  }
  EXPECT_GT(joins, 10'000U);
}

TEST(Grow, RefusesWhatDoesNotFit) {
  const std::vector<float> values{0, 1, 2};
  const Points points{values, 3, 1};
  const std::vector<std::uint8_t> changed{0, 0, 1};
  const AgglomerateOptions options;
  const std::vector<Merge> outside{{0, 3, 1, 2}};
  EXPECT_THROW(grow(points, {}, {{}, {}}, options), std::invalid_argument);
  EXPECT_THROW(grow(points, {}, {outside, changed}, options), std::invalid_argument);
  EXPECT_THROW(grow(points, {}, {{}, changed}, {.linkage = Linkage::kComplete}),
               std::invalid_argument);
}

}  // namespace
}  // namespace facenet
