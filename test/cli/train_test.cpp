#include <algorithm>
#include <csignal>
#include <filesystem>
#include <unistd.h>

#include <gmock/gmock.h>

#include "test/cli/program.h"
#include "test/support/free_port.h"

namespace facenet::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

/// The five people whose photos Debian's dlib ships, four photos each.
class TrainTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    std::map<std::string, int> count;
    for (const std::string& photo : johns()) {
      const auto person = std::filesystem::path(photo).parent_path().filename().string();
      if (++count[person] > 4) continue;
      const auto name = std::filesystem::path(photo).filename().string();
      std::filesystem::create_directories(path("people/" + person));
      copy_photo(photo, "people/" + person + "/" + name);
    }
  }

  /// The first of the person's photos.
  std::string first(const std::string& person) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path("people/" + person))) {
      names.push_back(entry.path().filename().string());
    }
    return *std::ranges::min_element(names);
  }

  std::vector<std::string> command(const std::vector<std::string>& more) const {
    std::vector<std::string> all = {
        "train", "--network", "nns2", "--embedding",  "16",  "--chips", "chips", "--people",
        "3",     "--images",  "4",    "--validation", "0.4", "--rate",  "0.01"};
    all.insert(all.end(), more.begin(), more.end());
    all.push_back("people");
    return all;
  }
};

TEST_F(TrainTest, TrainsAModelThatEmbedTakes) {
  write("people/John_Salley/broken.jpg", "\xFF\xD8\xFF\xE0 and no more");
  const ProgramRun run = facenet(command({"--steps", "2", "-o", "mine.safetensors"}));
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, HasSubstr("20 faces of 5 people"));
  EXPECT_THAT(run.err, HasSubstr("broken.jpg"));
  EXPECT_THAT(run.err, HasSubstr("mine.safetensors: written"));

  const auto info = facenet({"model", "info", "./mine.safetensors", "--json"}).json();
  EXPECT_EQ(info["name"], "mine");
  EXPECT_EQ(info["embedding"], 16);
  const ProgramRun verify = facenet({"verify", "people/John_Salley/" + first("John_Salley"),
                                     "people/John_Simm/" + first("John_Simm"), "--model",
                                     "./mine.safetensors", "--json"});
  EXPECT_LE(verify.status, 1) << verify.err;
  EXPECT_TRUE(verify.json().contains("distance"));

  // A command typed twice must not throw away the result of hours.
  const ProgramRun again = facenet(command({"--steps", "2", "-o", "mine.safetensors"}));
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.err, HasSubstr("--resume to go on or --force"));
}

TEST_F(TrainTest, GoesOnAfterASignal) {
  const auto arguments =
      command({"--steps", "100000", "-o", "long.safetensors", "--checkpoint-minutes", "0.001"});
  ASSERT_EQ(facenet(command({"--prepare-only"})).status, 0);
  const int process = start(arguments);
  const std::string checkpoint = path("long.safetensors.run/checkpoint.safetensors");
  for (int i = 0; i < 600 && !std::filesystem::exists(checkpoint); ++i) ::usleep(100'000);
  ::kill(process, SIGINT);
  EXPECT_EQ(wait_for(process), 130);
  ASSERT_TRUE(std::filesystem::exists(checkpoint));

  const ProgramRun other = facenet(
      command({"--steps", "100000", "-o", "long.safetensors", "--resume", "--margin", "0.3"}));
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.errors(), Contains(HasSubstr("made with other settings")));
  const ProgramRun rest = facenet(command({"--steps", "1", "-o", "long.safetensors", "--resume"}));
  EXPECT_EQ(rest.status, 0) << rest.err;
  EXPECT_THAT(rest.err, HasSubstr("going on after step"));
  EXPECT_TRUE(std::filesystem::exists(path("long.safetensors")));
}

