#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class UsageTest : public ProgramTest {};

TEST_F(UsageTest, WrongUsageIsOneLineAndStatusTwo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"frobnicate"}, "facenet: there is no command 'frobnicate'; `facenet -h` lists them"},
      {{"cluster", "--explain", "7"},
       "facenet: --explain: give the numbers of two faces; see `facenet cluster -h`"},
      {{"people", "frobnicate"},
       "facenet: there is no `people frobnicate`; see `facenet people -h`"},
      {{"people", "move", "7"},
       "facenet: usage: facenet people move FACE... --to PERSON; see `facenet people move "
       "-h`"},
      {{"people", "answer", "1-2", "maybe"},
       "facenet: the answer is yes or no, not 'maybe'; see `facenet people answer -h`"},
      {{"find", "a.jpg", "--min-probability", "2"},
       "facenet: --min-probability must lie between 0 and 1; see `facenet find -h`"},
      {{"cluster", "--thrshold", "1", "x"},
       "facenet: unrecognised option '--thrshold' (did you mean --threshold?); see `facenet "
       "cluster "
       "-h`"},
      {{"cluster", "--thres", "1", "x"},
       "facenet: unrecognised option '--thres' (did you mean --threshold?); see `facenet cluster "
       "-h`"},
      {{"cluster", "--json", "--csv", "x"},
       "facenet: give only one of --json, --jsonl, --csv and -0; see `facenet cluster -h`"},
      {{"cluster", "--threads", "-1", "x"},
       "facenet: --threads must lie between 1 and 1024; see `facenet cluster -h`"},
      {{"cluster", "--min-face", "2", "x"},
       "facenet: the smallest face is a share of the photo's longer edge, 0 to 1, not 2; see "
       "`facenet cluster -h`"},
      {{"verify", "a.jpg"},
       "facenet: missing A B: give two photos, or --pairs FILE.csv; see `facenet verify -h`"},
      {{"verify", "a", "b", "c"}, "facenet: unexpected argument 'c'; see `facenet verify -h`"},
      {{"align", "x"},
       "facenet: give a folder for the faces: --output DIR; see `facenet align -h`"},
      {{"embed", "--output", "x.txt", "."},
       "facenet: --output x.txt: the name must end in .npy, .csv or .jsonl, or give --format; see "
       "`facenet embed "
       "-h`"},
      {{"cluster", "--%value%", "x"},
       "facenet: cannot understand '--%value%'; see `facenet cluster -h`"},
      {{"cluster", "--threads=9%original_token%", "x"},
       "facenet: cannot understand '--threads=9%original_token%'; see `facenet cluster -h`"},
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

TEST_F(UsageTest, SaysWhatMayHaveBeenMeant) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"clsuter"}, "facenet: there is no command 'clsuter'; did you mean `facenet cluster`?"},
      {{"eval", "lwf"}, "facenet: there is no `eval lwf`; did you mean `facenet eval lfw`?"},
      {{"people", "mrge", "1", "2"},
       "facenet: there is no `people mrge`; did you mean `facenet people merge`?"},
      {{"help", "detcet"}, "facenet: there is no command 'detcet'; did you mean `facenet detect`?"},
      {{"help", "cluster", "photos"},
       "facenet: `facenet cluster` has no commands of its own; see `facenet help cluster`"},
      {{"eval"},
       "facenet: say what to do: lfw, ytf, identities or sensitivity; see `facenet eval -h`"},
      {{"detect", "--detector", "mtncn", "x.jpg"},
       "facenet: --detector is yunet, mtcnn, mmod or hog, not 'mtncn'; see `facenet detect -h`"},
  };
  for (const auto& [arguments, message] : cases) {
    const ProgramRun run = facenet(arguments);
    EXPECT_EQ(run.status, 2) << message;
    EXPECT_THAT(run.out, IsEmpty());
    EXPECT_THAT(run.errors(), ElementsAre(message));
  }
}

TEST_F(UsageTest, VersionNamesCommitAndLibraries) {
  const ProgramRun run = facenet({"--version"});
  EXPECT_EQ(run.status, 0);
  // The commit is there unless the sources are no checkout.
  EXPECT_THAT(run.out,
              ContainsRegex("^facenet 0\\.[0-9]+\\.[0-9]+( \\([0-9a-f]{7,40}(-dirty)?\\))?\n"));
  for (const char* part : {"LibTorch", "oneDNN", "BLAS", "threads"}) {
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
