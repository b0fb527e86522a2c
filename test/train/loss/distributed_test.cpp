#include "train/loss/distributed.h"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "base/error.h"
#include "base/format.h"
#include "small_network.h"
#include "test/support/free_port.h"
#include "test/support/temporary_folder.h"
#include "train/loss/exact_gradient.h"

namespace facenet {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::ThrowsMessage;
using Environment = std::map<std::string, std::string>;

/// The variables of one rank, over the loopback interface.
Environment place(const std::string& port, int rank, int size) {
  return {{"MASTER_ADDR", "127.0.0.1"},
          {"MASTER_PORT", port},
          {"RANK", fmt::format("{}", rank)},
          {"WORLD_SIZE", fmt::format("{}", size)},
          {"GLOO_SOCKET_IFNAME", "lo"}};
}

/// Environment variables for the time of a test.
class Variables {
 public:
  explicit Variables(const Environment& values) : values_(values) {
    for (const auto& [name, value] : values_) setenv(name.c_str(), value.c_str(), 1);
  }
  ~Variables() {
    for (const auto& [name, value] : values_) unsetenv(name.c_str());
  }
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

 private:
  Environment values_;
};

class Distributed : public testing::Test {
 protected:
  /// Starts test/train/rank.cpp with stderr to a file.
  pid_t start(int rank, int size, const std::string& port, const std::string& what,
              const Environment& more = {}) const {
    const std::string out = result_path(rank), err = out + ".err";
    const pid_t child = fork();
    if (child != 0) return child;
    const int file = open(err.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (file < 0 || dup2(file, 2) < 0) _exit(126);
    for (const auto& [name, value] : place(port, rank, size)) {
      setenv(name.c_str(), value.c_str(), 1);
    }
    for (const auto& [name, value] : more) setenv(name.c_str(), value.c_str(), 1);
    execl(FACENET_RANK, FACENET_RANK, out.c_str(), what.c_str(), nullptr);
    _exit(127);
  }

  static int wait_for(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::string errors(int rank) const { return folder_.read(fmt::format("rank-{}.err", rank)); }

  /// The loss and the gradients that a rank has written, as one row.
  at::Tensor result(int rank) const {
    const std::string bytes = folder_.read(fmt::format("rank-{}", rank));
    at::Tensor row =
        at::empty({static_cast<std::int64_t>(bytes.size() / sizeof(double))}, at::kDouble);
    std::memcpy(row.data_ptr(), bytes.data(), bytes.size());
    return row;
  }

 private:
  std::string result_path(int rank) const { return folder_.path(fmt::format("rank-{}", rank)); }

  const TemporaryFolder folder_;
};

/// The same of one process that has the whole batch.
at::Tensor whole_result() {
  SmallNetwork network;
  const TripletLoss result = exact_gradient(
      network.images, SmallNetwork::kImages, [&](const at::Tensor& x) { return network.embed(x); },
      [&](const at::Tensor& x) { return triplet_loss(x, network.labels, {.margin = 0.5}); });
  std::vector<at::Tensor> parts = {result.loss.flatten()};
  for (const at::Tensor& gradient : network.take_gradients()) parts.push_back(gradient.flatten());
  return at::cat(parts);
}

TEST_F(Distributed, TwoRanksWithHalfTheBatchGiveTheGradientOfOneWithTheWhole) {
  const at::Tensor expected = whole_result();
  ASSERT_GT(expected.abs().max().item<double>(), 0.001);
  for (const char* chunk : {"5", "24"}) {  // the share a few images at a time, and at once
    const std::string port = free_port();
    const pid_t first = start(0, 2, port, chunk), second = start(1, 2, port, chunk);
    ASSERT_EQ(wait_for(first), 0) << errors(0);
    ASSERT_EQ(wait_for(second), 0) << errors(1);
    ASSERT_EQ(result(0).sizes(), expected.sizes());
    EXPECT_LT((result(0) - expected).abs().max().item<double>(), 1e-12);
    EXPECT_TRUE(at::equal(result(0), result(1))) << "the copies of the network would drift apart";
  }
}

TEST_F(Distributed, ThreeRanksAlsoDo) {
  const std::string port = free_port();
  const std::vector<pid_t> ranks = {start(0, 3, port, "3"), start(1, 3, port, "3"),
                                    start(2, 3, port, "3")};
  for (const pid_t rank : ranks) ASSERT_EQ(wait_for(rank), 0) << errors(0);
  EXPECT_LT((result(2) - whole_result()).abs().max().item<double>(), 1e-12);
}

TEST_F(Distributed, AProcessThatLosesTheOthersSaysSo) {
  const std::string port = free_port();
  const pid_t first = start(0, 2, port, "leave"), second = start(1, 2, port, "leave");
  EXPECT_EQ(wait_for(second), 0);
  EXPECT_EQ(wait_for(first), 2);
  EXPECT_THAT(errors(0), HasSubstr("process 0 of 2 has lost the others"));
}

TEST_F(Distributed, MeetAtTheStoreOfTorchrunIfItHasOne) {
  const std::string port = free_port();
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(std::stoi(port));
  options.isServer = true;
  options.waitWorkers = false;
  const auto agent = c10::make_intrusive<c10d::TCPStore>("127.0.0.1", options);
  for (const char* attempt : {"0", "1"}) {  // the second finds what the first has left
    const Environment by_torchrun = {{"TORCHELASTIC_USE_AGENT_STORE", "True"},
                                     {"TORCHELASTIC_RESTART_COUNT", attempt}};
    const pid_t first = start(0, 2, port, "exchange", by_torchrun);
    const pid_t second = start(1, 2, port, "exchange", by_torchrun);
    EXPECT_EQ(wait_for(first), 0) << errors(0);
    EXPECT_EQ(wait_for(second), 0) << errors(1);
  }
}

TEST_F(Distributed, MessagesOfEveryLengthArrive) {
  const std::string port = free_port();
  std::vector<pid_t> ranks;
  for (int rank = 0; rank < 3; ++rank) ranks.push_back(start(rank, 3, port, "exchange"));
  for (int rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(wait_for(ranks[static_cast<std::size_t>(rank)]), 0) << errors(rank);
  }
}

TEST_F(Distributed, TheProcessThatLeavesIsNamed) {
  const std::string port = free_port();
  std::vector<pid_t> ranks;
  for (int rank = 0; rank < 3; ++rank) ranks.push_back(start(rank, 3, port, "leave-exchange"));
  EXPECT_EQ(wait_for(ranks[2]), 0);
  for (int rank = 0; rank < 2; ++rank) {
    EXPECT_EQ(wait_for(ranks[static_cast<std::size_t>(rank)]), 2);
    EXPECT_THAT(errors(rank), HasSubstr(fmt::format("process {} of 3 has lost process 2: ", rank)));
  }
}

TEST_F(Distributed, TheOthersWaitForTheLeaderAsLongAsItLives) {
  for (const char* what : {"slow", "gone"}) {
    const std::string port = free_port();
    const pid_t leader = start(0, 2, port, what), other = start(1, 2, port, what);
    EXPECT_EQ(wait_for(leader), 0) << errors(0);
    EXPECT_EQ(wait_for(other), what == std::string("gone") ? 2 : 0) << errors(1);
  }
  EXPECT_THAT(errors(1), HasSubstr("process 1 of 2 has lost the others"));
}

TEST_F(Distributed, AGroupOfOneChangesNothing) {
  const Variables variables(place(free_port(), 0, 1));
  const std::unique_ptr<ProcessGroup> group = ProcessGroup::from_environment();
  ASSERT_NE(group, nullptr);
  EXPECT_EQ(group->rank(), 0);
  EXPECT_EQ(group->size(), 1);
  const at::Tensor rows = at::arange(6).view({3, 2});
  EXPECT_TRUE(at::equal(group->gather_rows(rows), rows));
  std::vector<at::Tensor> tensors = {at::ones({2, 3}), at::arange(4)};
  group->sum(tensors);
  EXPECT_TRUE(at::equal(tensors[0], at::ones({2, 3})));
  EXPECT_TRUE(at::equal(tensors[1], at::arange(4)));
}

TEST(ProcessGroup, IsNoneWithoutItsVariables) {
  EXPECT_EQ(ProcessGroup::from_environment(), nullptr);
}

TEST(ProcessGroup, NamesTheVariableThatIsMissingOrHasNoMeaning) {
  const auto refuses = [](Environment environment, const char* text) {
    const Variables variables(environment);
    EXPECT_THAT([] { ProcessGroup::from_environment(1s); },
                ThrowsMessage<UsageError>(HasSubstr(text)));
  };
  refuses({{"RANK", "0"}}, "MASTER_ADDR is not set");
  for (const char* missing : {"MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE"}) {
    Environment environment = place("29500", 0, 2);
    environment.erase(missing);
    refuses(environment, missing);
  }
  refuses(place("70000", 0, 2), "MASTER_PORT=70000");
  refuses(place("", 0, 2), "MASTER_PORT=");
  refuses(place("29500", 2, 2), "RANK=2: it must be a number from 0 to 1");
  refuses(place("29500", 0, 0), "WORLD_SIZE=0");
}

TEST(ProcessGroup, SaysThatNobodyIsThere) {
  const std::string port = free_port();
  const Variables variables(place(port, 1, 2));
  EXPECT_THAT([] { ProcessGroup::from_environment(1s); },
              ThrowsMessage<Error>(HasSubstr("process 1 of 2 does not find the others at "
                                             "MASTER_ADDR:MASTER_PORT, 127.0.0.1:" +
                                             port)));
}

}  // namespace
}  // namespace facenet