TEST_F(TrainTest, RefusesAnUnknownNetworkBeforeAnyPhotoIsRead) {
  const ProgramRun run =
      facenet({"train", "--network", "nn9", "--chips", "chips", "-o", "x.safetensors", "people"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors(), ElementsAre(AllOf(HasSubstr("nn9"), HasSubstr("nns2"))));
  EXPECT_FALSE(std::filesystem::exists(path("chips")));
  EXPECT_FALSE(std::filesystem::exists(path("chips.partial")));
}

TEST_F(TrainTest, SaysWhatASignalInThePreparationKeeps) {
  const int process = start(command({"--prepare-only"}));
  for (int i = 0; i < 600 && !std::filesystem::exists(path("chips.partial")); ++i) {
    ::usleep(20'000);
  }
  ::kill(process, SIGINT);
  EXPECT_EQ(wait_for(process), 130);
  EXPECT_THAT(read(".stderr"), HasSubstr("of 20 photos are kept in chips.partial"));
  EXPECT_EQ(facenet(command({"--prepare-only"})).status, 0);
}

#ifdef FACENET_GLOO
TEST_F(TrainTest, ASignalToOneOfSeveralProcessesStopsAll) {
  ASSERT_EQ(facenet(command({"--prepare-only"})).status, 0);
  const auto arguments =
      command({"--steps", "100000", "-o", "long.safetensors", "--checkpoint-minutes", "0.001"});
  std::map<std::string, std::string> variables{{"MASTER_ADDR", "127.0.0.1"},
                                               {"MASTER_PORT", free_port()},
                                               {"WORLD_SIZE", "2"},
                                               {"GLOO_SOCKET_IFNAME", "lo"}};
  std::vector<int> processes;
  for (const char* rank : {"0", "1"}) {
    variables["RANK"] = rank;
    processes.push_back(start(arguments, variables));
  }
  const std::string checkpoint = path("long.safetensors.run/checkpoint.safetensors");
  for (int i = 0; i < 600 && !std::filesystem::exists(checkpoint); ++i) ::usleep(100'000);
  ::kill(processes[1], SIGINT);
  for (const int process : processes) EXPECT_EQ(wait_for(process), 130);
  EXPECT_TRUE(std::filesystem::exists(checkpoint));
}
#endif

TEST_F(TrainTest, TrainsAsThePaperDoes) {
  const auto paper = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = {
        "train", "--paper", "--network",     "nns2",        "--chips", "chips",        "--steps",
        "1",     "-o",      "x.safetensors", "--embedding", "16",      "--validation", "0.4"};
    all.insert(all.end(), more.begin(), more.end());
    all.push_back("people");
    return facenet(all);
  };
  const std::vector<std::vector<std::string>> contradictions = {
      {"--margin", "0.3"},   {"--rate", "0.01"},   {"--optimiser", "sgd"}, {"--selection", "hard"},
      {"--loss", "softmax"}, {"--average", "0.9"}, {"--exemplars", "90"},  {"--images", "4"},
      {"--soft-margin"},     {"--init", "x"},      {"--clip", "1"}};
  for (const auto& flag : contradictions) {
    const ProgramRun run = paper(flag);
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.errors(), ElementsAre(HasSubstr(flag[0] + " contradicts --paper (")));
  }
  const ProgramRun run = paper({"--margin", "0.2", "--no-batch-norm", "--people", "3"});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto info = facenet({"model", "info", "./x.safetensors", "--json"}).json();
  const auto& provenance = info["provenance"];
  EXPECT_THAT(provenance["weights"], HasSubstr("--paper"));
  EXPECT_FALSE(provenance.contains("batch norm"));
  const auto settings = provenance["training settings"].get<std::string>();
  const auto options = nlohmann::json::parse(settings)["options"];
  EXPECT_EQ(options["paper"], true);
  EXPECT_EQ(options["triplet"]["sum"], true);
  EXPECT_EQ(options["batch"]["people"], 3);
  EXPECT_EQ(options["batch"]["exemplars"], 1800);
}

TEST_F(TrainTest, SaysWhatIsWrong) {
  const auto error_of = [&](const std::vector<std::string>& more) {
    const ProgramRun run = facenet(command(more));
    EXPECT_EQ(run.status, 2);
    return run.err;
  };
  EXPECT_THAT(error_of({}), HasSubstr("--output"));
  EXPECT_THAT(error_of({"-o", "x.safetensors", "--loss", "guess"}), HasSubstr("--loss must be"));
  EXPECT_THAT(error_of({"-o", "x.safetensors", "--loss", "distil"}),
              HasSubstr("--compatible-with"));
  EXPECT_THAT(error_of({"-o", "x.safetensors", "--compatible-with", "mobilefacenet-512"}),
              HasSubstr("give --embedding 512"));
  std::filesystem::create_directories(path("nobody"));
  const ProgramRun empty = facenet({"train", "-o", "x.safetensors", "nobody"});
  EXPECT_EQ(empty.status, 2);
  EXPECT_THAT(empty.errors(), ElementsAre(HasSubstr("nobody")));
}

}  // namespace
}  // namespace facenet::test
