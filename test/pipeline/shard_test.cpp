#include "pipeline/shard.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/format.h"
#include "pipeline/scan.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

class ShardTest : public testing::Test {
 protected:
  std::string add(const std::string& name, const std::string& content) const {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  /// The shard of so many that takes the file; 0 when none or several do.
  static int taker_of(const std::string& path, int count) {
    int taker = 0;
    int takers = 0;
    for (int number = 1; number <= count; ++number)
      if (Shard{.number = number, .count = count}.holds(path)) {
        taker = number;
        ++takers;
      }
    return takers == 1 ? taker : 0;
  }

  const TemporaryFolder folder_;
};

TEST_F(ShardTest, EveryFileIsOfOneShardAndShardsAreOfEqualSize) {
  constexpr int kFiles = 400;
  for (const int count : {1, 2, 3, 8}) {
    std::vector<int> files(static_cast<std::size_t>(count) + 1);
    for (int i = 0; i < kFiles; ++i)
      ++files[static_cast<std::size_t>(taker_of(add("x", fmt::format("photo {}", i)), count))];
    EXPECT_EQ(files[0], 0) << "of no shard, or of several";
    for (int number = 1; number <= count; ++number)
      EXPECT_NEAR(files[static_cast<std::size_t>(number)], kFiles / count, kFiles / count / 2);
  }
}

TEST_F(ShardTest, CopiesAreOfOneShardWhateverTheirNames) {
  const std::string bytes(100'000, 'a');
  const int taker = taker_of(add("a.jpg", bytes), 64);
  EXPECT_NE(taker, 0);
  EXPECT_EQ(taker_of(add("b.jpg", bytes), 64), taker);
  // The rest of a file is not read: its size tells most of what the head does not.
  std::string other_end = bytes;
  other_end.back() = 'b';
  EXPECT_EQ(taker_of(add("c.jpg", other_end), 64), taker);
  int others = 0;
  for (int more = 1; more <= 10; ++more)
    others += taker_of(add("d.jpg", bytes + std::string(static_cast<std::size_t>(more), 'a')),
                       64) != taker;
  EXPECT_GT(others, 5);
}

TEST_F(ShardTest, AFileThatCannotBeReadIsOfTheFirst) {
  EXPECT_EQ(taker_of(folder_.path() + "/nowhere.jpg", 4), 1);
}

TEST_F(ShardTest, AScanLeavesTheOthersOut) {
  for (int i = 0; i < 20; ++i) add(fmt::format("{:02}.jpg", i), fmt::format("photo {}", i));
  std::size_t files = 0;
  for (int number = 1; number <= 2; ++number) {
    Exclusion exclusion;
    exclusion.keep_shard({.number = number, .count = 2});
    const ScanResult result = scan({folder_.path()}, exclusion);
    EXPECT_EQ(result.files.size() + result.of_other_shards.size(), 20U);
    EXPECT_EQ(result.excluded.files_of_other_shards, std::ssize(result.of_other_shards));
    EXPECT_TRUE(std::ranges::is_sorted(result.files, {}, &FoundFile::path));
    EXPECT_TRUE(std::ranges::is_sorted(result.of_other_shards, {}, &FoundFile::path));
    files += result.files.size();
  }
  EXPECT_EQ(files, 20U);
}

TEST(ShardWords, AreReadAndRefused) {
  const Shard shard = parse_shard("3/12");
  EXPECT_EQ(shard.number, 3);
  EXPECT_EQ(shard.count, 12);
  for (const char* word : {"", "/", "0/3", "4/3", "1/", "-1/3", "1/3x", " 1/3", "1/99999999999"})
    EXPECT_THROW(parse_shard(word), UsageError) << word;
}

}  // namespace
}  // namespace facenet
