#include "index/linkage/rounds.h"

#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace facenet {
namespace {

/// Three points, each of which knows only one other until it is doubted.
class Forgetful : public Linkable {
 public:
  void find_nearest(std::span<const Id> queries, std::span<const Id> /*active*/, bool /*may_wait*/,
                    std::span<Nearest> nearest) override {
    for (const Id query : queries) nearest[static_cast<std::size_t>(query)] = nearest_of(query);
  }
  std::int64_t join(Id first, Id second) override {
    joined_ = {first, second};
    return 2;
  }
  void doubt(Id cluster) override {
    ++doubts[cluster];
    known_[cluster] = distances_[cluster];
  }

  std::map<Id, int> doubts;

 private:
  using Distances = std::map<Id, double>;

  Nearest nearest_of(Id query) {
    Nearest nearest;
    if (joined_.second < 0) {
      for (const auto& [other, distance] : known_[query]) nearest.update(distance, other);
    }
    return nearest;
  }

  std::map<Id, Distances> distances_{
      {0, {{1, 0.5}, {2, 0.7}}}, {1, {{0, 0.5}, {2, 0.6}}}, {2, {{0, 0.7}, {1, 0.6}}}};
  std::map<Id, Distances> known_{{0, {{1, 0.5}}}, {1, {{2, 0.6}}}, {2, {{0, 0.7}}}};
  std::pair<Id, Id> joined_{-1, -1};
};

/// Points on a line. Where a search is needed is found by one, in one go with others.
class Patient : public Linkable {
 public:
  Patient(std::vector<double> at, std::vector<Id> need_search)
      : at_(std::move(at)), needs_search_(at_.size()) {
    for (const Id id : need_search) needs_search_[static_cast<std::size_t>(id)] = true;
  }

  void find_nearest(std::span<const Id> queries, std::span<const Id> active, bool may_wait,
                    std::span<Nearest> nearest) override {
    bool searches_now = false;
    for (const Id query : queries) {
      const auto q = static_cast<std::size_t>(query);
      nearest[q] = {};
      if (needs_search_[q] && may_wait) {
        nearest[q].id = Nearest::kNotYet;
        continue;
      }
      searches_now |= needs_search_[q];
      for (const Id other : active) {
        if (other == query || gone_.contains(other)) continue;
        nearest[q].update(std::abs(at_[q] - at_[static_cast<std::size_t>(other)]), other);
      }
    }
    searches += searches_now;
  }
  std::int64_t join(Id first, Id second) override {
    gone_.insert(second);
    return ++size_[first];
  }

  int searches = 0;

 private:
  std::vector<double> at_;
  std::vector<bool> needs_search_;
  std::set<Id> gone_;
  std::map<Id, std::int64_t> size_;
};

TEST(Rounds, SearchOnceForAllThatCannotGoOn) {
  Patient linkable({0, 0.1, 5, 5.2, 9, 9.3}, {2, 0, 4});
  const std::vector<Merge> merges = join_reciprocal_nearest(linkable, {0, 1, 2, 3, 4, 5}, 6, 1.0);
  EXPECT_EQ(merges.size(), 3U);
  // All at the start, and all three pairs at the end, where none is within reach.
  EXPECT_EQ(linkable.searches, 2);
}

TEST(Rounds, DoubtWhatOthersContradict) {
  // 0 takes 1 for its nearest, 1 takes 2 and 2 takes 0: each would wait for the next. 1 is nearer
  // to 0 than it knows, and 2 to 1.
  Forgetful linkable;
  const std::vector<Merge> merges = join_reciprocal_nearest(linkable, {0, 1, 2}, 3, 1.0);
  ASSERT_EQ(merges.size(), 1U);
  EXPECT_EQ(merges[0].first, 0);
  EXPECT_EQ(merges[0].second, 1);
  EXPECT_EQ(merges[0].height, 0.5);
  EXPECT_EQ(linkable.doubts, (std::map<Linkable::Id, int>{{1, 1}, {2, 1}}));
}

}  // namespace
}  // namespace facenet
