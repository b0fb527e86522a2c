// What is left when work behind walls fails in any way.
#include "walls/walled_work.h"

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "test/support/temporary_folder.h"

namespace facenet::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

constexpr WorkLimits kLimits{.most_memory = std::int64_t{1} << 28,
                             .most_output = std::int64_t{1} << 20,
                             .most_time = std::chrono::seconds(60)};

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

std::string done(const std::function<void(std::ostream&)>& work,
                 const WorkLimits& limits = kLimits) {
  return text_of(work_behind_walls("x.onnx", limits, work));
}

TEST(WalledWork, GivesWhatWasWritten) {
  const std::string before = "from the parent";
  EXPECT_EQ(done([&](std::ostream& out) { out << before << '\0' << 7; }), before + '\0' + '7');
  EXPECT_EQ(done([](std::ostream&) {}), "");
  const std::string all(static_cast<std::size_t>(kLimits.most_output), 'x');
  EXPECT_EQ(done([&](std::ostream& out) { out << all; }), all);
  EXPECT_EQ(work_behind_walls("x.onnx", kLimits, [](std::ostream&) {}).path(), "x.onnx");
}

TEST(WalledWork, ItsErrorIsOurs) {
  EXPECT_THAT([] { done([](std::ostream&) { fail("a bad \xff node"); }); },
              ThrowsMessage<Error>("a bad \xEF\xBF\xBD node"));
  EXPECT_THAT([] { done([](std::ostream&) { throw std::out_of_range("map::at"); }); },
              ThrowsMessage<Error>("map::at"));
  EXPECT_THAT([] { done([](std::ostream&) { throw Error(std::string(10'000, 'x')); }); },
              ThrowsMessage<Error>(std::string(4095, 'x')));
}

TEST(WalledWork, ACrashIsOneLine) {
  EXPECT_THAT([] { done([](std::ostream&) { std::abort(); }); },
              ThrowsMessage<Error>(StartsWith("x.onnx: its reader crashed (signal 6, Aborted)")));
  EXPECT_THAT([] { done([](std::ostream&) { std::raise(SIGKILL); }); },
              ThrowsMessage<Error>(HasSubstr("x.onnx: its reader was killed (signal 9)")));
  EXPECT_THAT([] { done([](std::ostream&) { ::_exit(0); }); },
              ThrowsMessage<Error>("x.onnx: its reader ended without an answer"));
}

TEST(WalledWork, TimeHasAnEnd) {
  const WorkLimits limits{
      .most_memory = kLimits.most_memory, .most_output = 1, .most_time = std::chrono::seconds(1)};
  EXPECT_THAT(
      [&] {
        done(
            [](std::ostream&) {
              for (std::atomic<int> i = 0;; ++i) {
              }
            },
            limits);
      },
      ThrowsMessage<Error>("x.onnx: reading it takes more than 1 s of a processor"));
}

TEST(WalledWork, MemoryAndOutputHaveAnEnd) {
  EXPECT_THAT(
      [] { done([](std::ostream& out) { out << std::string((std::size_t{1} << 20) + 1, 'x'); }); },
      ThrowsMessage<Error>("x.onnx: what it holds takes more than 1 MB"));
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers take memory as they like";
#endif
  EXPECT_THAT([] { done([](std::ostream& out) { out << std::vector<char>(1 << 29).size(); }); },
              ThrowsMessage<Error>("x.onnx: reading it takes more than 256 MB of memory"));
}

TEST(WalledWork, HoldsNoFileAndOpensNone) {
  const TemporaryFolder folder;
  const std::string path = folder.write("secret", "of the user");
  const Descriptor held(path);
  EXPECT_EQ(done([&](std::ostream& out) {
              char byte = 0;
              out << ::pread(held.get(), &byte, 1, 0);
            }),
            "-1");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need more than what is left behind the walls";
#endif
  EXPECT_EQ(done([&](std::ostream& out) {
              out << ::open(folder.path("new").c_str(), O_WRONLY | O_CREAT, 0600);
            }),
            "-1");
}

}  // namespace
}  // namespace facenet::test
