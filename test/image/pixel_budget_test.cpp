#include "image/pixel_budget.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/decode.h"
#include "test/image/samples.h"

namespace facenet {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Runs each of these in a thread of its own, and returns the most pixels that were held at once.
std::int64_t most_held(const std::vector<std::int64_t>& photos) {
  std::mutex mutex;
  std::int64_t held = 0;
  std::int64_t most = 0;
  std::vector<std::jthread> threads;
  for (const std::int64_t pixels : photos)
    threads.emplace_back([&, pixels] {
      for (int i = 0; i < 50; ++i) {
        const PixelShare share(pixels);
        {
          const std::lock_guard lock(mutex);
          held += pixels;
          most = std::max(most, held);
        }
        std::this_thread::yield();
        const std::lock_guard lock(mutex);
        held -= pixels;
      }
    });
  threads.clear();
  return most;
}

TEST(PixelBudget, ThreadsShareOne) {
  EXPECT_LE(most_held(std::vector<std::int64_t>(8, kPixelsAtOnce / 3)), kPixelsAtOnce);
}

TEST(PixelBudget, APhotoOfMoreComesAlone) {
  EXPECT_EQ(most_held({2 * kPixelsAtOnce, 2 * kPixelsAtOnce, kPixelsAtOnce, 5}), 2 * kPixelsAtOnce);
}

TEST(PixelBudget, ASharePassedOnIsGivenBackOnce) {
  {
    PixelShare kept;
    {
      PixelShare first(kPixelsAtOnce);
      kept = std::move(first);
    }
    std::atomic<bool> came = false;
    std::jthread other([&] {
      const PixelShare second(kPixelsAtOnce);
      came = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(came);
    kept = PixelShare();
    other.join();
    EXPECT_TRUE(came);
  }
  EXPECT_LE(most_held({kPixelsAtOnce, kPixelsAtOnce}), kPixelsAtOnce);
}

class WholeFileTest : public ::testing::Test {
 protected:
  std::string write(const std::string& bytes) const { return folder_.write("photo", bytes); }
  TemporaryFolder folder_;
};

/// A lossless WebP file may claim the largest size in its first 25 bytes.
TEST_F(WholeFileTest, OfWhatIsDecodedAsAWholeFewerPixelsAreTaken) {
  const Image small = test::asymmetric(60, 50);
  const std::string webp =
      test::encode(test::vips_picture(small).get(), "webpsave_buffer", "lossless", TRUE);
  const std::string interlaced =
      test::encode(test::vips_picture(small).get(), "pngsave_buffer", "interlace", TRUE);
  const std::string plain = test::encode(test::vips_picture(small).get(), "pngsave_buffer");
  const DecodeOptions options{.max_pixels = 3 * 60 * 50 - 1};
  for (const std::string& bytes : {webp, interlaced}) {
    EXPECT_THAT([&] { PhotoFile(write(bytes), options); },
                ThrowsMessage<DecodeError>(
                    HasSubstr("3,000 pixels are more than the limit of 2,999 for files that are "
                              "decoded as a whole; raise it with --max-pixels")));
    EXPECT_EQ(PhotoFile(write(bytes), {.max_pixels = 9000}).decode().width, 60);
  }
  EXPECT_EQ(PhotoFile(write(plain), options).decode().width, 60);
}

}  // namespace
}  // namespace facenet
