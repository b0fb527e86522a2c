#include "index/linkage/agglomerate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <ranges>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "samples.h"
#include "textbook.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using namespace testing_index;
void expect_same(const Clustering& actual, const Clustering& expected) {
  ASSERT_EQ(actual.cluster, expected.cluster);
  ASSERT_EQ(actual.clusters, expected.clusters);
  ASSERT_EQ(actual.merges.size(), expected.merges.size());
  for (std::size_t i = 0; i < actual.merges.size(); ++i) {
    ASSERT_EQ(actual.merges[i].first, expected.merges[i].first) << "join " << i;
    ASSERT_EQ(actual.merges[i].second, expected.merges[i].second) << "join " << i;
    ASSERT_NEAR(actual.merges[i].height, expected.merges[i].height, 1e-9) << "join " << i;
    ASSERT_EQ(actual.merges[i].size, expected.merges[i].size) << "join " << i;
  }
}

void expect_textbook(const Sample& sample, double threshold) {
  SCOPED_TRACE("n " + std::to_string(sample.count()) + ", dimension " +
               std::to_string(sample.dimension) + ", threshold " + std::to_string(threshold));
  Textbook textbook(sample.points(), sample.constraints());
  AgglomerateOptions options{.threshold = threshold, .threads = 1, .method = Method::kRangeGraph};
  const auto graph = agglomerate(sample.points(), sample.constraints(), options);
  expect_same(graph, textbook.run(threshold));
  options.method = Method::kMatrixFree;
  expect_same_bits(agglomerate(sample.points(), sample.constraints(), options), graph);
  options.method = Method::kAutomatic;
  for (const Linkage linkage : {Linkage::kComplete, Linkage::kSingle}) {
    SCOPED_TRACE(linkage == Linkage::kComplete ? "complete" : "single");
    options.linkage = linkage;
    expect_same(agglomerate(sample.points(), sample.constraints(), options),
                Textbook(sample.points(), sample.constraints()).run(threshold, linkage));
  }
}

/// The parameter says which constraints hold, as in constrain().
class Agglomerate : public testing::TestWithParam<int> {
 protected:
  Random random_{static_cast<unsigned>(GetParam()) + 1};
  void check(Sample sample, double threshold) {
    constrain(random_, sample, GetParam());
    expect_textbook(sample, threshold);
  }
};
INSTANTIATE_TEST_SUITE_P(Constraints, Agglomerate, testing::Range(0, 16));

TEST_P(Agglomerate, EqualsTheTextbookOnTheSphere) {
  for (int i = 0; i < 12 && !HasFailure(); ++i) {
    const double threshold = std::uniform_real_distribution<double>(0.2, 2.2)(random_);
    const auto spread = std::uniform_real_distribution<float>(0.02F, 0.3F)(random_);
    check(clustered(random_, draw(random_, 2, 60), draw(random_, 2, 20), draw(random_, 1, 12),
                    spread, true),
          threshold);
  }
}

TEST_P(Agglomerate, EqualsTheTextbookOffTheSphere) {
  for (int i = 0; i < 8 && !HasFailure(); ++i) {
    const double threshold = std::uniform_real_distribution<double>(0.1, 3)(random_);
    check(clustered(random_, draw(random_, 2, 60), draw(random_, 1, 9), draw(random_, 1, 9), 0.3F,
                    false),
          threshold);
  }
}

TEST_P(Agglomerate, BreaksTiesAsTheTextbook) {
  for (int i = 0; i < 12 && !HasFailure(); ++i) {
    const int dimension = draw(random_, 1, 4);
    // Half of the thresholds are heights that occur.
    const double threshold = 0.5 * draw(random_, 0, 8 * dimension);
    check(grid(random_, draw(random_, 2, 50), dimension, draw(random_, 1, 4)), threshold);
  }
}

TEST_P(Agglomerate, JoinsDuplicatesAtZero) {
  for (int i = 0; i < 4 && !HasFailure(); ++i) {
    Sample sample = clustered(random_, 12, 7, 12, 0.1F, true);
    const auto once = sample.values;
    for (int copy = 0; copy < 3; ++copy) {
      sample.values.insert(sample.values.end(), once.begin(), once.end());
    }
    check(sample, 0);
  }
}

