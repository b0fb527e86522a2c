#include "base/file.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

class FileTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return temporary_.path(name); }
  static std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const TemporaryFolder temporary_;
  const std::string folder_ = temporary_.path();
};

TEST_F(FileTest, WritesWholeFileAndLeavesNothingBeside) {
  write_file_atomically(path("a"), false, [](std::ostream& out) { out << "one\0two"s; });
  EXPECT_EQ(content(path("a")), "one\0two"s);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(FileTest, RefusesToReplaceUnlessTold) {
  write_file_atomically(path("a"), false, [](std::ostream& out) { out << "old"; });
  EXPECT_THROW(write_file_atomically(path("a"), false, [](std::ostream& out) { out << "new"; }),
               Error);
  EXPECT_EQ(content(path("a")), "old");
  write_file_atomically(path("a"), true, [](std::ostream& out) { out << "new"; });
  EXPECT_EQ(content(path("a")), "new");
}

TEST_F(FileTest, ReplacesNothingThatSomebodyMakesMeanwhile) {
  EXPECT_THROW(write_file_atomically(path("a"), false,
                                     [&](std::ostream& out) {
                                       std::ofstream(path("a")) << "theirs";
                                       out << "ours";
                                     }),
               Error);
  EXPECT_EQ(content(path("a")), "theirs");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(FileTest, WritesAsTheBytesCome) {
  const auto size_so_far = [&] {
    std::uintmax_t size = 0;
    for (const auto& entry : fs::directory_iterator(folder_)) size += entry.file_size();
    return size;
  };
  const std::string piece(100'000, 'x');
  write_file_atomically(path("a"), false, [&](std::ostream& out) {
    for (int i = 0; i < 100; ++i) out << piece;
    EXPECT_GT(size_so_far(), 9'000'000U) << "kept in memory";
    out << 'y' << 12 << '\n';
  });
  EXPECT_EQ(fs::file_size(path("a")), 10'000'004U);
  EXPECT_THAT(content(path("a")), testing::EndsWith("xy12\n"));
}

TEST_F(FileTest, OpensOnlyRegularFilesAndNeverWaits) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_THROW(Descriptor{path("pipe")}, Error);
  EXPECT_THROW(MappedFile{path("pipe")}, Error);
  EXPECT_THROW(Descriptor{"/dev/zero"}, Error);
  EXPECT_THROW(Descriptor{folder_}, Error);
}

TEST_F(FileTest, ReadsPipesToTheirEndButWaitsForNobody) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_THROW(read_all(path("pipe")), Error) << "nobody writes";
  std::jthread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    std::ofstream(path("pipe")) << std::string(300'000, 'x');
  });
  EXPECT_EQ(read_all(path("pipe")).size(), 300'000U);
  EXPECT_EQ(read_all("/dev/null"), "");
  EXPECT_THROW(read_all("/dev/zero"), Error);
}

TEST_F(FileTest, FullDiskKeepsTheOldFileAndLeavesNothing) {
  write_file_atomically(path("a"), false, [](std::ostream& out) { out << "old"; });
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tiny{1000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tiny);
  EXPECT_THROW(write_file_atomically(path("a"), true,
                                     [](std::ostream& out) { out << std::string(100'000, 'x'); }),
               Error);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(content(path("a")), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(FileTest, AMissingFolderIsNamed) {
  try {
    write_file_atomically(path("no/such/file"), false, [](std::ostream&) {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("no/such/file"));
    EXPECT_THAT(error.what(), testing::HasSubstr("No such file"));
  }
}

TEST_F(FileTest, RespectsTheUmask) {
  const mode_t mask = ::umask(027);
  write_file_atomically(path("a"), false, [](std::ostream&) {});
  ::umask(mask);
  struct stat status {};
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(FileTest, MapsWhatWasWritten) {
  write_file_atomically(path("a"), false, [](std::ostream& out) { out << "abc"; });
  MappedFile mapped(path("a"));
  const MappedFile moved = std::move(mapped);
  ASSERT_EQ(moved.bytes().size(), 3u);
  EXPECT_EQ(moved.bytes()[2], std::byte{'c'});
}

TEST_F(FileTest, MapsAnEmptyFileAndRefusesAFolder) {
  write_file_atomically(path("a"), false, [](std::ostream&) {});
  EXPECT_TRUE(MappedFile(path("a")).bytes().empty());
  EXPECT_THROW(MappedFile{folder_}, Error);
  EXPECT_THROW(MappedFile{path("none")}, Error);
}

TEST(AbsolutePath, ResolvesDotsAndKeepsBytes) {
  EXPECT_EQ(absolute_path("/a//b/./c/../d/"), "/a/b/d");
  EXPECT_EQ(absolute_path("/"), "/");
  EXPECT_EQ(absolute_path("x"), fs::current_path().string() + "/x");
  EXPECT_EQ(absolute_path("/a/\xFF\n\"[1]"), "/a/\xFF\n\"[1]");
}

class HomeTest : public testing::Test {
 protected:
  HomeTest() {
    for (auto& [name, before] : variables_) {
      if (const char* value = std::getenv(name); value != nullptr) before = value;
      unsetenv(name);
    }
  }
  ~HomeTest() override {
    for (const auto& [name, before] : variables_)
      before ? setenv(name, before->c_str(), 1) : unsetenv(name);
  }

 private:
  std::map<const char*, std::optional<std::string>> variables_ = {
      {"HOME", {}}, {"XDG_CONFIG_HOME", {}}, {"XDG_DATA_HOME", {}}};
};

TEST_F(HomeTest, FoldersOfTheUserFollowTheVariables) {
  EXPECT_THROW(user_data_folder(), Error);
  EXPECT_EQ(user_configuration_folder(), "");
  setenv("HOME", "/home/you", 1);
  EXPECT_EQ(user_data_folder(), "/home/you/.local/share/facenet");
  EXPECT_EQ(user_configuration_folder(), "/home/you/.config/facenet");
  setenv("XDG_CONFIG_HOME", "/etc/xdg", 1);
  setenv("XDG_DATA_HOME", "not/absolute", 1);
  EXPECT_EQ(user_data_folder(), "/home/you/.local/share/facenet");
  EXPECT_EQ(user_configuration_folder(), "/etc/xdg/facenet");
}

TEST_F(HomeTest, TildeIsTheHomeOnlyBeforeASlash) {
  EXPECT_EQ(with_home("~/x"), "~/x") << "no home";
  setenv("HOME", "/home/you", 1);
  EXPECT_EQ(with_home("~/x/~/y"), "/home/you/x/~/y");
  EXPECT_EQ(with_home("~x"), "~x");
  EXPECT_EQ(with_home("/x"), "/x");
}

}  // namespace
}  // namespace facenet
