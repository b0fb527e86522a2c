#include <algorithm>
#include <sstream>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class HelpTest : public ProgramTest {
 protected:
  std::string help(std::vector<std::string> arguments, const std::string& columns = "80") const {
    const ProgramRun run = facenet(arguments, {{"COLUMNS", columns}});
    EXPECT_EQ(run.status, 0);
    EXPECT_THAT(run.err, IsEmpty());
    return run.out;
  }
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  for (const std::string& line : lines_of(text))
    longest = std::max(longest, static_cast<std::size_t>(std::ranges::count_if(
                                    line, [](char c) { return (c & 0xC0) != 0x80; })));
  return longest;
}

/// What stands below "Commands:", of the program and of commands with commands of their own.
std::vector<std::vector<std::string>> listed_commands(const std::string& text) {
  std::vector<std::vector<std::string>> names;
  const auto lines = lines_of(text);
  auto line = std::ranges::find(lines, "Commands:");
  for (line = line == lines.end() ? line : line + 1; line != lines.end() && !line->empty(); ++line)
    if (line->size() > 2 && (*line)[2] != ' ')
      names.push_back({line->substr(2, line->find(' ', 2) - 2)});
  return names;
}

TEST_F(HelpTest, EveryCommandHasHelpThatFitsTheWidth) {
  auto commands = listed_commands(help({"-h"}));
  EXPECT_GE(commands.size(), 11U);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    std::vector<std::string> words = commands[i];
    words.insert(words.end(), {"-h", "--all"});
    const std::string text = help(words, "60");
    EXPECT_THAT(text, StartsWith("usage: facenet " + commands[i][0]));
    EXPECT_LE(longest_line(text), 60U) << text;
    EXPECT_THAT(text, Not(HasSubstr("\n\n\n")));
    if (commands[i].size() == 1)
      for (const auto& subcommand : listed_commands(text))
        commands.push_back({commands[i][0], subcommand[0]});
  }
  EXPECT_GE(commands.size(), 11U + 14U) << "with those of `people`";
}

TEST_F(HelpTest, WidthIsThatOfTheTerminalWithinLimits) {
  const std::vector<std::string> cluster = {"cluster", "-h"};
  EXPECT_GT(longest_line(help(cluster, "100")), 80U);
  EXPECT_LE(longest_line(help(cluster, "1000")), 120U);
  EXPECT_EQ(help(cluster, "1"), help(cluster, "40"));
  EXPECT_EQ(help(cluster, "many"), help(cluster, "80")) << "stdout is no terminal here";
}

TEST_F(HelpTest, TextsAreLaidOut) {
  EXPECT_EQ(help({"people", "merge", "-h"}, "60"),
            "usage: facenet people merge [OPTIONS] PERSON PERSON\n"
            "\n"
            "Says that the two are one person.\n"
            "\n"
            "Options:\n"
            "      --keep PERSON   whose number and name stay (default:\n"
            "                      the one with a name, else the first)\n"
            "      --yes           do not ask; of two names that of the\n"
            "                      first person stays, or of --keep\n"
            "\n"
            "Output:\n"
            "      --json          one JSON document\n"
            "\n"
            "Catalog:\n"
            "      --catalog FILE  the catalog, which keeps faces and\n"
            "                      people (default: $FACENET_CATALOG,\n"
            "                      else\n"
            "                      $XDG_DATA_HOME/facenet/catalog.db)\n"
            "\n"
            "General:\n"
            "  -q, --quiet         print only errors\n"
            "  -v, --verbose       print more about what is done\n"
            "  -h, --help          show this help\n");
  EXPECT_THAT(help({"people", "merge", "-h"}, "50"),
              HasSubstr("      --keep PERSON\n"
                        "        whose number and name stay (default: the\n"
                        "        one with a name, else the first)\n"))
      << "where there is little room";
}

TEST_F(HelpTest, RareOptionsAreShownOnRequest) {
  const std::string usual = help({"cluster", "-h"}), all = help({"cluster", "-h", "--all"});
  for (const char* rare : {"--trust", "--pixels", "--alignment", "--input-size", "--progress"}) {
    EXPECT_THAT(usual, Not(HasSubstr(rare)));
    EXPECT_THAT(all, HasSubstr(rare));
  }
  EXPECT_THAT(usual, HasSubstr(" more options: facenet cluster -h --all\n"));
  EXPECT_THAT(all, Not(HasSubstr("more options")));
  EXPECT_LT(usual.find("--json"), usual.find("--catalog"));
  EXPECT_LT(usual.find("--catalog"), usual.find("--detector"));
  EXPECT_LT(usual.find("--detector"), usual.find("--model"));
  EXPECT_LT(usual.find("--model"), usual.find("--threads"));
}

TEST_F(HelpTest, HelpIsAlsoACommand) {
  EXPECT_EQ(help({"help"}), help({"-h"}));
  EXPECT_EQ(help({"help", "cluster"}), help({"cluster", "-h"}));
  EXPECT_EQ(help({"help", "--all", "cluster"}), help({"cluster", "--help", "--all"}));
  EXPECT_EQ(help({"help", "eval"}), help({"eval", "-h"}));
  EXPECT_EQ(help({"help", "eval", "lfw"}), help({"eval", "lfw", "-h"}));
}

TEST_F(HelpTest, HelpIsAllThatHappensWhereItIsAskedFor) {
  EXPECT_EQ(help({"cluster", "--no-such-option", "photos", "-h"}), help({"cluster", "-h"}));
  EXPECT_EQ(facenet({"detect", "--", "-h"}).status, 2) << "a file of this name";
}

}  // namespace
}  // namespace facenet::test
