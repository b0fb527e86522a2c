#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class UsageTest : public ProgramTest {};

TEST_F(UsageTest, EveryCommandHasHelp) {
  const ProgramRun help = facenet({"-h"});
  EXPECT_EQ(help.status, 0);
  for (const std::string command : {"cluster", "people", "find", "verify", "detect", "align",
                                    "embed", "eval", "catalog", "model"}) {
    EXPECT_THAT(help.out, HasSubstr("  " + command));
    const ProgramRun run = facenet({command, "-h"});
    EXPECT_EQ(run.status, 0) << command;
    EXPECT_THAT(run.out, StartsWith("usage: facenet " + command));
    EXPECT_THAT(run.err, IsEmpty());
  }
}

TEST_F(UsageTest, WrongUsageIsOneLineAndStatusTwo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"frobnicate"}, "facenet: there is no command 'frobnicate'; `facenet -h` lists them"},
      {{"cluster", "--explain", "7"},
       "facenet: --explain: give the numbers of two faces; see `facenet cluster -h`"},
      {{"people", "frobnicate"},
       "facenet: there is no `people frobnicate`; see `facenet people -h`"},
      {{"people", "move", "7"},
       "facenet: usage: facenet people move FACE... --to PERSON; see `facenet people -h`"},
      {{"people", "answer", "1-2", "maybe"},
       "facenet: the answer is yes or no, not 'maybe'; see `facenet people -h`"},
      {{"find", "a.jpg", "--min-probability", "2"},
       "facenet: --min-probability must lie between 0 and 1; see `facenet find -h`"},
      {{"cluster", "--thrshold", "1", "x"},
       "facenet: unrecognised option '--thrshold'; see `facenet cluster -h`"},
      {{"cluster", "--thres", "1", "x"},
       "facenet: unrecognised option '--thres'; see `facenet cluster -h`"},
      {{"cluster", "--json", "--csv", "x"},
       "facenet: give only one of --json, --csv and -0; see `facenet cluster -h`"},
      {{"cluster", "--threads", "-1", "x"},
       "facenet: --threads must lie between 1 and 1024; see `facenet cluster -h`"},
      {{"cluster", "--min-face", "2", "x"},
       "facenet: the smallest face is a share of the photo's longer edge, 0 to 1, not 2; see "
       "`facenet cluster -h`"},
      {{"verify", "a.jpg"}, "facenet: missing A B: give two photos; see `facenet verify -h`"},
      {{"verify", "a", "b", "c"}, "facenet: unexpected argument 'c'; see `facenet verify -h`"},
      {{"align", "x"}, "facenet: give --output DIR for the chips; see `facenet align -h`"},
      {{"embed", "--output", "x.txt", "."},
       "facenet: --output x.txt: the name must end in .npy, .csv or .jsonl; see `facenet embed "
       "-h`"},
      {{"detect", "-q", "-v", "."},
       "facenet: -q and -v contradict each other; see `facenet detect -h`"},
  };
  for (const auto& [arguments, message] : cases) {
    const ProgramRun run = facenet(arguments);
    EXPECT_EQ(run.status, 2) << message;
    EXPECT_THAT(run.out, IsEmpty());
    EXPECT_THAT(run.errors(), ElementsAre(message));
  }
}

TEST_F(UsageTest, VersionNamesTheLibraries) {
  const ProgramRun run = facenet({"--version"});
  EXPECT_EQ(run.status, 0);
  for (const char* part : {"facenet 0.", "LibTorch", "oneDNN", "BLAS", "threads"}) {
    EXPECT_THAT(run.out, HasSubstr(part));
  }
}

TEST_F(UsageTest, OutputThatCannotBeWrittenIsAFailure) {
  const std::string command =
      std::string(FACENET_PROGRAM) + " --version > /dev/full 2> " + path("err");
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_THAT(read("err"), HasSubstr("cannot write the output"));
}

}  // namespace
}  // namespace facenet::test
