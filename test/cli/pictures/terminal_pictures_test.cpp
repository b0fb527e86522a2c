// Faces drawn in the terminal.
#include <filesystem>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

using testing::AnyOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A catalog of the five Johns.
class TerminalPicturesTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    copy_photos("johns", "photos");
    ASSERT_EQ(facenet({"cluster", "photos", "--catalog", catalog()}).status, 0);
  }
  /// What a terminal is sent, which the program takes for this one; `answers` are typed.
  std::string on_terminal(const std::string& term, const std::string& command,
                          const std::string& answers = "") const {
    write("command", "unset COLORTERM KITTY_PID TMUX NO_COLOR\nexport TERM=" + term +
                         "\nstty cols 80 rows 24\n\"$FACENET\" " + command +
                         " --catalog catalog.db 2>&1\necho \"status $?\"");
    write("answers", answers);
    return bash("script -qec 'bash command' /dev/null <answers").out;
  }
  static std::vector<std::string> lines_with(const std::string& text, const std::string& part) {
    std::vector<std::string> found;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
      if (line.find(part) != line.npos) found.push_back(line);
    return found;
  }
};

TEST_F(TerminalPicturesTest, ShowDrawsTheMostTypicalAndTheMostDoubtfulInBlocks) {
  const std::string shown = on_terminal("xterm-256color", "people show 1 --picture");
  EXPECT_THAT(shown, HasSubstr("person 1: 11 faces"));
  EXPECT_THAT(shown, HasSubstr("status 0"));
  const auto rows = lines_with(shown, "\x1b[38;2;");
  EXPECT_EQ(rows.size(), 9U) << shown;
  EXPECT_THAT(shown, AnyOf(HasSubstr("▀"), HasSubstr("▄")));
  EXPECT_THAT(shown, ContainsRegex("face [0-9]+ +face [0-9]+ +face [0-9]+ +face [0-9]+\r\n"))
      << "four fit in 80 columns";
  EXPECT_THAT(shown, HasSubstr("and 7 more faces: `facenet people sheet 1 -o people.jpg`"));
}

TEST_F(TerminalPicturesTest, ShowDrawsPicturesWhereTheTerminalShowsThem) {
  EXPECT_THAT(on_terminal("foot", "people show 1 --picture"), HasSubstr("\x1bP0;1;0q"));
  EXPECT_THAT(on_terminal("xterm-kitty", "people show 1 --picture"), HasSubstr("\x1b_Ga=T,"));
  EXPECT_THAT(on_terminal("screen", "people show 1 --picture"), HasSubstr("\x1b[38;5;"))
      << "within screen, in 256 colours";
}

TEST_F(TerminalPicturesTest, WithoutATerminalThatShowsPicturesTheSheetIsNamed) {
  const std::string hint =
      "facenet: no terminal that shows pictures; `facenet people sheet 2 -o people.jpg` draws a "
      "file of them";
  const ProgramRun plain = facenet({"people", "show", "2", "--catalog", catalog()});
  const ProgramRun piped = facenet({"people", "show", "2", "--picture", "--catalog", catalog()},
                                   {{"TERM", "xterm-256color"}});
  EXPECT_EQ(piped.status, 0);
  EXPECT_EQ(piped.out, plain.out);
  EXPECT_EQ(piped.err, hint + "\n");
  const std::string dumb = on_terminal("dumb", "people show 2 --picture");
  EXPECT_THAT(dumb, HasSubstr(hint));
  EXPECT_THAT(dumb, HasSubstr("person 2: 11 faces"));
  EXPECT_THAT(dumb, Not(HasSubstr("\x1b")));
}

TEST_F(TerminalPicturesTest, OtherFormsHaveNoPicture) {
  for (const char* const form : {"--json", "--jsonl", "--csv", "-0"}) {
    const ProgramRun run =
        facenet({"people", "show", "1", "--picture", form, "--catalog", catalog()});
    EXPECT_EQ(run.status, 2) << form;
    EXPECT_THAT(run.out, IsEmpty());
    EXPECT_THAT(run.err, HasSubstr("--picture draws in a terminal; leave out"));
  }
}

TEST_F(TerminalPicturesTest, APhotoThatBrokeIsNamedAndPathsStayEscaped) {
  const auto person = facenet({"people", "show", "1", "--json", "--catalog", catalog()}).json();
  const std::string copied = person["people"][0]["faces"][0]["photo"];
  std::filesystem::rename(copied, path("photos/\x1b]0;x\x07.jpg"));
  ASSERT_EQ(facenet({"cluster", "photos", "--catalog", catalog()}).status, 0);
  const auto now = facenet({"people", "show", "1", "--json", "--catalog", catalog()}).json();
  for (const auto& face : now["people"][0]["faces"]) {
    const std::string photo = face["photo"];
    write(photo.substr(path("").size()), std::string(std::filesystem::file_size(photo), 'x'));
  }
  const std::string shown = on_terminal("xterm-256color", "people show 1 --picture");
  EXPECT_THAT(shown, HasSubstr("not a photo"));
  EXPECT_THAT(shown, HasSubstr("status 3"));
  EXPECT_THAT(shown, HasSubstr("/photos/\\x1b]0;x\\x07.jpg"));
  EXPECT_THAT(shown, Not(HasSubstr("\x1b]0;")));
  EXPECT_EQ(lines_with(shown, "\x1b[38;2;").size(), 9U) << "grey, but there";
}

TEST_F(TerminalPicturesTest, ReviewDrawsBothSides) {
  // So low a threshold that hardly a face is with another.
  ASSERT_EQ(facenet({"cluster", "--threshold", "0.3", "--catalog", catalog()}).status, 0);
  const std::string asked = on_terminal("xterm-256color", "people review", "q\n");
  EXPECT_THAT(asked, HasSubstr("one person?"));
  EXPECT_EQ(lines_with(asked, "\x1b[38;2;").size(), 18U) << asked;
  const std::string plain = on_terminal("xterm-256color", "people review --no-picture", "q\n");
  EXPECT_THAT(plain, HasSubstr("one person?"));
  EXPECT_THAT(plain, Not(HasSubstr("\x1b[")));
  const std::string dumb = on_terminal("dumb", "people review", "q\n");
  EXPECT_THAT(dumb, HasSubstr("this terminal shows no pictures; --chips DIR"));
  EXPECT_THAT(dumb, Not(HasSubstr("\x1b[")));
}

}  // namespace
}  // namespace facenet::test
