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

namespace facenet::test {
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

/// Too large to be decoded before this program gets its turn, however busy the machine is.
constexpr PhotoSize kEndless{30'000, 3'000'000};
const PhotoHeader kEndlessHeader{.format = ImageFormat::kTiff, .size = kEndless};

/// A small file of so many pixels: all strips of a TIFF are the same bytes.
std::string endless_tiff() {
  constexpr std::uint32_t kRows = 100;
  const auto width = static_cast<std::uint32_t>(kEndless.width);
  const auto height = static_cast<std::uint32_t>(kEndless.height);
  const std::uint32_t strips = height / kRows;
  enum Type : std::uint32_t { kShort = 3, kLong = 4 };
  constexpr std::uint32_t kFields = 9;
  constexpr std::uint32_t kStart = 8;  // of the fields, after the file's signature
  constexpr std::uint32_t kOffsets = kStart + 2 + 12 * kFields + 4;
  const std::uint32_t counts = kOffsets + 4 * strips;
  const std::uint32_t pixels = counts + 4 * strips;
  std::string bytes =
      "II*" + std::string(1, '\0') + little_endian(kStart, 4) + little_endian(kFields, 2);
  const auto field = [&](std::uint32_t tag, Type type, std::uint32_t count, std::uint32_t value) {
    bytes += little_endian(tag, 2) + little_endian(type, 2) + little_endian(count, 4) +
             little_endian(value, 4);
  };
  field(256, kLong, 1, width);
  field(257, kLong, 1, height);
  field(258, kShort, 1, 8);  // bits of a sample
  field(259, kShort, 1, 1);  // not compressed
  field(262, kShort, 1, 1);  // black is zero
  field(273, kLong, strips, kOffsets);
  field(277, kShort, 1, 1);  // samples of a pixel
  field(278, kLong, 1, kRows);
  field(279, kLong, strips, counts);
  bytes += little_endian(0, 4);  // no other picture
  for (std::uint32_t i = 0; i < strips; ++i) bytes += little_endian(pixels, 4);
  for (std::uint32_t i = 0; i < strips; ++i) bytes += little_endian(width * kRows, 4);
  return bytes + std::string(width * kRows, '\x80');
}

class DecoderProcessTest : public ::testing::Test {
 protected:
  /// A photo of its own for each test.
  const Descriptor& photo(int width, int height) {
    const std::string path = folder_.path("photo.png");
    write_png(path, asymmetric(width, height), true);
    return files_.emplace_back(path);
  }
  /// One that is never done.
  const Descriptor& endless_photo() {
    const std::string path = folder_.path("endless.tif");
    std::ofstream(path, std::ios::binary) << endless_tiff();
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
  const Descriptor& file = endless_photo();
  for (const auto& [signal, reason] :
       {std::pair{SIGABRT, "its decoder crashed (signal 6, Aborted)"},
        std::pair{SIGKILL,
                  "cannot be decoded now: its decoder was killed, perhaps out of memory"}}) {
    // Whatever is started is killed, before it can give an answer.
    std::jthread killer([signal](const std::stop_token& stop) {
      while (!stop.stop_requested())
        for (const pid_t process : decoders()) ::kill(process, signal);
    });
    DecoderProcess decoder(limits_for(10'000'000));
    EXPECT_THAT([&] { decoder.decode(file.get(), kEndlessHeader, 100); },
                ThrowsMessage<DecodeError>(reason));
  }
  EXPECT_TRUE(
      may_be_tried_again("cannot be decoded now: its decoder was killed, perhaps out of memory"));
  EXPECT_FALSE(may_be_tried_again("its decoder crashed (signal 6, Aborted)"));
}

TEST_F(DecoderProcessTest, APhotoThatTakesTooLongIsGivenUp) {
  DecoderProcess decoder({.most_memory = limits_for(100'000'000).most_memory,
                          .most_time = std::chrono::milliseconds(500)});
  EXPECT_EQ(decoder.read_header(endless_photo().get()).size, kEndless);
  const auto before = decoder.process();
  EXPECT_THAT([&] { decoder.decode(endless_photo().get(), kEndlessHeader, 100); },
              ThrowsMessage<DecodeError>(StartsWith("decoding takes more than 0.5 seconds")));
  // The next one is decoded by another.
  EXPECT_EQ(decoder.read_header(photo(20, 10).get()).size, (PhotoSize{20, 10}));
  EXPECT_NE(decoder.process(), before);
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
}  // namespace facenet::test
