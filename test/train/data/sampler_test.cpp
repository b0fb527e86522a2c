#include "train/data/sampler.h"

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"

namespace facenet {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// `faces(p)` faces of each person p, mixed up.
template <class Count>
std::vector<std::int32_t> crowd(int people, const Count& faces) {
  std::vector<std::int32_t> identity;
  for (int person = 0; person < people; ++person) {
    identity.insert(identity.end(), static_cast<std::size_t>(faces(person)), person);
  }
  std::vector<std::int32_t> mixed;
  for (const std::size_t i : shuffled(identity.size(), 3)) mixed.push_back(identity[i]);
  return mixed;
}

std::map<std::int32_t, int> count_people(const std::vector<std::size_t>& batch,
                                         const std::vector<std::int32_t>& identity) {
  std::map<std::int32_t, int> counts;
  for (const std::size_t face : batch) ++counts[identity[face]];
  return counts;
}

TEST(IdentitySampler, TakesPeopleAndTheirFaces) {
  const auto identity = crowd(100, [](int person) { return 2 + person % 9; });
  const IdentitySampler sampler(identity, {.people = 12, .images = 5}, 1);
  for (std::int64_t step = 0; step < 40; ++step) {
    const auto batch = sampler.batch(step);
    EXPECT_EQ(std::set(batch.begin(), batch.end()).size(), batch.size());
    const auto counts = count_people(batch, identity);
    EXPECT_LE(counts.size(), 12U);
    EXPECT_GE(counts.size(), 8U);  // where two passes meet, who is in both comes once
    for (const auto& [person, count] : counts) EXPECT_EQ(count, std::min(2 + person % 9, 5));
    std::set<std::int32_t> seen;  // faces of one person stand together
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (i > 0 && identity[batch[i]] == identity[batch[i - 1]]) continue;
      EXPECT_TRUE(seen.insert(identity[batch[i]]).second);
    }
  }
}

TEST(IdentitySampler, VisitsEverybodyOnceAPass) {
  const auto identity = crowd(60, [](int) { return 3; });
  const IdentitySampler sampler(identity, {.people = 12, .images = 2}, 9);
  EXPECT_EQ(sampler.steps_per_pass(), 5);
  std::vector<std::int32_t> last;
  for (std::int64_t pass = 0; pass < 10; ++pass) {
    std::set<std::int32_t> seen;
    std::vector<std::int32_t> order;
    for (std::int64_t step = 5 * pass; step < 5 * pass + 5; ++step) {
      for (const auto& [person, count] : count_people(sampler.batch(step), identity)) {
        EXPECT_TRUE(seen.insert(person).second);
        order.push_back(person);
      }
    }
    EXPECT_EQ(seen.size(), 60U);
    EXPECT_NE(order, last);
    last = order;
  }
}

TEST(IdentitySampler, VisitsEverybodyAsOftenWherePassesDoNotFitBatches) {
  const auto identity = crowd(50, [](int) { return 2; });
  const IdentitySampler sampler(identity, {.people = 12, .images = 2}, 4);
  std::map<std::int32_t, int> visits;
  for (std::int64_t step = 0; step < 50; ++step) {  // 12 passes
    for (const auto& [person, count] : count_people(sampler.batch(step), identity)) {
      ++visits[person];
    }
  }
  // A visit less for each time that two passes meet in a batch and the person is in both.
  for (int person = 0; person < 50; ++person) {
    EXPECT_LE(visits[person], 12);
    EXPECT_GE(visits[person], 8);
  }
}

TEST(IdentitySampler, DrawsDifferentFacesEachTime) {
  const auto identity = crowd(2, [](int) { return 50; });
  const IdentitySampler sampler(identity, {.people = 2, .images = 5}, 1);
  std::vector<int> drawn(identity.size());
  for (std::int64_t step = 0; step < 1000; ++step) {
    for (const std::size_t face : sampler.batch(step)) ++drawn[face];
  }
  for (const int count : drawn) EXPECT_NEAR(count, 100, 40);
}

