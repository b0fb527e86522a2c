// Films that cannot be read: a line each, and the run goes on.
#include <filesystem>

#include <gmock/gmock.h>

#include "test/cli/program.h"
#include "test/cli/videos/films.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class BadFilmsTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    fs::create_directory(path("photos"));
    copy_photo(johns()[0], "photos/good.jpg");
    make_film(path("film.mp4"), {{{path("photos/good.jpg")}, 2}});
    film_ = read("film.mp4");
  }
  ProgramRun cluster() const {
    return facenet({"cluster", "photos", "--videos", "--json", "--catalog", catalog()});
  }
  std::string film_;
};

TEST_F(BadFilmsTest, AreListedAndTheRunGoesOn) {
  struct Bad {
    const char* name;
    std::string content;
    const char* reason;
  };
  const std::vector<Bad> bad = {
      {"cut.mp4", film_.substr(0, film_.size() / 2), "the file is cut short"},
      {"zero.mov", "", "the file is empty"},
      {"text.mp4", "This is not a film at all, whatever its name says.",
       "the film's data are damaged"},
      {"zeros.avi", std::string(5000, '\0'), "the film's data are damaged"},
      {"header.mkv", "\x1a\x45\xdf\xa3", "the film's data are damaged"},
      {"film.jpg", film_, "not a photo (its first bytes are those of a film)"},
      {"flash.flv", std::string("FLV\1\5\0\0\0\11\0\0\0\0", 13), "the film's data are damaged"},
  };
  for (const Bad& film : bad) write(std::string("photos/") + film.name, film.content);
  const ProgramRun run = cluster();
  EXPECT_EQ(run.status, 3);
  EXPECT_EQ(run.json()["face_count"], 1);
  for (const Bad& film : bad)
    EXPECT_THAT(run.errors(),
                Contains(AllOf(StartsWith("facenet: " + path("photos/") + film.name + ": "),
                               HasSubstr(film.reason))));
  EXPECT_EQ(run.errors().size(), bad.size() + 1);  // and the summary

  const ProgramRun again = cluster();
  EXPECT_EQ(again.json()["photo_counts"]["unreadable"], bad.size());
}

TEST_F(BadFilmsTest, AreReadByWhatTheyAreAndNotByTheirNames) {
  write("photos/film.dat", film_);
  fs::copy_file(path("photos/good.jpg"), path("photos/photo.mp4"));
  const ProgramRun run = cluster();
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.json()["photo_counts"]["unreadable"], 0);
  EXPECT_EQ(run.json()["photo_counts"]["new"], 3);
  EXPECT_EQ(run.json()["face_count"], 2);  // the two photos are one
}

TEST_F(BadFilmsTest, AreNoPhotosForOtherCommands) {
  for (const char* const command : {"find", "who"}) {
    ASSERT_EQ(cluster().status, 0);
    const ProgramRun run = facenet({command, "film.mp4", "--catalog", catalog()});
    EXPECT_EQ(run.status, 3);
    EXPECT_THAT(run.err, HasSubstr("film.mp4: a video, which this command does not read"));
  }
  const ProgramRun detect = facenet({"detect", "film.mp4"});
  EXPECT_THAT(detect.errors(),
              Contains("facenet: skipped 1 video, which this command does not read"));
}

}  // namespace
}  // namespace facenet::test
