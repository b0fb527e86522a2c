#include "index/distributed/agglomerate.h"

#include <mutex>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../linkage/samples.h"
#include "../linkage/textbook.h"
#include "base/error.h"
#include "thread_ranks.h"

namespace facenet {
namespace {

using namespace testing_index;

std::vector<float> own_rows(const Sample& sample, const Deal& deal) {
  std::vector<float> rows;
  deal.for_own_runs([&](std::int64_t begin, std::int64_t end) {
    const auto first = sample.values.begin() + begin * sample.dimension;
    rows.insert(rows.end(), first, first + (end - begin) * sample.dimension);
  });
  return rows;
}

/// What each rank returns.
std::vector<Clustering> over_ranks(int size, const Sample& sample,
                                   const AgglomerateOptions& options,
                                   const std::vector<Merge>& done = {},
                                   const EachRound& each_round = {}) {
  std::vector<Clustering> results(static_cast<std::size_t>(size));
  ThreadRanks::run(size, [&](Ranks& ranks) {
    const Deal deal(sample.count(), ranks.rank(), ranks.size());
    const std::vector<float> rows = own_rows(sample, deal);
    results[static_cast<std::size_t>(ranks.rank())] = agglomerate(
        ranks, deal, sample.dimension, rows, sample.constraints(), options, done, each_round);
  });
  return results;
}

void expect_one_process(const Sample& sample, const AgglomerateOptions& options,
                        const std::vector<int>& sizes = {1, 2, 3, 4}) {
  SCOPED_TRACE("n " + std::to_string(sample.count()) + ", dimension " +
               std::to_string(sample.dimension) + ", threshold " +
               std::to_string(options.threshold));
  const Clustering expected = agglomerate(sample.points(), sample.constraints(), options);
  for (const int size : sizes) {
    SCOPED_TRACE(std::to_string(size) + " ranks");
    for (const Clustering& result : over_ranks(size, sample, options)) {
      expect_same_bits(result, expected);
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(Deal, GivesEachPointToOneRank) {
  for (const std::int64_t count : {0, 1, 15, 16, 17, 100, 1000}) {
    for (int size = 1; size <= 5; ++size) {
      std::vector<int> seen(static_cast<std::size_t>(count));
      for (int rank = 0; rank < size; ++rank) {
        const Deal deal(count, rank, size);
        std::int64_t next = 0;
        deal.for_own_runs([&](std::int64_t begin, std::int64_t end) {
          for (; begin < end; ++begin) {
            EXPECT_EQ(deal.owner(begin), rank);
            EXPECT_EQ(deal.slot(begin), next++);
            ++seen[static_cast<std::size_t>(begin)];
          }
        });
        EXPECT_EQ(deal.own_count(), next);
      }
      EXPECT_THAT(seen, testing::Each(1));
    }
  }
}

/// The parameter says which constraints hold, as in constrain().
class Distributed : public testing::TestWithParam<int> {
 protected:
  Random random_{static_cast<unsigned>(GetParam()) + 100};
  void check(Sample sample, double threshold) {
    constrain(random_, sample, GetParam());
    expect_one_process(sample, {.threshold = threshold});
  }
};
INSTANTIATE_TEST_SUITE_P(Constraints, Distributed, testing::Values(0, 1, 2, 4, 8, 15));

TEST_P(Distributed, RanksGiveTheBitsOfOneProcess) {
  for (int i = 0; i < 3 && !HasFailure(); ++i) {
    const double threshold = std::uniform_real_distribution<double>(0.2, 2.2)(random_);
    const auto spread = std::uniform_real_distribution<float>(0.02F, 0.3F)(random_);
    check(clustered(random_, draw(random_, 2, 150), draw(random_, 2, 20), draw(random_, 1, 40),
                    spread, true),
          threshold);
  }
}

TEST_P(Distributed, RanksBreakTiesAsOneProcess) {
  for (int i = 0; i < 3 && !HasFailure(); ++i) {
    const int dimension = draw(random_, 1, 4);
    check(grid(random_, draw(random_, 2, 120), dimension, draw(random_, 1, 4)),
          0.5 * draw(random_, 0, 8 * dimension));
  }
}

TEST_P(Distributed, RanksJoinDuplicatesAtZero) {
  Sample sample = clustered(random_, 60, 7, 60, 0.1F, true);
  const auto once = sample.values;
  for (int copy = 0; copy < 3; ++copy) {
    sample.values.insert(sample.values.end(), once.begin(), once.end());
  }
  check(sample, 0);
}

TEST_P(Distributed, RanksEqualTheTextbook) {
  Sample sample = clustered(random_, 60, 9, 6, 0.2F, true);
  constrain(random_, sample, GetParam());
  const Clustering expected = Textbook(sample.points(), sample.constraints()).run(1);
  for (const Clustering& result : over_ranks(3, sample, {.threshold = 1})) {
    EXPECT_EQ(result.cluster, expected.cluster);
    EXPECT_EQ(result.merges.size(), expected.merges.size());
  }
}

TEST(DistributedFixed, RanksEqualOneProcessWhereListsAreUsedUp) {
  Random random(8);
  for (const int kinds : {0, 15}) {
    // Tight people, and one that takes in all others.
    for (Sample sample :
         {clustered(random, 700, 16, 30, 0.13F, true), clustered(random, 300, 4, 1, 0.5F, true)}) {
      constrain(random, sample, kinds);
      expect_one_process(sample, {.threshold = 1.2}, {2, 3});
    }
  }
}

TEST(DistributedFixed, RanksJoinMostByThemselves) {
  // People far from each other: once each is at one rank, that needs no messages.
  Random random(9);
  const Sample sample = clustered(random, 900, 16, 30, 0.1F, true);
  const Clustering expected = agglomerate(sample.points(), {}, {.threshold = 1});
  ThreadRanks::run(3, [&](Ranks& ranks) {
    CountingRanks counting(ranks);
    const Deal deal(sample.count(), ranks.rank(), ranks.size());
    const Clustering result =
        agglomerate(counting, deal, sample.dimension, own_rows(sample, deal), {}, {.threshold = 1});
    EXPECT_EQ(result.merges.size(), expected.merges.size());
    EXPECT_GT(result.merges.size(), 800U);
    EXPECT_LT(counting.exchanges(), 200);
  });
}

TEST(DistributedFixed, ThreadsOfARankChangeNothing) {
  Random random(5);
  const Sample sample = clustered(random, 1100, 12, 50, 0.13F, true);
  const Clustering expected = agglomerate(sample.points(), {}, {.threshold = 1});
  for (const Clustering& result : over_ranks(2, sample, {.threshold = 1, .threads = 3})) {
    expect_same_bits(result, expected);
  }
}

TEST(DistributedFixed, SeveralProcessesTakeNoneAndOne) {
  for (const int count : {0, 1}) {
    Sample sample;
    sample.values.resize(static_cast<std::size_t>(count));
    for (const Clustering& result : over_ranks(3, sample, {})) {
      EXPECT_EQ(result.clusters, count);
      EXPECT_TRUE(result.merges.empty());
    }
  }
}

TEST(DistributedFixed, GoesOnFromAnyRound) {
  Random random(6);
  Sample sample = clustered(random, 300, 12, 20, 0.15F, true);
  constrain(random, sample, 15);
  sample.values.insert(sample.values.end(), sample.values.begin(), sample.values.begin() + 60);
  for (auto* groups : {&sample.photo, &sample.block, &sample.label}) groups->resize(305, -1);
  const AgglomerateOptions options{.threshold = 1};
  std::vector<std::vector<Merge>> rounds;
  const auto whole = over_ranks(2, sample, options, {}, [&](std::span<const Merge> merges) {
    rounds.emplace_back(merges.begin(), merges.end());
  });
  ASSERT_GT(rounds.size(), 5U);
  for (std::size_t i = 1; i < rounds.size(); i += rounds.size() / 5) {
    for (const int size : {1, 2, 3}) {
      for (const auto& result : over_ranks(size, sample, options, rounds[i])) {
        expect_same_bits(result, whole.front());
      }
    }
  }
  EXPECT_THROW(over_ranks(2, sample, options, {{5, 3, 0.1, 2}}), std::invalid_argument);
}

TEST(DistributedFixed, SeveralProcessesRefuseWhatTheyCannotDo) {
  Random random(7);
  const Sample sample = clustered(random, 40, 3, 2, 0.1F, true);
  EXPECT_THROW(over_ranks(2, sample, {.linkage = Linkage::kComplete}), UsageError);
  EXPECT_THROW(over_ranks(2, sample, {.approximate = true}), UsageError);
  EXPECT_THROW(over_ranks(2, sample, {.threshold = -1}), UsageError);
}

}  // namespace
}  // namespace facenet