TEST(IdentitySampler, IsAFunctionOfSeedAndStep) {
  const auto identity = crowd(70, [](int person) { return 1 + person % 5; });
  const IdentityBatchOptions options{.people = 10, .images = 3, .negatives = 6};
  const IdentitySampler first(identity, options, 1), again(identity, options, 1);
  const IdentitySampler other(identity, options, 2);
  for (std::int64_t step = 30; step >= 0; --step) {
    EXPECT_EQ(first.batch(30 - step), again.batch(30 - step));
    EXPECT_NE(first.batch(step), other.batch(step));
  }
}

TEST(IdentitySampler, NegativesAreOtherPeople) {
  // The second half of the people have one face, and can only be negatives.
  const auto identity = crowd(40, [](int person) { return person < 20 ? 4 : 1; });
  const IdentitySampler sampler(identity, {.people = 5, .images = 3, .negatives = 20}, 1);
  std::set<std::int32_t> ever;
  for (std::int64_t step = 0; step < 50; ++step) {
    const auto batch = sampler.batch(step);
    ASSERT_EQ(batch.size(), 5U * 3 + 20);
    EXPECT_EQ(std::set(batch.begin(), batch.end()).size(), batch.size());
    const auto people = count_people({batch.begin(), batch.begin() + 15}, identity);
    for (const auto& [person, count] : people) EXPECT_LT(person, 20);
    for (std::size_t i = 15; i < batch.size(); ++i) {
      EXPECT_FALSE(people.contains(identity[batch[i]]));
      ever.insert(identity[batch[i]]);
    }
  }
  EXPECT_EQ(ever.size(), 40U);
}

TEST(IdentitySampler, NegativesFillABatchUp) {
  // 2 to 4 faces a person, so that the people leave a varying number of places.
  const auto identity = crowd(40, [](int person) { return 2 + person % 3; });
  const IdentitySampler sampler(identity, {.people = 5, .images = 3, .exemplars = 30}, 1);
  for (std::int64_t step = 0; step < 20; ++step) {
    const auto batch = sampler.batch(step);
    EXPECT_EQ(batch.size(), 30U);
    EXPECT_EQ(std::set(batch.begin(), batch.end()).size(), batch.size());
  }
  const IdentitySampler large(identity, {.people = 5, .images = 3, .exemplars = 1000}, 1);
  // All faces there are, but for those of its people beyond three each.
  EXPECT_GT(large.batch(0).size(), identity.size() - 6);
}

TEST(IdentitySampler, TakesWhatNegativesThereAre) {
  const auto identity = crowd(3, [](int) { return 4; });
  const IdentitySampler sampler(identity, {.people = 2, .images = 4, .negatives = 100}, 1);
  EXPECT_EQ(sampler.batch(0).size(), 12U);
}

TEST(IdentitySampler, ABatchComesFromOneDataSet) {
  // Set 0 has 20 people, set 1 has 60, set 2 nobody with two faces.
  const auto identity = crowd(90, [](int person) { return person < 80 ? 3 : 1; });
  std::vector<std::int32_t> data_set;
  for (int person = 0; person < 90; ++person) {
    data_set.push_back(person < 80 ? person % 4 != 0 : 2);
  }
  const IdentitySampler sampler(identity, {.people = 10, .images = 3, .negatives = 9}, 3, data_set);
  ASSERT_EQ(sampler.steps_per_pass(), 8);
  std::vector<std::int32_t> sets;
  for (std::int64_t pass = 0; pass < 20; ++pass) {
    std::map<std::int32_t, int> batches, visits;
    for (std::int64_t step = 8 * pass; step < 8 * pass + 8; ++step) {
      const auto batch = sampler.batch(step);
      EXPECT_EQ(batch.size(), 10U * 3 + 9);
      const std::int32_t set = data_set[static_cast<std::size_t>(identity[batch[0]])];
      for (const std::size_t face : batch) {
        EXPECT_EQ(data_set[static_cast<std::size_t>(identity[face])], set);
      }
      for (std::size_t i = 0; i < 30; i += 3) ++visits[identity[batch[i]]];
      ++batches[set];
      sets.push_back(set);
    }
    EXPECT_EQ(batches[0], 2);
    EXPECT_EQ(batches[1], 6);
    EXPECT_EQ(visits.size(), 80U);  // everybody once, in every pass
  }
  EXPECT_FALSE(std::equal(sets.begin(), sets.begin() + 80, sets.begin() + 80));
}

