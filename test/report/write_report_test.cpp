#include "report/write_report.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "image/draw.h"
#include "image/encode.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// libvips starts and stops once in a process.
class Library : public testing::Environment {
 public:
  void SetUp() override { library_ = std::make_unique<ImageLibrary>("report_test"); }
  void TearDown() override { library_.reset(); }

 private:
  std::unique_ptr<ImageLibrary> library_;
};
const auto* const kLibrary = testing::AddGlobalTestEnvironment(new Library);

class WriteReportTest : public testing::Test {
 protected:
  WriteReportTest() {
    for (int photo = 1; photo <= 3; ++photo) {
      const std::string path = folder_.path(fmt::format("{}.png", photo));
      write_png(path, plain_picture(800, 600, {std::uint8_t(60 * photo), 90, 90}), false);
      const FaceRecord face{
          .id = 1000 + photo, .photo = photo, .x = 100, .y = 100, .width = 80, .height = 80};
      const FaceInPhoto there{face, path, 800, 600};
      report_.people.push_back({.id = photo, .face_count = 1, .faces = {there}});
      report_.boxes[photo] = {{there.face, photo}};
    }
  }
  WrittenReport write(bool force = false) const {
    return write_pages(report_, folder_.path("out"), {.force = force, .threads = 2});
  }
  std::string error_of(bool force) const {
    try {
      write(force);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  /// Names in the test's folder that begin so.
  std::ptrdiff_t beginning_with(const std::string& name) const {
    return std::ranges::count_if(fs::directory_iterator(folder_.path()), [&](const auto& entry) {
      return entry.path().filename().string().starts_with(name);
    });
  }

  TemporaryFolder folder_;
  Report report_;
};

TEST_F(WriteReportTest, AFolderHoldsPagesAndPictures) {
  const WrittenReport written = write();
  EXPECT_EQ(written.photos, 3);
  EXPECT_TRUE(written.failed.empty());
  EXPECT_THAT(folder_.read("out/index.html"), HasSubstr("faces/1/1002.webp"));
  EXPECT_THAT(folder_.read("out/people/2.html"), HasSubstr("../photos/0/2.webp"));
  const PhotoFile face(folder_.path("out/faces/1/1002.webp"));
  EXPECT_EQ(face.format(), ImageFormat::kWebp);
  EXPECT_EQ(face.width(), 112);
  const PhotoFile photo(folder_.path("out/photos/0/2.webp"));
  EXPECT_EQ(photo.width(), 400);
  EXPECT_EQ(photo.height(), 300);
  EXPECT_EQ(beginning_with("out"), 1) << "nothing is left beside it";
}

TEST_F(WriteReportTest, OnePageHoldsThePicturesItself) {
  const std::string file = folder_.path("people.html");
  write_one_page(report_, file, {.threads = 2});
  const std::string page = folder_.read("people.html");
  EXPECT_THAT(page, HasSubstr("<img src=\"data:image/webp;base64,UklGR"));
  EXPECT_THAT(page, Not(HasSubstr(".webp")));
  EXPECT_THROW(write_one_page(report_, file, {}), Error) << "it is there";
  EXPECT_NO_THROW(write_one_page(report_, file, {.force = true}));
}

TEST_F(WriteReportTest, OnePageHasALimit) {
  report_.people[0].faces.assign(kMostFacesOfOnePage + 1, report_.people[0].faces[0]);
  EXPECT_THROW(write_one_page(report_, folder_.path("people.html"), {}), Error);
  EXPECT_FALSE(fs::exists(folder_.path("people.html")));
}

TEST_F(WriteReportTest, ReplacesOnlyAReport) {
  fs::create_directory(folder_.path("out"));
  write();
  EXPECT_THAT(error_of(false), HasSubstr("holds a report; give --force to replace it"));
  report_.people.pop_back();
  write(true);
  EXPECT_FALSE(fs::exists(folder_.path("out/people/3.html"))) << "nobody stays who is not shown";
  EXPECT_FALSE(fs::exists(folder_.path("out/faces/1/1003.webp")));
  folder_.write("out/notes.txt", "mine");
  EXPECT_THAT(error_of(true), HasSubstr("notes.txt: holds a file beside the report"));
  EXPECT_EQ(folder_.read("out/notes.txt"), "mine");
  fs::remove(folder_.path("out/.facenet-report"));
  EXPECT_THAT(error_of(true), HasSubstr("holds files that are of no report"));
  EXPECT_EQ(beginning_with("out"), 1);
}

TEST_F(WriteReportTest, ALinkIsNotReplaced) {
  fs::create_directory(folder_.path("elsewhere"));
  fs::create_directory_symlink(folder_.path("elsewhere"), folder_.path("out"));
  EXPECT_THAT(error_of(true), HasSubstr("no folder"));
  EXPECT_TRUE(fs::is_empty(folder_.path("elsewhere")));
}

TEST_F(WriteReportTest, APhotoThatCannotBeReadIsNamedAndLeavesAPlace) {
  folder_.write("2.png", "no photo");
  const WrittenReport written = write();
  ASSERT_EQ(written.failed.size(), 1U);
  EXPECT_EQ(written.failed[0].first, folder_.path("2.png"));
  EXPECT_EQ(written.photos, 2);
  EXPECT_THAT(folder_.read("out/people/2.html"), HasSubstr("no picture"));
}

TEST_F(WriteReportTest, WhatStopsLeavesWhatWasThere) {
  write();
  const std::string before = folder_.read("out/index.html");
  WriteOptions options{.force = true, .threads = 2};
  options.progress = [](std::int64_t done, std::int64_t) {
    if (done == 2) fail("the disk is full");
  };
  EXPECT_THROW(write_pages(report_, folder_.path("out"), options), Error);
  EXPECT_EQ(folder_.read("out/index.html"), before);
  EXPECT_EQ(beginning_with("out"), 1);
}

}  // namespace
}  // namespace facenet
