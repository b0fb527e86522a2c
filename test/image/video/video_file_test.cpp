// Videos that Debian's ffmpeg makes, and what is read of them.
#include "image/video/video_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/image/samples.h"
#include "test/support/temporary_folder.h"

namespace facenet::test {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

/// Frames that get brighter by 10 a second, from 20 on.
constexpr const char* kBrightening =
    "-f lavfi -i nullsrc=s=160x120:r=10:d=10,geq=lum='20+10*T':cb=128:cr=128,format=yuv420p ";

class VideoFileTest : public ::testing::Test {
 protected:
  /// Makes a video; gives its path.
  std::string make(const std::string& name, const std::string& arguments) const {
    const std::string path = folder_.path(name);
    const std::string command =
        "ffmpeg -nostdin -y -v error " + arguments + " '" + path + "' </dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return path;
  }
  std::string cut(const std::string& path, double share) const {
    const auto size = static_cast<double>(std::filesystem::file_size(path));
    std::filesystem::resize_file(path, static_cast<std::uintmax_t>(size * share));
    return path;
  }

  const TemporaryFolder folder_;
};

std::vector<std::int64_t> times_of(VideoFile& video) {
  std::vector<std::int64_t> times;
  while (const auto time = video.next()) times.push_back(*time);
  return times;
}

/// The mean of its red, green and blue.
double brightness(const Image& image) {
  double sum = 0;
  for (const std::uint8_t value : image.pixels) sum += value;
  return sum / static_cast<double>(image.pixels.size());
}

/// What FFmpeg's limited range makes of a brightness of the film.
double as_rgb(double luma) {
  return (luma - 16) * 255 / 219;
}

TEST_F(VideoFileTest, GivesAFrameEveryTwoSecondsWhereKeyFramesAreFrequent) {
  VideoFile video(
      make("a.mp4", std::string(kBrightening) + "-c:v libx264 -g 10 -sc_threshold 0 -bf 2"));
  EXPECT_EQ(to_string(video.format()), "MP4");
  EXPECT_EQ(video.width(), 160);
  EXPECT_EQ(video.height(), 120);
  EXPECT_EQ(video.duration_ms(), 10'000);
  std::vector<std::int64_t> times;
  while (const auto time = video.next()) {
    times.push_back(*time);
    const double seconds = static_cast<double>(*time) / 1000;
    EXPECT_NEAR(brightness(video.frame()), as_rgb(20 + 10 * seconds), 2) << *time;
  }
  EXPECT_THAT(times, ElementsAre(0, 2000, 4000, 6000, 8000));
}

TEST_F(VideoFileTest, DecodesBetweenKeyFramesThatAreFarApart) {
  VideoFile video(
      make("a.mp4", std::string(kBrightening) + "-c:v libx264 -g 1000 -sc_threshold 0 -bf 2"));
  std::vector<std::int64_t> times;
  while (const auto time = video.next()) {
    times.push_back(*time);
    const double seconds = static_cast<double>(*time) / 1000;
    EXPECT_NEAR(brightness(video.frame()), as_rgb(20 + 10 * seconds), 2) << *time;
  }
  ASSERT_THAT(times, SizeIs(2));
  EXPECT_EQ(times[0], 0);
  EXPECT_THAT(times[1], AllOf(Ge(5000), Le(5500)));
}

/// Each costs the decoding of all frames since the last key frame. Of a key frame it is listed when
/// it is decoded, here two frames before it is shown.
TEST_F(VideoFileTest, DecodesAsFewFramesBetweenKeyFramesAsWillDo) {
  const auto times = [&](const std::string& keys) {
    VideoFile video(make("a.mp4", std::string(kBrightening) +
                                      "-c:v libx264 -g 1000 -sc_threshold 0 -bf 2 "
                                      "-force_key_frames " +
                                      keys));
    return times_of(video);
  };
  EXPECT_THAT(times("0,8"), ElementsAre(0, AllOf(Ge(2800), Le(3000)), 8000));
  EXPECT_THAT(times("0,5.5"), ElementsAre(0, AllOf(Ge(2000), Le(2200)), 5500));
  EXPECT_THAT(times("0,5"), ElementsAre(0, 5000));
}

TEST_F(VideoFileTest, GivesTheFrameWhereASceneBegins) {
  VideoFile video(make("a.mkv",
                       "-f lavfi -i color=black:s=160x120:r=10:d=3.2 -f lavfi -i "
                       "color=white:s=160x120:r=10:d=0.8 -f lavfi -i color=gray:s=160x120:r=10:d=2 "
                       "-filter_complex [0][1][2]concat=n=3 -c:v libx264 -g 10 -force_key_frames "
                       "3.2,4.0 -pix_fmt yuv420p"));
  EXPECT_THAT(times_of(video), ElementsAre(0, 2000, 3200, 4000));
}

TEST_F(VideoFileTest, AsksFiveTimesASecondWhetherASceneBegins) {
  VideoFile video(make("a.avi",
                       "-f lavfi -i color=black:s=160x120:r=10:d=0.6 -f lavfi -i "
                       "color=white:s=160x120:r=10:d=2.4 -filter_complex [0][1]concat=n=2 "
                       "-c:v mjpeg -pix_fmt yuvj420p"));
  EXPECT_THAT(times_of(video), ElementsAre(0, 700, 2700));
}

TEST_F(VideoFileTest, GoesBackToAFrame) {
  for (const char* const codec :
       {"-c:v libx264 -g 1000 -sc_threshold 0 -bf 3", "-c:v libx264 -g 10 -bf 2"}) {
    const std::string path = make("a.mp4",
                                  "-f lavfi -i testsrc2=s=160x120:r=10:d=12 "
                                  "-pix_fmt yuv420p " +
                                      std::string(codec));
    VideoFile video(path);
    std::map<std::int64_t, Image> frames;
    while (const auto time = video.next()) frames.emplace(*time, video.frame());
    ASSERT_GE(frames.size(), 3U);
    for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
      VideoFile again(path);
      again.go_to(frame->first);
      EXPECT_EQ(again.frame().pixels, frame->second.pixels) << codec << frame->first;
      video.go_to(frame->first);
      EXPECT_EQ(video.frame().pixels, frame->second.pixels) << codec << frame->first;
    }
    EXPECT_THAT([&] { VideoFile(path).go_to(100'000); },
                ThrowsMessage<DecodeError>("it has no frame at that time"));
  }
}

TEST_F(VideoFileTest, ReadsContainersAndCodecs) {
  struct Kind {
    const char *name, *codec, *format;
  };
  for (const Kind& kind :
       {Kind{"a.mov", "libx265 -x265-params log-level=none -g 10", "MP4"},
        Kind{"a.webm", "libvpx-vp9 -g 10 -cpu-used 8 -deadline realtime", "Matroska"},
        Kind{"a.mkv", "libx264 -g 10 -sc_threshold 0", "Matroska"},
        Kind{"b.mkv", "libvpx -g 10", "Matroska"}, Kind{"a.avi", "mpeg4 -g 10", "AVI"},
        Kind{"b.avi", "mjpeg -pix_fmt yuvj420p", "AVI"},
        Kind{"a.mts", "libx264 -g 10 -sc_threshold 0 -f mpegts", "MPEG-TS"},
        Kind{"b.mp4", "libaom-av1 -g 10 -cpu-used 8", "MP4"}}) {
    VideoFile video(make(kind.name, std::string(kBrightening) + "-t 5 -c:v " + kind.codec));
    EXPECT_EQ(to_string(video.format()), kind.format) << kind.name;
    const auto first = video.next();
    ASSERT_TRUE(first) << kind.name;
    EXPECT_NEAR(brightness(video.frame()), as_rgb(20), 3) << kind.name;
    EXPECT_THAT(times_of(video), SizeIs(2)) << kind.name;
  }
}

/// FFmpeg hands on whatever number a file gives its colours.
TEST_F(VideoFileTest, ReadsFilmsWhoseColoursNobodyKnows) {
  VideoFile video(
      make("a.mts", std::string(kBrightening) +
                        "-c:v mpeg2video -bsf:v mpeg2_metadata=matrix_coefficients=37 -f mpegts"));
  ASSERT_TRUE(video.next());
  EXPECT_NEAR(brightness(video.frame()), as_rgb(20), 3);
}

TEST_F(VideoFileTest, TurnsFramesUpright) {
  // A film that lies: its left half is red, and on its side it is to be seen above.
  const std::string lying =
      make("lying.mp4",
           "-f lavfi -i color=red:s=80x120:d=1 -f lavfi -i color=blue:s=80x120:d=1 -filter_complex "
           "[0][1]hstack -pix_fmt yuv420p -c:v libx264");
  VideoFile turned(make("turned.mp4", "-i '" + lying + "' -c copy -metadata:s:v rotate=270"));
  EXPECT_EQ(turned.width(), 120);
  EXPECT_EQ(turned.height(), 160);
  ASSERT_TRUE(turned.next());
  const Image frame = turned.frame();
  ASSERT_EQ(frame.width, 120);
  ASSERT_EQ(frame.height, 160);
  EXPECT_GT(frame.row(10)[3 * 60], 200);
  EXPECT_LT(frame.row(10)[3 * 60 + 2], 60);
  EXPECT_GT(frame.row(150)[3 * 60 + 2], 200);
  const Image small = turned.frame(80);
  EXPECT_EQ(small.height, 80);
  EXPECT_EQ(small.width, 60);
}

TEST_F(VideoFileTest, ShowsPixelsThatAreNoSquaresAsWideAsTheyAre) {
  VideoFile video(make("a.mp4",
                       "-f lavfi -i testsrc2=s=160x120:d=1 -vf setsar=2/1 -c:v libx264 "
                       "-pix_fmt yuv420p"));
  EXPECT_EQ(video.width(), 320);
  EXPECT_EQ(video.height(), 120);
  ASSERT_TRUE(video.next());
  EXPECT_EQ(video.frame().width, 320);
}

TEST_F(VideoFileTest, KnowsWhenItWasFilmed) {
  const std::string source = "-f lavfi -i testsrc2=s=160x120:d=1 -c:v libx264 -pix_fmt yuv420p ";
  EXPECT_EQ(
      VideoFile(make("a.mp4", source + "-metadata creation_time=2026-11-28T03:55:31Z")).taken(),
      1795838131);
  EXPECT_EQ(VideoFile(make("b.mp4", source)).taken(), 0);
}

TEST_F(VideoFileTest, SaysWhatIsWrong) {
  const auto reason_is = [](const std::string& path, const std::string& reason) {
    EXPECT_THAT([&] { times_of(*std::make_unique<VideoFile>(path)); },
                ThrowsMessage<DecodeError>(HasSubstr(reason)))
        << path;
  };
  const std::string film = std::string(kBrightening) + "-c:v libx264 -g 10 ";
  reason_is(folder_.write("empty.mp4", ""), "the file is empty");
  reason_is(folder_.write("text.mp4", "This is not a film at all, whatever it is called."),
            "the film's data are damaged");
  reason_is(folder_.path("none.mp4"), "cannot be opened");
  reason_is(folder_.path(), "a folder, not a file");
  for (const char* const name : {"cut.mp4", "cut.mkv", "cut.avi"})
    reason_is(cut(make(name, film), 0.6), "the file is cut short");
  reason_is(cut(make("fast.mp4", film + "-movflags +faststart"), 0.6), "the file is cut short");
  reason_is(make("sound.mp4", "-f lavfi -i sine=d=1 -c:a aac"),
            "there are no pictures in it, only sound or other data");
  reason_is(make("a.flv", film), "not a film of a kind that is read");
  EXPECT_THAT([&] { VideoFile(make("a.mp4", film), {.max_pixels = 10'000}); },
              ThrowsMessage<DecodeError>("frames of 160 x 120 pixels are more than the limit of "
                                         "10,000; raise it with --max-pixels"));
}

TEST_F(VideoFileTest, AFilmThatEndsEarlyIsNotTriedAgain) {
  // Of a film that was sent as it was made, nothing says how long it is: FFmpeg meets its end as an
  // error of input and output, which of a disk would be one of the machine.
  make("live.mkv", std::string(kBrightening) + "-c:v libx264 -live 1");
  const std::string bytes = folder_.read("live.mkv");
  int damaged = 0;
  for (const std::size_t size : {60, 100, 200, 300, 400, 500}) {
    folder_.write("cut.mkv", bytes.substr(0, size));
    try {
      VideoFile video(folder_.path("cut.mkv"));
      times_of(video);
      ADD_FAILURE() << size << " bytes were read";
    } catch (const DecodeError& error) {
      EXPECT_FALSE(may_be_tried_again(error.what())) << size << ": " << error.what();
      damaged += error.what() == std::string("the film's data are damaged") ? 1 : 0;
    }
  }
  EXPECT_GE(damaged, 3);
}

TEST_F(VideoFileTest, OpensNoFileThatAnotherNames) {
  // A list of films, which some readers would follow.
  const std::string film = make("a.mp4", std::string(kBrightening) + "-c:v libx264");
  for (const auto& [name, text] :
       {std::pair{"list.mp4", "ffconcat version 1.0\nfile '" + film + "'\n"},
        {"list.m3u8",
         "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n" + film + "\n#EXT-X-ENDLIST\n"}})
    EXPECT_THAT([&] { VideoFile(folder_.write(name, text)); },
                ThrowsMessage<DecodeError>("not a film of a kind that is read"));
}

TEST_F(VideoFileTest, SurvivesDamage) {
  std::string film;
  {
    make("a.mp4",
         "-f lavfi -i testsrc2=s=160x120:r=10:d=4 -pix_fmt yuv420p -c:v libx264 -g 5 -bf 2");
    film = folder_.read("a.mp4");
  }
  unsigned state = 1;
  const auto draw = [&](std::size_t below) {
    state = state * 1'664'525U + 1'013'904'223U;
    return static_cast<std::size_t>(state >> 8) % below;
  };
  int read = 0;
  for (int i = 0; i < 60; ++i) {
    std::string damaged = film;
    for (int k = 0; k < 20; ++k) damaged[draw(damaged.size())] = static_cast<char>(draw(256));
    try {
      VideoFile video(folder_.write("damaged.mp4", damaged));
      EXPECT_THAT(times_of(video), Each(Le(kMostVideoMs)));
      ++read;
    } catch (const DecodeError& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("crashed")));
    } catch (const std::bad_alloc&) {  // it claims to be large
    }
  }
  EXPECT_GT(read, 5);
}

}  // namespace
}  // namespace facenet::test
