// Copies of a photo, shown as one.
#include <gmock/gmock.h>

#include "image/decode.h"
#include "image/encode.h"
#include "image/warp.h"
#include "test/cli/program.h"

namespace facenet::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

/// A photo, a smaller copy of it, and another photo of the same person.
class StacksTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    start_image_library();
    copy_photo("johns/John_Simm/000300_00470148.jpg", "photos/a.jpg");
    copy_photo("johns/John_Simm/000306_00470222.jpg", "photos/c.jpg");
    const Image photo = PhotoFile(path("photos/a.jpg")).decode();
    write_png(
        path("photos/b.png"),
        warp(photo, {.a = 1.5, .tx = 0.25, .ty = 0.25}, photo.width * 2 / 3, photo.height * 2 / 3),
        false);
    const ProgramRun clustered = run({"cluster", "photos"});
    ASSERT_EQ(clustered.status, 0) << clustered.err;
    EXPECT_EQ(clustered.out, "person 1: 3 faces\n    " + path("photos/a.jpg") +
                                 " (+1 like it)\n    " + path("photos/c.jpg") + "\n");
  }
  ProgramRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    return facenet(arguments);
  }
};

TEST_F(StacksTest, CountOnceAndAreListedWhenAskedFor) {
  EXPECT_EQ(run({"people", "list", "--min-faces", "2"}).status, 0);
  const ProgramRun none = run({"people", "list", "--min-faces", "3"});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("no people with 3 or more faces"));
  EXPECT_EQ(run({"people", "show", "1"}).out, "person 1: 3 faces\n    " + path("photos/a.jpg") +
                                                  " (+1 like it)\n        " + path("photos/b.png") +
                                                  "\n    " + path("photos/c.jpg") + "\n");
  const ProgramRun paths = run({"people", "show", "1", "-0"});
  EXPECT_THAT(paths.out, HasSubstr(path("photos/b.png"))) << "for other programs, every photo";
}

TEST_F(StacksTest, AreInJson) {
  const auto person = run({"people", "show", "1", "--json"}).json()["people"][0];
  EXPECT_EQ(person["face_count"], 3);
  EXPECT_EQ(person["stack_count"], 2);
  EXPECT_FALSE(person["faces"][0].contains("like"));
  EXPECT_EQ(person["faces"][1]["like"], person["faces"][0]["face"]);
  EXPECT_FALSE(person["faces"][2].contains("like"));
}

TEST_F(StacksTest, TakeOnePlaceOnASheet) {
  const ProgramRun drawn = run({"people", "sheet", "1", "-o", "sheet.png", "--json"});
  ASSERT_EQ(drawn.status, 0) << drawn.err;
  const auto person = drawn.json()["people"][0];
  EXPECT_EQ(person["face_count"], 3);
  EXPECT_EQ(person["left_out_face_count"], 0);
  ASSERT_EQ(person["faces"].size(), 2U);
  EXPECT_EQ(person["faces"][0]["like_it_count"], 1);
  EXPECT_FALSE(person["faces"][1].contains("like_it_count"));
  const auto cut = run({"people", "sheet", "1", "-o", "cut.png", "--faces", "1", "--json"}).json();
  EXPECT_EQ(cut["people"][0]["faces"].size(), 1U);
  EXPECT_EQ(cut["people"][0]["left_out_face_count"], 1);
}

TEST_F(StacksTest, TakeOnePlaceInTheTerminal) {
  write("command",
        "export TERM=xterm-256color\nstty cols 80 rows 24\n\"$FACENET\" people show 1 --picture "
        "--catalog catalog.db 2>&1");
  const std::string shown = bash("script -qec 'bash command' /dev/null </dev/null").out;
  EXPECT_THAT(shown, ContainsRegex("face [0-9]+ \\+1 +face [0-9]+\r\n"));
  EXPECT_THAT(shown, Not(HasSubstr("more face")));
}

}  // namespace
}  // namespace facenet::test
