#include "people/stacks/stacks.h"

#include <bit>
#include <random>

#include <gmock/gmock.h>

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kNoon = 1'795'867'200;
constexpr std::uint64_t kScene = 0x0123'4567'89ab'cdef;

TEST(Stacks, AreOfAMinuteOrOfOnePicture) {
  EXPECT_TRUE(are_one_stack({.taken = kNoon}, {.taken = kNoon + 60}));
  EXPECT_FALSE(are_one_stack({.taken = kNoon}, {.taken = kNoon + 61}));
  EXPECT_FALSE(are_one_stack({}, {})) << "photos of which nothing is known";
  EXPECT_TRUE(are_one_stack({.perceptual_hash = kScene},
                            {.perceptual_hash = kScene ^ 0x8000'0000'0001'0100}));
  EXPECT_FALSE(are_one_stack({.perceptual_hash = kScene}, {.perceptual_hash = kScene ^ 0xf}));
  EXPECT_TRUE(are_one_stack({.taken = kNoon, .perceptual_hash = kScene},
                            {.taken = kNoon + 86'400, .perceptual_hash = kScene}))
      << "a copy that says another time";
}

TEST(Stacks, BeginWithTheFirst) {
  const std::vector<PhotoMoment> photos = {
      {.taken = kNoon},
      {},
      {.taken = kNoon + 40},
      {.taken = kNoon + 80},  // near the third, but not near the first
      {.taken = kNoon - 60, .perceptual_hash = kScene},
      {.perceptual_hash = kScene},
      {},
  };
  EXPECT_THAT(stacks_of(photos), ElementsAre(0, 1, 0, 3, 0, 5, 6));
  EXPECT_THAT(stacks_of({}), IsEmpty());
}

TEST(Stacks, AreThoseThatLookingAtAllPairsGives) {
  std::mt19937_64 random(7);
  std::vector<PhotoMoment> photos;
  for (int i = 0; i < 400; ++i) {
    PhotoMoment moment;
    if (random() % 3 != 0) moment.taken = kNoon + static_cast<std::int64_t>(random() % 20'000);
    if (random() % 4 != 0) {
      std::uint64_t hash = kScene * (1 + random() % 40);
      for (std::uint64_t k = random() % 5; k > 0; --k) hash ^= std::uint64_t{1} << random() % 64;
      moment.perceptual_hash = hash;
    }
    photos.push_back(moment);
  }
  std::vector<std::size_t> expected, firsts;
  for (std::size_t i = 0; i < photos.size(); ++i) {
    std::size_t stack = i;
    for (const std::size_t first : firsts)
      if (are_one_stack(photos[first], photos[i])) {
        stack = first;
        break;
      }
    if (stack == i) firsts.push_back(i);
    expected.push_back(stack);
  }
  ASSERT_LT(firsts.size(), 350U);
  EXPECT_EQ(stacks_of(photos), expected);
}

}  // namespace
}  // namespace facenet
