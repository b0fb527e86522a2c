#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using testing::Each;
using testing::EndsWith;
using testing::HasSubstr;

/// Readers that go away, and terminals that are closed.
class SignalsTest : public ProgramTest {
 protected:
  /// Status and stderr of a command whose output nobody reads.
  ProgramRun unread(const std::string& command) const {
    return bash("\"$FACENET\" " + command + " | true; exit \"${PIPESTATUS[0]}\"");
  }
  void wait_until_handled(int process, int signal) const {
    for (int i = 0; i < 6000 && !catches(process, signal); ++i) usleep(10'000);
    ASSERT_TRUE(catches(process, signal));
  }
  /// Whether the process has a handler, by the mask of those in /proc/PID/status.
  static bool catches(int process, int signal) {
    std::ifstream file("/proc/" + std::to_string(process) + "/status");
    for (std::string word; file >> word;)
      if (word == "SigCgt:" && file >> word)
        return std::stoull(word, nullptr, 16) >> (signal - 1) & 1;
    return false;
  }
};

TEST_F(SignalsTest, AReaderThatHasSeenEnoughEndsTheRunQuietly) {
  copy_photos("johns", "photos");
  for (const std::string command : {"detect photos --jsonl", "detect photos --csv", "help cluster",
                                    "cluster photos --csv -q --catalog catalog.db"}) {
    const ProgramRun run = unread(command);
    EXPECT_EQ(run.status, 141) << command;
    EXPECT_EQ(run.err, "") << command;
  }
  EXPECT_EQ(facenet({"catalog", "check", "--catalog", catalog()}).status, 0);
}

TEST_F(SignalsTest, WhatIsWholeIsSavedWhenTheReaderGoes) {
  copy_photos("johns", "photos");
  const ProgramRun run = unread("embed photos --output v.csv --jsonl --threads 1");
  EXPECT_EQ(run.status, 141);
  EXPECT_THAT(run.err, HasSubstr("because the run was stopped"));
  EXPECT_THAT(read("v.csv"), testing::AllOf(HasSubstr("photos/"), EndsWith("\n")));
  EXPECT_EQ(unread("align photos --output chips").status, 141);
  std::vector<std::string> chips;
  for (const auto& entry : fs::directory_iterator(path("chips"))) chips.push_back(entry.path());
  EXPECT_THAT(chips, Each(EndsWith(".png"))) << "nothing half written";
}

TEST_F(SignalsTest, HangUpsThatAreIgnoredStayIgnored) {
  copy_photo(johns()[0], "photos/a.jpg");
  // The signal comes when the program handles others, and has opened a list that nobody has
  // written.
  const ProgramRun run = bash(R"(mkfifo list; exec 3<>list
      (trap '' HUP; exec "$FACENET" detect --from0 list --csv 3>&-) &
      until grep -q 'SigCgt:.*[4-7c-f]...$' /proc/$!/status &&
        readlink /proc/$!/fd/* | grep -q '/list$'; do sleep 0.01; done
      kill -HUP $!; printf 'photos/a.jpg\0' >&3; exec 3>&-; wait $!)");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("photos/a.jpg"));
}

TEST_F(SignalsTest, WithoutStandardDescriptorsNothingElseTakesTheirPlace) {
  copy_photo(johns()[0], "a.jpg");
  const ProgramRun unheard = bash("\"$FACENET\" detect a.jpg <&- >&-");
  EXPECT_EQ(unheard.status, 2);
  EXPECT_THAT(unheard.err, HasSubstr("cannot write the output"));
  const ProgramRun silent = bash("\"$FACENET\" detect a.jpg <&- 2>&-");
  EXPECT_EQ(silent.status, 0);
  EXPECT_THAT(silent.out, HasSubstr("a.jpg\t"));
}

/// Processes that work in this folder.
std::vector<int> processes_in(const std::string& folder) {
  std::vector<int> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    std::error_code error;
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (fs::read_symlink(entry.path() / "cwd", error) == folder) found.push_back(std::stoi(name));
  }
  return found;
}

TEST_F(SignalsTest, NoDecoderOutlivesTheProgram) {
  copy_photos("johns", "photos");
  const std::string folder = fs::canonical(path("."));
  const int process = start({"detect", "photos", "--threads", "2"});
  // The program, the nursery and a decoder at least.
  for (int i = 0; i < 6000 && processes_in(folder).size() < 3; ++i) usleep(10'000);
  EXPECT_GE(processes_in(folder).size(), 3U);
  kill(process, SIGKILL);
  wait_for(process);
  for (int i = 0; i < 6000 && !processes_in(folder).empty(); ++i) usleep(10'000);
  EXPECT_THAT(processes_in(folder), testing::IsEmpty());
}

class WaitingTest : public SignalsTest, public testing::WithParamInterface<int> {};

TEST_P(WaitingTest, ASignalEndsTheWaitForInput) {
  ASSERT_EQ(mkfifo(path("list").c_str(), 0600), 0);
  const int writer = open(path("list").c_str(), O_RDWR);  // that never writes
  const int process = start({"detect", "--from0", "list"});
  wait_until_handled(process, GetParam());
  usleep(200'000);
  kill(process, GetParam());
  EXPECT_EQ(wait_for(process), 128 + GetParam());
  close(writer);
}

INSTANTIATE_TEST_SUITE_P(Signals, WaitingTest, testing::Values(SIGINT, SIGTERM, SIGHUP));

}  // namespace
}  // namespace facenet::test
