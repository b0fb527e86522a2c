#include "index/distributed/checkpoint.h"

#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "test/support/temporary_folder.h"
#include "thread_ranks.h"

namespace facenet {
namespace {

using namespace std::chrono_literals;
using namespace testing_index;
using testing::HasSubstr;
using testing::ThrowsMessage;

class CheckpointTest : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::string path_ = folder_.path("joins");
  const LinkageCheckpoint::Input input_{.hash = 7, .count = 9, .threshold = 0.5};
  const std::vector<Merge> merges_{{0, 4, 0.25, 2}, {0, 8, 0.5, 3}};
};

TEST_F(CheckpointTest, GivesBackWhatWasWritten) {
  LinkageCheckpoint checkpoint(path_, input_);
  EXPECT_TRUE(checkpoint.read().empty());
  checkpoint.write(merges_, 1h);
  EXPECT_FALSE(std::filesystem::exists(path_)) << "not before its time";
  checkpoint.write(merges_, 0s);
  const auto read = LinkageCheckpoint(path_, input_).read();
  ASSERT_EQ(read.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read[i].first, merges_[i].first);
    EXPECT_EQ(read[i].second, merges_[i].second);
    EXPECT_EQ(read[i].height, merges_[i].height);
    EXPECT_EQ(read[i].size, merges_[i].size);
  }
  checkpoint.remove();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(CheckpointTest, RefusesTheJoinsOfSomethingElse) {
  LinkageCheckpoint(path_, input_).write(merges_, 0s);
  for (auto other : {LinkageCheckpoint::Input{8, 9, 0.5}, LinkageCheckpoint::Input{7, 10, 0.5},
                     LinkageCheckpoint::Input{7, 9, 0.6}}) {
    EXPECT_THAT([&] { LinkageCheckpoint(path_, other).read(); },
                ThrowsMessage<Error>(HasSubstr("joins of other vectors")));
  }
}

TEST_F(CheckpointTest, RefusesAFileThatIsDamagedAnywhere) {
  LinkageCheckpoint(path_, input_).write(merges_, 0s);
  const std::string whole = folder_.read("joins");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    folder_.write("joins", damaged);
    EXPECT_THROW(LinkageCheckpoint(path_, input_).read(), Error) << "byte " << i;
    folder_.write("joins", whole.substr(0, i));
    EXPECT_THROW(LinkageCheckpoint(path_, input_).read(), Error) << "cut to " << i;
  }
}

TEST(HashOfAll, DependsOnEveryVectorAndPhotoButNotOnRanks) {
  const auto hash = [](int size, std::vector<float> values, std::vector<std::int64_t> photos) {
    std::uint64_t result = 0;
    ThreadRanks::run(size, [&](Ranks& ranks) {
      const Deal deal(std::ssize(values) / 2, ranks.rank(), ranks.size());
      std::vector<float> rows;
      deal.for_own_runs([&](std::int64_t begin, std::int64_t end) {
        rows.insert(rows.end(), values.begin() + 2 * begin, values.begin() + 2 * end);
      });
      const std::uint64_t own = hash_of_all(ranks, deal, rows, 2, photos);
      if (ranks.rank() == 0) result = own;
    });
    return result;
  };
  std::vector<float> values;
  std::vector<std::int64_t> photos;
  for (int i = 0; i < 100; ++i) values.push_back(static_cast<float>(i));
  for (int i = 0; i < 50; ++i) photos.push_back(i / 2);
  std::set<std::uint64_t> hashes{hash(1, values, photos)};
  for (const int size : {2, 3}) EXPECT_EQ(hash(size, values, photos), *hashes.begin());
  hashes.insert(hash(1, values, {}));
  std::swap(values[2], values[3]);
  hashes.insert(hash(2, values, photos));
  std::swap(values[2], values[3]);
  std::swap(values[0], values[4]);
  std::swap(values[1], values[5]);
  hashes.insert(hash(2, values, photos));
  photos[49] = 3;
  hashes.insert(hash(2, values, photos));
  EXPECT_EQ(hashes.size(), 5U);
}

TEST(FromFirstRank, ReachesAll) {
  ThreadRanks::run(3, [&](Ranks& ranks) {
    const std::vector<Merge> own{{1, ranks.rank() + 2, 0.5, 2}};
    const auto told = from_first_rank(ranks, own);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].second, 2);
  });
}

}  // namespace
}  // namespace facenet
