#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

/// Files that are not what their names say, and names that are no text.
class HostileFilesTest : public ProgramTest {
 protected:
  ProgramRun cluster(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"cluster", "photos", "--json", "--catalog", catalog()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return facenet(arguments);
  }
  json counts(const std::vector<std::string>& more = {}) const {
    return cluster(more).json()["photo_counts"];
  }
};

TEST_F(HostileFilesTest, DevicesAreRefusedAtOnce) {
  copy_photo(johns()[0], "a.jpg");
  fs::create_symlink("/dev/zero", path("zero.jpg"));
  for (const std::vector<std::string>& command : {std::vector<std::string>{"detect", "zero.jpg"},
                                                  {"cluster", "zero.jpg", "--catalog", catalog()},
                                                  {"verify", "a.jpg", "zero.jpg"},
                                                  {"embed", "zero.jpg", "--output", "v.npy"}}) {
    const ProgramRun run = facenet(command);
    EXPECT_THAT(run.status, testing::AnyOf(2, 3)) << command[0];
    EXPECT_THAT(run.err, HasSubstr("not a regular file")) << command[0];
  }
}

TEST_F(HostileFilesTest, PipesThatNobodyWritesToAreGivenUp) {
  copy_photo(johns()[0], "photos/a.jpg");
  ASSERT_EQ(mkfifo(path("pipe.jpg").c_str(), 0600), 0);
  const ProgramRun detect = facenet({"detect", "pipe.jpg"});
  EXPECT_EQ(detect.status, 2);
  EXPECT_THAT(detect.errors(), ElementsAre(HasSubstr("pipe.jpg: nobody writes to this pipe")));
  const ProgramRun library = facenet({"cluster", "pipe.jpg", "--catalog", catalog()});
  EXPECT_THAT(library.err, HasSubstr("pipe.jpg: not a regular file"));
  // A photo of the catalog that another kind of file has replaced.
  ASSERT_EQ(counts()["new"], 1);
  fs::remove(path("photos/a.jpg"));
  ASSERT_EQ(mkfifo(path("photos/a.jpg").c_str(), 0600), 0);
  EXPECT_EQ(
      facenet({"people", "review", "--json", "--chips", "chips", "--catalog", catalog()}).status,
      1);
  EXPECT_EQ(counts()["missing"], 1);
}

TEST_F(HostileFilesTest, AFailureThatDependsOnOptionsIsTriedAgain) {
  copy_photo(johns()[0], "photos/a.jpg");
  const ProgramRun refused = cluster({"--max-pixels", "100"});
  EXPECT_EQ(refused.status, 3);
  EXPECT_THAT(refused.err, HasSubstr("raise it with --max-pixels"));
  const ProgramRun again = cluster({"--max-pixels", "100"});
  EXPECT_EQ(again.status, 1) << "the same trouble, said before";
  EXPECT_EQ(again.json()["photo_counts"]["unreadable"], 1);
  const ProgramRun raised = cluster();
  EXPECT_EQ(raised.status, 0) << raised.err;
  EXPECT_EQ(raised.json()["photo_counts"]["unreadable"], 0);
  EXPECT_EQ(raised.json()["face_count"], 1);
}

TEST_F(HostileFilesTest, LinksOutOfTheFoldersAreFollowedOnlyWhenAsked) {
  copy_photo(johns()[0], "photos/a.jpg");
  copy_photo(johns()[1], "elsewhere/b.jpg");
  fs::create_directory_symlink(path("elsewhere"), path("photos/x"));
  fs::create_symlink(path("elsewhere/b.jpg"), path("photos/y.jpg"));
  const std::string said =
      "facenet: 2 links lead out of these folders, not followed; "
      "--follow-links reads what is there";
  const ProgramRun below = cluster();
  EXPECT_EQ(below.json()["photo_counts"]["scanned"], 1);
  EXPECT_THAT(below.errors(), Contains(said));
  EXPECT_THAT(facenet({"detect", "photos"}).errors(), ElementsAre(said));
  EXPECT_EQ(counts({"--follow-links"})["scanned"], 3);
  const ProgramRun later = cluster();
  EXPECT_EQ(later.json()["photo_counts"]["missing"], 0) << "not looked at is not gone";
  EXPECT_EQ(later.json()["face_count"], 2);
}

TEST_F(HostileFilesTest, NoChipTakesTheNameOfAnother) {
  copy_photo(johns()[0], "photos/d1/a.jpg");
  copy_photo(johns()[1], "photos/d2/a.jpg");
  copy_photo(johns()[2], "photos/d3/a~1.jpg");
  copy_photo(johns()[3], "photos/a~1.jpg");
  const ProgramRun run = facenet({"align", "photos", "--output", "chips", "--force", "--jsonl"});
  EXPECT_EQ(run.status, 0) << run.err;
  std::vector<std::string> chips;
  for (const auto& entry : fs::directory_iterator(path("chips")))
    if (entry.path().string().ends_with(".0.png")) chips.push_back(entry.path().filename());
  EXPECT_THAT(chips, UnorderedElementsAre("a.0.png", "a~1.0.png", "a~2.0.png", "a~1~1.0.png"));
}

TEST_F(HostileFilesTest, ACatalogFindsItsModelFromAnyFolder) {
  copy_photo(johns()[0], "photos/a.jpg");
  fs::copy_file(test_models() + "/mobilefacenet-512.safetensors", path("x.safetensors"));
  ASSERT_EQ(cluster({"--model", "./x.safetensors"}).status, 0);
  fs::create_directory(path("other"));
  const ProgramRun run = bash("cd other && \"$FACENET\" cluster ../photos --catalog ../catalog.db");
  EXPECT_EQ(run.status, 0) << run.err;
}

