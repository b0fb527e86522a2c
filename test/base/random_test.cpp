#include "base/random.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

namespace facenet {
namespace {

TEST(Random, IsSplitmix64) {
  // The first numbers from the seed 1234567 as the generator's published C code gives them.
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
  EXPECT_EQ(random.next(), 9817491932198370423U);
  EXPECT_EQ(splitmix64(1234567), 6457827717110365317U);
}

TEST(SeedOf, TellsOrderAndNumberOfItsParts) {
  EXPECT_EQ(seed_of({7, 8}), chained_hash(chained_hash(0, 7), 8));
  EXPECT_NE(seed_of({7, 8}), seed_of({8, 7}));
  EXPECT_NE(seed_of({7}), seed_of({7, 0}));
  EXPECT_NE(seed_of({0}), seed_of({0, 0}));
}

TEST(Shuffled, GivesEveryOrderEquallyOften) {
  std::map<std::vector<std::size_t>, int> orders;
  for (std::uint64_t seed = 0; seed < 24'000; ++seed) ++orders[shuffled(4, seed_of({5, seed}))];
  EXPECT_EQ(orders.size(), 24U);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, 1000, 150);
}

}  // namespace
}  // namespace facenet
