#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>

#include "base/format.h"
#include "base/npy.h"
#include "test/cli/program.h"
#include "test/support/free_port.h"

#ifdef FACENET_GLOO
namespace facenet::test {
namespace {

using testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

class ProcessesTest : public ProgramTest {
 protected:
  /// `count` vectors around some centres, in files of about a third each.
  void write_vectors(int count, int dimension) const {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> centres, values;
    for (int i = 0; i < 40 * dimension; ++i) centres.push_back(normal(random));
    for (int i = 0; i < count * dimension; ++i) {
      const auto centre = static_cast<std::size_t>(i / dimension % 40 * dimension + i % dimension);
      values.push_back(centres[centre] + 0.7F * normal(random));
    }
    const auto third = static_cast<std::size_t>(count / 3 * dimension);
    const std::span<const float> all(values);
    write_npy(path("part-1.npy"), all.first(third), dimension, true);
    write_npy(path("part-2.npy"), all.subspan(third, third), dimension, true);
    write_npy(path("part-3.npy"), all.subspan(2 * third), dimension, true);
  }

  static std::vector<std::string> command(const std::vector<std::string>& more = {}) {
    std::vector<std::string> all = {"cluster", "--embeddings", "part-*.npy", "--threshold", "8"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  /// The variables of rank 0; start_rank() sets the others'.
  static Variables group(int size) {
    return {{"MASTER_ADDR", "127.0.0.1"},
            {"MASTER_PORT", free_port()},
            {"RANK", "0"},
            {"WORLD_SIZE", std::to_string(size)},
            {"GLOO_SOCKET_IFNAME", "lo"}};
  }

  int start_rank(int rank, Variables variables, const std::vector<std::string>& arguments) const {
    variables["RANK"] = std::to_string(rank);
    return start(arguments, variables, fmt::format("rank-{}.txt", rank));
  }
};

TEST_F(ProcessesTest, SeveralGiveTheGroupsOfOneAndTheFirstPrintsThem) {
  write_vectors(900, 8);
  std::string photos;
  for (int i = 0; i < 900; ++i) photos += fmt::format("{}\n", i / 2);
  write("photos.csv", photos);
  const auto arguments = command({"--groups", "photos.csv", "--merge-tree", "tree.npy", "--force"});
  const ProgramRun alone = facenet(arguments);
  ASSERT_EQ(alone.status, 0) << alone.err;
  const std::string tree = read("tree.npy");
  for (const int size : {2, 3}) {
    const Variables variables = group(size);
    std::vector<int> others;
    for (int rank = 1; rank < size; ++rank) {
      others.push_back(start_rank(rank, variables, arguments));
    }
    const ProgramRun first = facenet(arguments, variables);
    EXPECT_EQ(first.status, 0) << first.err;
    EXPECT_EQ(first.out, alone.out);
    EXPECT_EQ(read("tree.npy"), tree);
    for (const int other : others) EXPECT_EQ(wait_for(other), 0);
    EXPECT_EQ(read("rank-1.txt"), "");
  }
}

TEST_F(ProcessesTest, OneThatIsGoneEndsTheOthersWhichNameIt) {
  write_vectors(900, 8);
  const Variables variables = group(3);
  // This one finds no vectors.
  const int lost =
      start_rank(2, variables, {"cluster", "--embeddings", "missing.npy", "--threshold", "8"});
  const int other = start_rank(1, variables, command());
  const ProgramRun first = facenet(command(), variables);
  EXPECT_EQ(first.status, 2);
  EXPECT_THAT(first.err, HasSubstr("process 0 of 3 has lost process 2"));
  EXPECT_THAT(first.err, HasSubstr("start all of them again"));
  EXPECT_EQ(wait_for(other), 2);
  EXPECT_EQ(wait_for(lost), 2);
}

TEST_F(ProcessesTest, ASignalEndsOneThatWaits) {
  write_vectors(900, 8);
  const Variables variables = group(2);
  // The other has joined, and waits for somebody to write its photo numbers.
  ASSERT_EQ(::mkfifo(path("photos.csv").c_str(), 0600), 0);
  const int first = start_rank(0, variables, command());
  const int other = start_rank(1, variables, command({"--groups", "photos.csv"}));
  const int numbers = ::open(path("photos.csv").c_str(), O_WRONLY);  // when the other reads
  ::kill(first, SIGINT);
  EXPECT_EQ(wait_for(first), 130);
  ::close(numbers);
  EXPECT_EQ(wait_for(other), 2);
}

TEST_F(ProcessesTest, GoesOnWhereItWasStopped) {
  write_vectors(900, 8);
  const ProgramRun alone = facenet(command());
  const ProgramRun kept = facenet(command({"--resume", "joins"}));
  EXPECT_EQ(kept.out, alone.out);
  EXPECT_FALSE(std::filesystem::exists(path("joins"))) << "is removed at the end";
  write("joins", "something else");
  EXPECT_THAT(facenet(command({"--resume", "joins"})).err,
              HasSubstr("joins: not a file of joins; give --resume another name"));
  const ProgramRun nowhere = facenet(command({"--resume", "none/joins"}));
  EXPECT_EQ(nowhere.status, 2);
  EXPECT_EQ(nowhere.out, "") << "said before the work, not after it";
  EXPECT_EQ(facenet({"cluster", "--resume", "joins", "photos"}).status, 2);
}

TEST_F(ProcessesTest, SeveralGroupACatalogWhichTheFirstWrites) {
  copy_photos("johns/John_Simm", "photos/a");
  copy_photos("johns/John_Salley", "photos/b");
  ASSERT_EQ(facenet({"embed", "photos", "--catalog", "one.db"}).status, 0);
  std::filesystem::copy_file(path("one.db"), path("two.db"));
  const auto group_it = [](const std::string& catalog) -> std::vector<std::string> {
    return {"cluster", "--catalog", catalog, "--jsonl"};
  };
  const ProgramRun alone = facenet(group_it("one.db"));
  ASSERT_EQ(alone.status, 0) << alone.err;
  for (const char* again : {"", " again"}) {  // the second time there is nothing to group
    const Variables variables = group(2);
    const int other = start_rank(1, variables, {"cluster", "--catalog", "none.db"});
    const ProgramRun first = facenet(group_it("two.db"), variables);
    EXPECT_EQ(first.status, 0) << first.err << again;
    EXPECT_EQ(first.out, alone.out) << again;
    EXPECT_EQ(wait_for(other), 0) << again;
  }
  const ProgramRun reading = facenet({"cluster", "photos"}, group(2));
  EXPECT_EQ(reading.status, 2);
  EXPECT_THAT(reading.err, HasSubstr("but photos are read by one: use `facenet embed --shard`"));
}

TEST_F(ProcessesTest, SaysWhatSeveralCannotDo) {
  write_vectors(90, 4);
  Variables variables = group(1);
  EXPECT_EQ(facenet(command(), variables).out, facenet(command()).out);
  EXPECT_THAT(facenet(command({"--resume", "joins", "--linkage", "single"})).err,
              HasSubstr("several processes group by exact average linkage only"));
  variables.erase("MASTER_PORT");
  EXPECT_THAT(facenet(command(), variables).err, HasSubstr("MASTER_PORT is not set"));
  EXPECT_THAT(facenet({"cluster", "--embeddings", "none-*.npy", "--threshold", "1"}).err,
              HasSubstr("none-*.npy: no file has such a name"));
}

}  // namespace
}  // namespace facenet::test
#endif