TEST_F(HostileFilesTest, AFewBytesAreNoEmptyCatalog) {
  copy_photo(johns()[0], "photos/a.jpg");
  write("catalog.db", "x");
  const ProgramRun run = cluster();
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors(), ElementsAre(HasSubstr("is no facenet catalog")));
  EXPECT_EQ(read("catalog.db"), "x");
}

TEST_F(HostileFilesTest, FacesThatWereNeverGroupedAreNotNobody) {
  copy_photo(johns()[0], "photos/a.jpg");
  ASSERT_EQ(facenet({"embed", "photos", "--catalog", catalog()}).status, 0);
  for (const std::vector<std::string>& command : {std::vector<std::string>{"find", "photos/a.jpg"},
                                                  {"who", "photos/a.jpg"},
                                                  {"people", "review", "--list"}}) {
    auto arguments = command;
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    const ProgramRun run = facenet(arguments);
    EXPECT_EQ(run.status, 2) << command[0];
    EXPECT_THAT(run.errors(), ElementsAre(HasSubstr("run `facenet cluster`"))) << command[0];
  }
}

TEST_F(HostileFilesTest, ArgumentsWithoutMeaningAreRefused) {
  copy_photo(johns()[0], "photos/a.jpg");
  ASSERT_EQ(cluster().status, 0);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"detect", ""},
        {"cluster", "", "--catalog", catalog()},
        {"align", "", "--output", "chips"},
        {"verify", "", "photos/a.jpg"},
        {"find", "", "--catalog", catalog()},
        {"cluster", "photos", "--threshold", "inf", "--catalog", catalog()},
        {"cluster", "photos", "--threshold", "nan", "--catalog", catalog()},
        {"people", "list", "--min-faces", "-1", "--catalog", catalog()},
        {"people", "list", "--min-faces", "0", "--catalog", catalog()},
        {"people", "review", "--limit", "0", "--catalog", catalog()}}) {
    const ProgramRun run = facenet(command);
    EXPECT_THAT(run.status, testing::AnyOf(2, 3)) << testing::PrintToString(command);
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(run.errors().size(), 1U) << run.err;
    EXPECT_THAT(run.err, Not(HasSubstr("internal error"))) << testing::PrintToString(command);
  }
}

TEST_F(HostileFilesTest, AnOnnxFileCannotBeThatLarge) {
  write("large.onnx", "x");
  fs::resize_file(path("large.onnx"), (std::uintmax_t{1} << 31) + 1);
  const ProgramRun run = facenet({"model", "import", "large.onnx", "--name", "x"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors(), ElementsAre(HasSubstr("larger than 2 GiB")));
}

/// The process of this name that the program has started; 0 when there is none.
int child_called(const std::string& name, int parent) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "status");
    std::string word, called;
    int above = 0;
    while (file >> word) {
      if (word == "Name:") file >> called;
      if (word == "PPid:" && file >> above) break;
    }
    if (called == name && above == parent) return std::stoi(entry.path().filename());
  }
  return 0;
}

/// Whether our child has ended, and waits to be asked how.
bool is_over(int process) {
  siginfo_t end{};
  return waitid(P_PID, static_cast<id_t>(process), &end, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         end.si_pid == process;
}

TEST_F(HostileFilesTest, AReaderOfWeightsThatCrashesIsOneLine) {
  // One field that nobody knows, of 200 MB: long enough to be met while it is read, sooner or
  // later.
  write("large.onnx", std::string("\xfa\x01\x80\x84\xaf\x5f", 6));
  fs::resize_file(path("large.onnx"), 200'000'006);
  const auto crash_while_reading = [&] {
    // Without the address sanitizer's own handler, for which any such signal is a finding.
    const int process =
        start({"model", "import", "large.onnx", "--name", "x", "-o", "x.safetensors"},
              {{"ASAN_OPTIONS", "handle_segv=0:intercept_tls_get_addr=0"}});
    int reader = 0;
    while (reader == 0 && !is_over(process)) reader = child_called("facenet-import", process);
    if (reader != 0) kill(reader, SIGSEGV);
    EXPECT_EQ(wait_for(process), 2);
    return read(".stderr");
  };
  std::string said;
  for (int i = 0; i < 100 && said.find("crashed") == said.npos; ++i) said = crash_while_reading();
  EXPECT_EQ(said,
            "facenet: large.onnx: its reader crashed (signal 11, Segmentation fault); get the "
            "file again, from a place you trust\n");
  EXPECT_FALSE(fs::exists(path("x.safetensors")));
}

TEST_F(HostileFilesTest, JsonOfPathsThatAreNoText) {
  copy_photo(johns()[0], "photos/a.jpg");
  const ProgramRun run =
      facenet({"embed", "photos", "--json", "--catalog", path("\xff\xfe catalog.db")});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.json()["catalog"].get<std::string>(), EndsWith(" catalog.db"));
  fs::copy_file(test_models() + "/mobilefacenet-512.safetensors", path("\xff.safetensors"));
  const ProgramRun model = facenet(
      {"embed", "photos", "--json", "--catalog", catalog(), "--model", "./\xff.safetensors"});
  EXPECT_EQ(model.status, 0) << model.err;
}

}  // namespace
}  // namespace facenet::test
