// What a process cannot do any more, tried from the inside.
#include "walls/walls.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "test/support/temporary_folder.h"

namespace facenet::test {
namespace {

constexpr std::int64_t kMemory = std::int64_t{1} << 32;

/// What `attempt` returns behind the walls, in a process of its own; -1 when that is killed.
int behind_walls(const std::function<int()>& attempt) {
  const pid_t child = ::fork();
  if (child == 0) {
    raise_walls(kMemory);
    ::_exit(attempt());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// errno of a call that returns a negative number, else 0.
int error_of(long result) {
  return result < 0 ? errno : 0;
}

class WallsTest : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers need more than what is left behind the walls";
#endif
  }
  TemporaryFolder folder_;
};

TEST_F(WallsTest, NoNetwork) {
  EXPECT_EQ(behind_walls([] { return error_of(::socket(AF_INET, SOCK_STREAM, 0)); }), EPERM);
  EXPECT_EQ(behind_walls([] { return error_of(::socket(AF_UNIX, SOCK_STREAM, 0)); }), EPERM);
}

TEST_F(WallsTest, NoProgramsAndNoProcesses) {
  EXPECT_EQ(behind_walls([] { return error_of(::execl("/bin/true", "true", nullptr)); }), EPERM);
  EXPECT_EQ(behind_walls([] { return error_of(::fork()); }), EPERM);
  EXPECT_EQ(behind_walls([] { return error_of(::kill(::getppid(), 0)); }), EPERM);
}

TEST_F(WallsTest, NoFilesAreWritten) {
  const std::string path = folder_.path("new");
  EXPECT_EQ(behind_walls([&] { return error_of(::open(path.c_str(), O_WRONLY | O_CREAT, 0600)); }),
            EPERM);
  EXPECT_EQ(behind_walls([&] { return error_of(::unlink(path.c_str())); }), EPERM);
  EXPECT_EQ(behind_walls([&] { return error_of(::mkdir(path.c_str(), 0700)); }), EPERM);
  EXPECT_EQ(behind_walls([] { return error_of(::memfd_create("x", 0)); }), EPERM);
}

TEST_F(WallsTest, NothingIsReadButTheSystemsLibraries) {
  const auto opens = [](const std::string& path) {
    return behind_walls([&] { return error_of(::open(path.c_str(), O_RDONLY)); });
  };
  EXPECT_EQ(opens("/usr/bin/env"), 0) << "codecs are loaded when they are needed";
  const std::string secret = folder_.path("secret");
  std::ofstream(secret) << "of the user";
  const int refused = opens(secret);
  if (refused == 0) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_EQ(refused, EACCES);
}

TEST_F(WallsTest, WhatDecodingNeedsIsLeft) {
  EXPECT_EQ(behind_walls([] {
              int sum = 0;
              std::thread([&] {
                sum = static_cast<int>(std::string(1'000'000, '\1').size() / 1'000'000);
              }).join();
              return sum;
            }),
            1);
}

TEST_F(WallsTest, MemoryHasAnEnd) {
  EXPECT_EQ(behind_walls([] {
              const void* much = ::mmap(nullptr, std::size_t{1} << 33, PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return much == MAP_FAILED ? errno : 0;
            }),
            ENOMEM);
}

}  // namespace
}  // namespace facenet::test