TEST_P(Agglomerate, EqualsTheTextbookAtTheExtremes) {
  check(clustered(random_, 50, 6, 5, 0.1F, true), 4);      // one giant cluster
  check(clustered(random_, 50, 6, 50, 0.1F, true), 1e-9);  // all alone
  check(clustered(random_, 100, 24, 3, 0.08F, true), 1.0);
}

TEST(AgglomerateFixed, TakesNoneOneAndTwo) {
  const auto none = agglomerate({}, {}, {1.0, 1});
  EXPECT_TRUE(none.cluster.empty());
  EXPECT_EQ(none.clusters, 0);

  const std::vector<float> values{0, 3, 4, 7};  // (0, 3) and (4, 7): 32 apart
  EXPECT_THAT(agglomerate({std::span(values).first(2), 1, 2}, {}, {1.0, 1}).cluster,
              ElementsAre(0));
  EXPECT_THAT(agglomerate({values, 2, 2}, {}, {31.9, 1}).cluster, ElementsAre(0, 1));
  const auto both = agglomerate({values, 2, 2}, {}, {32, 1});
  EXPECT_THAT(both.cluster, ElementsAre(0, 0));
  ASSERT_EQ(both.merges.size(), 1U);
  EXPECT_EQ(both.merges[0].height, 32);
  EXPECT_EQ(both.merges[0].size, 2);
}

TEST(AgglomerateFixed, HandComputedJoins) {
  // On a line: 0 1 | 3 | 10. Join (0, 1) at 1; then {0, 1} and 3 at (9 + 4) / 2; 10 stays away.
  const std::vector<float> values{10, 0, 3, 1};
  const auto result = agglomerate({values, 4, 1}, {}, {6.5, 1});
  EXPECT_THAT(result.cluster, ElementsAre(0, 1, 1, 1));
  ASSERT_EQ(result.merges.size(), 2U);
  EXPECT_EQ(result.merges[0].first, 1);
  EXPECT_EQ(result.merges[0].second, 3);
  EXPECT_EQ(result.merges[0].height, 1);
  EXPECT_EQ(result.merges[1].first, 1);
  EXPECT_EQ(result.merges[1].second, 2);
  EXPECT_EQ(result.merges[1].height, 6.5);
  EXPECT_EQ(agglomerate({values, 4, 1}, {}, {6.49, 1}).clusters, 3);
}

TEST(AgglomerateFixed, ACutAtAHeightIncludesIt) {
  // Three turns of one point, and a fourth point as far from each: rounding may bring their mean
  // distance below that of every pair.
  Random random(17);
  std::uniform_real_distribution<float> uniform(0.5F, 1);
  for (int i = 0; i < 500; ++i) {
    const float a = uniform(random);
    const float b = uniform(random);
    const float c = uniform(random);
    const std::vector<float> values{a, b, c, b, c, a, c, a, b, -1, -1, -1};
    const auto whole = agglomerate({values, 4, 3}, {}, {100, 1});
    ASSERT_EQ(whole.clusters, 1);
    ASSERT_EQ(agglomerate({values, 4, 3}, {}, {whole.merges.back().height, 1}).clusters, 1)
        << a << " " << b << " " << c;
  }
}

TEST(AgglomerateFixed, PhotosKeepFacesApartUnlessABlockHoldsThem) {
  const std::vector<float> values{0, 1, 2, 3};
  const std::vector<std::int64_t> photo{7, 7, 8, 9};
  const std::vector<std::int64_t> block{-1, 4, 4, -1};
  const std::vector<std::int64_t> collage{4, 4, -1, -1};
  // (0) cannot join (1, 2), which holds photo 7 as well; 3 can.
  EXPECT_THAT(agglomerate({values, 4, 1}, {photo, block}, {100, 1}).cluster,
              ElementsAre(0, 1, 1, 1));
  // Both faces of photo 7 together is what the user said; they are then a photo like any other.
  EXPECT_THAT(agglomerate({values, 4, 1}, {photo, collage}, {100, 1}).cluster,
              ElementsAre(0, 0, 0, 0));
}

TEST(AgglomerateFixed, BlocksAreNoJoinsAndLieAnyDistanceApart) {
  const std::vector<float> values{0, 1000, 1, 1001};
  const std::vector<std::int64_t> block{5, 5, -1, -1};
  const auto result = agglomerate({values, 4, 1}, {.block = block}, {2, 1});
  EXPECT_THAT(result.cluster, ElementsAre(0, 0, 1, 2));
  EXPECT_TRUE(result.merges.empty());
}