TEST(IdentitySampler, TakesEverybodyWhereThereAreFew) {
  const auto identity = crowd(7, [](int) { return 2; });
  const IdentitySampler sampler(identity, {}, 1);
  for (std::int64_t step = 0; step < 5; ++step) EXPECT_EQ(sampler.batch(step).size(), 14U);
}

TEST(IdentitySampler, RefusesWhatCannotBe) {
  const auto lonely = crowd(5, [](int) { return 1; });
  EXPECT_THAT([&] { IdentitySampler(lonely, {}, 1); },
              ThrowsMessage<Error>(HasSubstr("two images")));
  EXPECT_THROW(IdentityBatchOptions{.people = 0}.validate(), UsageError);
  EXPECT_THROW(IdentityBatchOptions{.images = 1}.validate(), UsageError);
  EXPECT_THROW(IdentityBatchOptions{.negatives = -1}.validate(), UsageError);
  IdentityBatchOptions filled{.people = 3, .images = 4, .exemplars = 12};
  EXPECT_NO_THROW(filled.validate());
  filled.exemplars = 11;
  EXPECT_THROW(filled.validate(), UsageError);
  filled = {.people = 3, .images = 4, .negatives = 1, .exemplars = 20};
  EXPECT_THROW(filled.validate(), UsageError);
  EXPECT_THROW(IdentityBatchOptions{.exemplars = -1}.validate(), UsageError);
}

TEST(EpochSampler, GivesEveryFaceAtMostOnceAnEpoch) {
  const EpochSampler sampler(103, 10, 1);
  ASSERT_EQ(sampler.steps_per_epoch(), 10);
  std::set<std::size_t> ever;
  std::vector<std::size_t> last;
  for (std::int64_t epoch = 0; epoch < 30; ++epoch) {
    std::vector<std::size_t> faces;
    for (std::int64_t step = 10 * epoch; step < 10 * epoch + 10; ++step) {
      const auto batch = sampler.batch(step);
      EXPECT_EQ(batch.size(), 10U);
      faces.insert(faces.end(), batch.begin(), batch.end());
    }
    const std::set<std::size_t> different(faces.begin(), faces.end());
    EXPECT_EQ(different.size(), 100U);
    EXPECT_LT(*different.rbegin(), 103U);
    ever.insert(different.begin(), different.end());
    EXPECT_NE(faces, last);
    last = faces;
  }
  EXPECT_EQ(ever.size(), 103U);  // what one epoch leaves out, another has
}

TEST(EpochSampler, IsAFunctionOfSeedAndStep) {
  const EpochSampler first(50, 7, 1), again(50, 7, 1), other(50, 7, 2);
  for (std::int64_t step = 30; step >= 0; --step) {
    EXPECT_EQ(first.batch(30 - step), again.batch(30 - step));
    EXPECT_NE(first.batch(step), other.batch(step));
    EXPECT_EQ(again.batch(step), first.batch(step));
  }
}

TEST(EpochSampler, TakesAllWhereABatchWouldHoldMore) {
  const EpochSampler sampler(5, 32, 1);
  EXPECT_EQ(sampler.steps_per_epoch(), 1);
  EXPECT_THAT(sampler.batch(3), testing::UnorderedElementsAre(0, 1, 2, 3, 4));
  EXPECT_THROW(EpochSampler(0, 1, 1), Error);
  EXPECT_THROW(EpochSampler(5, 0, 1), UsageError);
}

}  // namespace
}  // namespace facenet
