// Photos are decoded by processes that may crash, hang and be killed.
#include "image/decoder/decoder_process.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <list>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/encode.h"
#include "test/image/samples.h"

namespace facenet::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Processes of this name whose parent's parent is this program.
std::vector<pid_t> decoders() {
  const auto parent_of = [](pid_t process) {
    const std::string status = first_line(fmt::format("/proc/{}/stat", process));
    const auto name_end = status.rfind(')');
    return name_end == std::string::npos ? pid_t{0} : std::stoi(status.substr(name_end + 4));
  };
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const pid_t process = std::stoi(name);
    if (first_line(entry.path() / "comm") == "facenet-decode" &&
        parent_of(parent_of(process)) == ::getpid())
      found.push_back(process);
  }
  return found;
}

class DecoderProcessTest : public ::testing::Test {
 protected:
  /// A photo of its own for each test.
  const Descriptor& photo(int width, int height) {
    const std::string path = folder_.path("photo.png");
    write_png(path, asymmetric(width, height), true);
    return files_.emplace_back(path);
  }

  TemporaryFolder folder_;
  std::list<Descriptor> files_;
};

TEST_F(DecoderProcessTest, ADecoderThatWasKilledIsReplaced) {
  const Descriptor& file = photo(40, 30);
  DecoderProcess decoder(limits_for(1'000'000));
  EXPECT_EQ(decoder.process(), std::nullopt) << "nobody has asked yet";
  const PhotoHeader header = decoder.read_header(file.get());
  const auto before = decoder.process();
  ASSERT_TRUE(before);
  ::kill(*before, SIGSEGV);
  const Image image = decoder.decode(file.get(), header, 0);
  EXPECT_EQ(largest_difference(image, asymmetric(40, 30)), 0);
  EXPECT_NE(decoder.process(), before);
}

TEST_F(DecoderProcessTest, ACrashIsAReasonAndNotOurs) {
  const Descriptor& file = photo(3000, 3000);
  for (const auto& [signal, reason] :
       {std::pair{SIGABRT, "its decoder crashed (signal 6, Aborted)"},
        std::pair{SIGKILL,
                  "cannot be decoded now: its decoder was killed, perhaps out of memory"}}) {
    // Whatever is started is killed, so that the second attempt fails as well.
    std::jthread killer([signal](const std::stop_token& stop) {
      while (!stop.stop_requested())
        for (const pid_t process : decoders()) ::kill(process, signal);
    });
    DecoderProcess decoder(limits_for(10'000'000));
    const PhotoHeader header{.format = ImageFormat::kPng, .size = {3000, 3000}};
    EXPECT_THAT([&] { decoder.decode(file.get(), header, 0); }, ThrowsMessage<DecodeError>(reason));
  }
  EXPECT_TRUE(
      may_be_tried_again("cannot be decoded now: its decoder was killed, perhaps out of memory"));
  EXPECT_FALSE(may_be_tried_again("its decoder crashed (signal 6, Aborted)"));
}

TEST_F(DecoderProcessTest, APhotoThatTakesTooLongIsGivenUp) {
  const Descriptor& file = photo(4000, 4000);
  DecoderProcess decoder({.most_memory = limits_for(100'000'000).most_memory,
                          .most_time = std::chrono::milliseconds(50)});
  const PhotoHeader header{.format = ImageFormat::kPng, .size = {4000, 4000}};
  EXPECT_THAT([&] { decoder.decode(file.get(), header, 0); },
              ThrowsMessage<DecodeError>(StartsWith("decoding takes more than 0.05 seconds")));
  // The next one is decoded by another.
  EXPECT_EQ(decoder.read_header(photo(20, 10).get()).size, (PhotoSize{20, 10}));
}

TEST_F(DecoderProcessTest, MemoryIsLimited) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers take memory as they like";
#endif
  const Descriptor& file = photo(6000, 6000);
  DecoderProcess wide(limits_for(36'000'000));
  wide.read_header(file.get());
  std::int64_t pages = 0;  // of a decoder that does nothing yet
  std::ifstream(fmt::format("/proc/{}/statm", *wide.process())) >> pages;
  DecoderProcess narrow({.most_memory = pages * ::getpagesize() + (std::int64_t{1} << 26)});
  const PhotoHeader header{.format = ImageFormat::kPng, .size = {6000, 6000}};
  EXPECT_ANY_THROW(narrow.decode(file.get(), header, 0));
  EXPECT_EQ(wide.decode(file.get(), header, 100).width, 100);
}

TEST_F(DecoderProcessTest, AnyNumberOfPixelsIsALimit) {
  EXPECT_GT(limits_for(std::numeric_limits<std::int64_t>::max()).most_memory,
            limits_for(1'000'000'000).most_memory);
}

TEST_F(DecoderProcessTest, ItEndsWithItsOwner) {
  {
    DecoderProcess decoder(limits_for(1'000'000));
    decoder.read_header(photo(20, 10).get());
    EXPECT_THAT(decoders(), ::testing::Contains(decoder.process().value()));
  }
  std::thread([&] { PhotoFile(folder_.path("photo.png")).decode(); }).join();
  // Only that of this thread may be left, which other tests have used.
  EXPECT_LE(decoders().size(), 1U);
}

TEST_F(DecoderProcessTest, ReasonsOfAnyLengthFit) {
  const std::string path = folder_.path("text.jpg");
  std::ofstream(path) << "no photo";
  DecoderProcess decoder(limits_for(1'000'000));
  EXPECT_THAT([&] { decoder.read_header(Descriptor(path).get()); },
              ThrowsMessage<DecodeError>(HasSubstr("not a photo")));
}

}  // namespace
}  // namespace facenet::testing