TEST(AgglomerateFixed, ABlockOfTwoLabelsJoinsNoLabel) {
  const std::vector<float> values{0, 0, 1, 2, 100};
  const std::vector<std::int64_t> block{3, 3, -1, -1, -1};
  const std::vector<std::int64_t> label{1, 2, 1, -1, -1};
  EXPECT_THAT(agglomerate({values, 5, 1}, {.block = block, .label = label}, {50, 1}).cluster,
              ElementsAre(0, 0, 1, 1, 2));
}

std::vector<float> permuted(const Sample& sample, const std::vector<std::size_t>& order) {
  std::vector<float> values;
  for (const std::size_t i : order) {
    const auto row = sample.points().row(static_cast<std::int64_t>(i));
    values.insert(values.end(), row.begin(), row.end());
  }
  return values;
}

/// Every way to cluster, over points enough for many tiles, used-up lists and searches.
std::vector<AgglomerateOptions> every_way(double threshold) {
  std::vector<AgglomerateOptions> ways;
  for (const Method method : {Method::kAutomatic, Method::kRangeGraph, Method::kMatrixFree}) {
    ways.push_back({.threshold = threshold, .method = method});
  }
  ways.push_back({.threshold = threshold, .linkage = Linkage::kComplete});
  // At the same threshold it would join all into one.
  ways.push_back({.threshold = threshold / 3, .linkage = Linkage::kSingle});
  return ways;
}

TEST(AgglomerateFixed, ThreadsChangeNothing) {
  Random random(99);
  Sample sample = clustered(random, 1700, 16, 90, 0.13F, true);
  constrain(random, sample, 15);
  for (AgglomerateOptions options : every_way(0.9)) {
    options.threads = 1;
    const auto one = agglomerate(sample.points(), sample.constraints(), options);
    ASSERT_GT(one.merges.size(), 500U);
    for (const int threads : {2, 3}) {
      options.threads = threads;
      expect_same_bits(agglomerate(sample.points(), sample.constraints(), options), one);
    }
  }
}

TEST(AgglomerateFixed, OrderChangesOnlyTheNumbers) {
  Random random(98);
  const Sample sample = clustered(random, 1700, 16, 90, 0.13F, true);
  std::vector<std::size_t> order(1700);
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin(), order.end(), random);
  const auto values = permuted(sample, order);
  for (const AgglomerateOptions& options : every_way(0.9)) {
    const auto one = agglomerate(sample.points(), {}, options);
    const auto other = agglomerate({values, 1700, 16}, {}, options);
    ASSERT_GT(one.clusters, 20);
    ASSERT_LT(one.clusters, 1000);
    EXPECT_EQ(other.clusters, one.clusters);
    std::map<std::int32_t, std::int32_t> renumbered;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto entry = renumbered.emplace(other.cluster[i], one.cluster[order[i]]).first;
      EXPECT_EQ(entry->second, one.cluster[order[i]]);
    }
  }
}

TEST(AgglomerateFixed, BothFormsGiveTheSameBits) {
  Random random(97);
  // Strong and weak models: at the last, every pair is near and one cluster takes in all others.
  for (const float spread : {0.05F, 0.15F, 0.4F}) {
    for (const int kinds : {0, 1, 9, 15}) {
      Sample sample = clustered(random, 1300, 12, 40, spread, true);
      constrain(random, sample, kinds);
      AgglomerateOptions options{.threshold = 1.4, .threads = 2, .method = Method::kRangeGraph};
      const auto graph = agglomerate(sample.points(), sample.constraints(), options);
      options.method = Method::kMatrixFree;
      expect_same_bits(agglomerate(sample.points(), sample.constraints(), options), graph);
    }
  }
}

TEST(AgglomerateFixed, ThousandsOfCopiesOfFewVectors) {
  std::vector<float> values;
  for (int i = 0; i < 6000; ++i) values.push_back(static_cast<float>(i % 3));
  for (const AgglomerateOptions& options : every_way(0.5)) {
    EXPECT_EQ(agglomerate({values, 6000, 1}, {}, options).clusters, 3);
  }
}

