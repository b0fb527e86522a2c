#include "picture/terminal_picture.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include <gmock/gmock.h>

#include "image/draw.h"

namespace facenet {
namespace {

using Form = PictureTerminal::Form;
using Colours = PictureTerminal::Colours;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class PictureTerminalTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* const name : {"COLORTERM", "NO_COLOR", "TMUX", "KITTY_PID", "KITTY_WINDOW_ID",
                                   "TERM_PROGRAM", "LC_TERMINAL", "VTE_VERSION"})
      ::unsetenv(name);
  }
  static PictureTerminal terminal(const char* term, const PictureTerminal::Size& size = {}) {
    ::setenv("TERM", term, 1);
    return PictureTerminal(size);
  }
  /// Its left half red, the right one blue.
  static Image halves(int edge) {
    Image image = plain_picture(edge, edge, {255, 0, 0});
    paste(image, plain_picture(edge, edge, {0, 0, 255}), edge / 2, 0);
    return image;
  }
};

TEST_F(PictureTerminalTest, KnowsTerminals) {
  EXPECT_EQ(terminal("xterm-kitty").form(), Form::kKitty);
  EXPECT_EQ(terminal("foot").form(), Form::kSixel);
  EXPECT_EQ(terminal("xterm-256color").form(), Form::kBlocks);
  EXPECT_EQ(terminal("xterm-256color").colours(), Colours::kAll);
  EXPECT_EQ(terminal("screen").colours(), Colours::k256);
  EXPECT_EQ(terminal("linux").colours(), Colours::k16);
  ::setenv("TERM_PROGRAM", "iTerm.app", 1);
  EXPECT_EQ(terminal("xterm-256color").form(), Form::kIterm2);
  EXPECT_EQ(terminal("tmux-256color").form(), Form::kBlocks) << "which keeps pictures to itself";
  ::setenv("TMUX", "/tmp/tmux-1000/default,1,0", 1);
  EXPECT_EQ(terminal("xterm-256color").form(), Form::kBlocks);
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(terminal("xterm-256color").colours(), Colours::kNone);
}

TEST_F(PictureTerminalTest, OnlyTerminalsDraw) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(master, 0);
  ASSERT_EQ(::grantpt(master), 0);
  ASSERT_EQ(::unlockpt(master), 0);
  const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  ::setenv("TERM", "xterm", 1);
  EXPECT_TRUE(PictureTerminal::behind(terminal));
  const int nothing = ::open("/dev/null", O_WRONLY);
  EXPECT_FALSE(PictureTerminal::behind(nothing));
  for (const char* const term : {"dumb", "", "unknown"}) {
    ::setenv("TERM", term, 1);
    EXPECT_FALSE(PictureTerminal::behind(terminal)) << term;
  }
  ::unsetenv("TERM");
  EXPECT_FALSE(PictureTerminal::behind(terminal));
  for (const int descriptor : {nothing, terminal, master}) ::close(descriptor);
}

TEST_F(PictureTerminalTest, DrawsBlocks) {
  const PictureTerminal tiny = terminal("xterm-256color", {.columns = 2});
  ASSERT_EQ(tiny.room(), 1U);
  EXPECT_EQ(tiny.face_edge(), 20);
  const std::vector<Image> faces = {halves(20)};
  EXPECT_EQ(tiny.draw(faces),
            "\x1b[0m\x1b[7m\x1b[38;2;255;0;0m \x1b[0m\x1b[38;2;0;0;0;48;2;0;0;255m \x1b[0m\n");
  EXPECT_EQ(terminal("linux", {.columns = 2}).draw(faces),
            "\x1b[0m\x1b[7m\x1b[91m \x1b[0m\x1b[31;104m \x1b[0m\n")
      << "bright red and bright blue of sixteen";
}

TEST_F(PictureTerminalTest, FacesStandSideBySide) {
  const PictureTerminal wide = terminal("xterm-256color", {.columns = 75});
  EXPECT_EQ(wide.room(), 4U) << "18 columns each, and one between two";
  EXPECT_EQ(terminal("xterm-256color", {.columns = 74}).room(), 3U);
  const std::vector<Image> faces = {halves(wide.face_edge()), Image(), halves(wide.face_edge())};
  const std::string sent = wide.draw(faces);
  EXPECT_EQ(std::count(sent.begin(), sent.end(), '\n'), 9);
  EXPECT_THAT(sent, EndsWith("\n"));
  EXPECT_THAT(sent, HasSubstr("128;128;128")) << "a face that cannot be shown";
}

TEST_F(PictureTerminalTest, DrawsPixels) {
  const PictureTerminal::Size size = {.columns = 30, .letter_width = 9, .letter_height = 18};
  const PictureTerminal kitty = terminal("xterm-kitty", size);
  EXPECT_EQ(kitty.step(), 13) << "six rows high";
  EXPECT_EQ(kitty.room(), 2U);
  const std::vector<Image> faces(2, halves(kitty.face_edge()));
  EXPECT_THAT(kitty.draw(faces), StartsWith("\x1b_Ga=T,f=32,s=225,v=108,c=25,r=6,m=1\x1b\\"));
  EXPECT_THAT(kitty.draw(faces), EndsWith("\n"));
  const PictureTerminal sixel = terminal("foot", size);
  EXPECT_THAT(sixel.draw(faces), StartsWith("\x1bP0;1;0q\"1;1;225;108"));
  EXPECT_THAT(sixel.draw(faces), EndsWith("-\x1b\\")) << "which leaves the cursor below";
}

}  // namespace
}  // namespace facenet
