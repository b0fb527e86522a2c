#include "train/data/batch_loader.h"

#include <algorithm>
#include <atomic>
#include <numeric>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "image/decode.h"
#include "test/support/temporary_folder.h"
#include "test/train/data/chips.h"

namespace facenet {
namespace {

class ImageLibraryEnvironment : public testing::Environment {
 public:
  void SetUp() override { library_ = std::make_unique<ImageLibrary>("batches_test"); }
  void TearDown() override { library_.reset(); }

 private:
  std::unique_ptr<ImageLibrary> library_;
};
const testing::Environment* const kEnvironment =
    testing::AddGlobalTestEnvironment(new ImageLibraryEnvironment);

const ChipGeometry kGeometry{.alignment = "arcface-112", .edge = 24, .margin = 4};

std::string write_cache(const TemporaryFolder& folder) {
  write_noise_cache(folder.path("chips.cache"), kGeometry, 5, 4);
  return folder.path("chips.cache");
}

ModelInfo network() {
  ModelInfo info;
  info.height = 24;
  info.width = 20;
  info.alignment = "arcface-112";
  return info;
}

class BatchLoaderTest : public testing::Test {
 protected:
  /// Batches of 0 to 7 chips.
  static std::vector<std::size_t> plan(std::int64_t step) {
    std::vector<std::size_t> chips(static_cast<std::size_t>(step % 8));
    std::iota(chips.begin(), chips.end(), static_cast<std::size_t>(step % 13));
    return chips;
  }

  const TemporaryFolder folder_;
  const ChipCache cache_{write_cache(folder_)};
  const Augmenter augmenter_{kGeometry, network()};
};

TEST_F(BatchLoaderTest, PlainBatchesHoldThePixels) {
  const std::vector<std::size_t> chips = {7, 0, 7};
  const at::Tensor images = plain_batch(cache_, augmenter_, chips);
  EXPECT_EQ(images.sizes(), (at::IntArrayRef{3, 3, 24, 20}));
  EXPECT_TRUE(images.is_contiguous(at::MemoryFormat::ChannelsLast));
  for (std::size_t n = 0; n < chips.size(); ++n) {
    const Image chip = cache_.chip(chips[n]);
    for (const auto& [c, y, x] : {std::tuple(0, 0, 0), {2, 23, 19}, {1, 5, 11}}) {
      EXPECT_EQ(images[static_cast<std::int64_t>(n)][c][y][x].item<float>(),
                static_cast<float>(chip.row(4 + y)[3 * (6 + x) + c]));
    }
  }
}

TEST_F(BatchLoaderTest, BatchesComeInOrderWhateverTheThreads) {
  const auto load = [&](int workers, int ahead) {
    BatchLoader loader(cache_, augmenter_, plan, 5, 3, workers, ahead);
    std::vector<Batch> batches;
    for (int i = 0; i < 30; ++i) batches.push_back(loader.next());
    return batches;
  };
  const auto one = load(1, 1);
  for (std::size_t i = 0; i < one.size(); ++i) {
    const auto step = static_cast<std::int64_t>(i) + 3;
    EXPECT_EQ(one[i].chips, plan(step));
    EXPECT_EQ(one[i].images.sizes(),
              (at::IntArrayRef{static_cast<std::int64_t>(plan(step).size()), 3, 24, 20}));
  }
  for (const auto& [workers, ahead] : {std::pair(2, 2), {3, 1}, {7, 5}}) {
    const auto many = load(workers, ahead);
    for (std::size_t i = 0; i < one.size(); ++i) {
      EXPECT_EQ(many[i].chips, one[i].chips);
      EXPECT_TRUE(many[i].images.equal(one[i].images));
    }
  }
}

TEST_F(BatchLoaderTest, ATeacherSeesTheSameVariations) {
  ModelInfo small = network();
  small.height = small.width = 12;
  const Augmenter teacher(kGeometry, small);
  BatchLoader both(cache_, augmenter_, plan, 5, 3, 2, 2, &teacher);
  BatchLoader network_alone(cache_, augmenter_, plan, 5, 3, 2);
  BatchLoader teacher_alone(cache_, teacher, plan, 5, 3, 2);
  for (int i = 0; i < 10; ++i) {
    const Batch batch = both.next(), plain = network_alone.next();
    EXPECT_TRUE(batch.images.equal(plain.images));
    EXPECT_TRUE(batch.teacher_images.equal(teacher_alone.next().images));
    EXPECT_FALSE(plain.teacher_images.defined());
  }
}

TEST_F(BatchLoaderTest, CarriesOnInTheMiddle) {
  BatchLoader whole(cache_, augmenter_, plan, 5, 0, 2);
  BatchLoader rest(cache_, augmenter_, plan, 5, 10, 2);
  BatchLoader other(cache_, augmenter_, plan, 6, 10, 2);
  for (int i = 0; i < 10; ++i) whole.next();
  for (int i = 0; i < 5; ++i) {
    const Batch expected = whole.next();
    EXPECT_TRUE(rest.next().images.equal(expected.images));
    EXPECT_FALSE(other.next().images.equal(expected.images));
  }
  EXPECT_GE(whole.seconds_waited(), 0);
}

TEST_F(BatchLoaderTest, TheSameChipLooksDifferentEachTime) {
  BatchLoader loader(
      cache_, augmenter_,
      [](std::int64_t) {
        return std::vector<std::size_t>{4, 4};
      },
      1, 0, 1);
  const Batch first = loader.next(), second = loader.next();
  EXPECT_FALSE(first.images[0].equal(first.images[1]));
  EXPECT_FALSE(first.images[0].equal(second.images[0]));
}

TEST_F(BatchLoaderTest, RunsNoFurtherAheadThanItMay) {
  std::atomic<std::int64_t> furthest = -1;
  const auto watched = [&](std::int64_t step) {
    furthest = std::max(furthest.load(), step);
    return plan(step);
  };
  BatchLoader loader(cache_, augmenter_, watched, 1, 0, 3, 2);
  for (std::int64_t step = 0; step < 50; ++step) {
    loader.next();
    EXPECT_LE(furthest, step + 2);
  }
}

TEST_F(BatchLoaderTest, HandsOnWhatAThreadThrows) {
  const auto failing = [](std::int64_t step) {
    if (step == 2) throw Error("no more");
    return plan(step + 1);
  };
  for (const int workers : {1, 3}) {
    BatchLoader loader(cache_, augmenter_, failing, 1, 0, workers, 1);
    loader.next();
    loader.next();
    EXPECT_THROW(loader.next(), Error);
    EXPECT_THROW(loader.next(), Error);
  }
}

TEST_F(BatchLoaderTest, CanBeLeftAtAnyTime) {
  for (int taken = 0; taken < 5; ++taken) {
    BatchLoader loader(cache_, augmenter_, plan, 1, 0, 3, 4);
    for (int i = 0; i < taken; ++i) loader.next();
  }
  EXPECT_THROW(BatchLoader(cache_, augmenter_, plan, 1, 0, 0), UsageError);
  EXPECT_THROW(BatchLoader(cache_, augmenter_, plan, 1, 0, 1, 0), UsageError);
}

}  // namespace
}  // namespace facenet