TEST(AgglomerateFixed, AnApproximateSearchFindsPeopleThatAreFarApart) {
  Random random(96);
  const Sample sample = clustered(random, 3000, 32, 150, 0.05F, true);
  const auto exact = agglomerate(sample.points(), {}, {.threshold = 0.6});
  AgglomerateOptions options{.threshold = 0.6, .approximate = true};
  const auto approximate = agglomerate(sample.points(), {}, options);
  EXPECT_EQ(approximate.cluster, exact.cluster);
  EXPECT_GT(approximate.recall, 0.99);
  options.threads = 3;
  expect_same_bits(agglomerate(sample.points(), {}, options), approximate);
}

/// Unit vectors of people of very different sizes, whose faces lie close to their person and far
/// from it: the good ones are the nearest of all others, which know no further neighbours.
Sample uneven(Random& random, int count, int dimension) {
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> cosine(0.5F, 0.98F);
  const auto direction = [&](unsigned seed) {
    Random own(seed);
    std::vector<float> values(static_cast<std::size_t>(dimension));
    for (float& value : values) value = normal(own);
    return values;
  };
  const auto norm_of = [](const std::vector<float>& values) {
    return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0F));
  };
  Sample sample;
  sample.dimension = dimension;
  for (int i = 0; i < count; ++i) {
    const int person = draw(random, 0, 1) == 0 ? 0 : draw(random, 1, count / 20);
    const std::vector<float> centre = direction(static_cast<unsigned>(person) + 1);
    const std::vector<float> aside = direction(static_cast<unsigned>(count + i) + 1);
    const float along = cosine(random);
    const float across = std::sqrt(1 - along * along);
    std::vector<float> face;
    for (std::size_t k = 0; k < centre.size(); ++k) {
      face.push_back(along * centre[k] / norm_of(centre) + across * aside[k] / norm_of(aside));
    }
    const float norm = norm_of(face);
    for (const float value : face) sample.values.push_back(value / norm);
  }
  return sample;
}

TEST(AgglomerateFixed, AnApproximateSearchFindsLargePeople) {
  Random random(98);
  const Sample sample = uneven(random, 12000, 64);
  const auto exact = agglomerate(sample.points(), {}, {.threshold = 1.3});
  AgglomerateOptions options{.threshold = 1.3, .approximate = true};
  const auto approximate = agglomerate(sample.points(), {}, options);
  EXPECT_NEAR(static_cast<double>(approximate.merges.size()),
              static_cast<double>(exact.merges.size()), 60);
  const auto largest = [](const Clustering& clustering) {
    std::map<std::int64_t, int> sizes;
    for (const auto cluster : clustering.cluster) ++sizes[cluster];
    return std::ranges::max(sizes | std::views::values);
  };
  EXPECT_GT(largest(exact), 5000);
  EXPECT_NEAR(largest(approximate), largest(exact), 100);
  options.threads = 3;
  expect_same_bits(agglomerate(sample.points(), {}, options), approximate);
}

TEST(AgglomerateFixed, RefusesOptionsThatDoNotGoTogether) {
  const std::vector<float> values{0, 1};
  const Points points{values, 2, 1};
  for (const Linkage linkage : {Linkage::kComplete, Linkage::kSingle}) {
    EXPECT_THROW(agglomerate(points, {}, {.linkage = linkage, .method = Method::kMatrixFree}),
                 UsageError);
    EXPECT_THROW(agglomerate(points, {}, {.linkage = linkage, .approximate = true}), UsageError);
  }
}

TEST(AgglomerateFixed, RefusesBadInput) {
  const std::vector<float> values{0, std::numeric_limits<float>::quiet_NaN()};
  EXPECT_THROW(agglomerate({values, 2, 1}, {}, {1.0, 1}), Error);
  const std::vector<float> good{0, 1};
  EXPECT_THROW(agglomerate({good, 2, 1}, {}, {-0.1, 1}), UsageError);
  EXPECT_THROW(agglomerate({good, 2, 1}, {}, {std::nan(""), 1}), UsageError);
  EXPECT_THROW(agglomerate({good, 2, 1}, {}, {1.0, 0}), UsageError);
  const std::vector<std::int64_t> three{1, 2, 3};
  EXPECT_THROW(agglomerate({good, 2, 1}, {three}, {1.0, 1}), std::invalid_argument);
}

}  // namespace
}  // namespace facenet
