#include "train/trainer.h"

#include <filesystem>
#include <fstream>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "image/decode.h"
#include "test/support/temporary_folder.h"
#include "test/train/data/chips.h"
#include "train/checkpoint.h"
#include "train/validation.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

class ImageLibraryEnvironment : public testing::Environment {
 public:
  void SetUp() override { library_ = std::make_unique<ImageLibrary>("trainer_test"); }
  void TearDown() override { library_.reset(); }

 private:
  std::unique_ptr<ImageLibrary> library_;
};
const testing::Environment* const kEnvironment =
    testing::AddGlobalTestEnvironment(new ImageLibraryEnvironment);

/// Trains NNS2 for a few steps on noise: whether it learns anything is not the question here.
class TrainerTest : public testing::Test {
 protected:
  TrainerTest() {
    write_noise_cache(folder_.path("faces.chips"), {.edge = 24, .margin = 4}, 12, 4);
  }

  TrainOptions options(const std::string& name) const {
    TrainOptions options;
    options.chips = folder_.path("faces.chips");
    options.network = "nns2";
    options.design = {.embedding = 16, .batch_norm = true};
    options.output = folder_.path(name + ".safetensors");
    options.folder = folder_.path(name + ".run");
    options.identities = {.people = 3, .images = 4, .negatives = 2};
    options.batch = 8;
    options.dataset.validation = 0.3;
    options.optimiser.rate = 0.01;
    options.steps = 4;
    options.device = "cpu";
    return options;
  }

  static std::map<std::string, std::string> tensors_of(const std::string& path) {
    std::map<std::string, std::string> tensors;
    const SafetensorsFile file(path);
    for (const auto& [name, view] : file.tensors()) {
      tensors[name] = {reinterpret_cast<const char*>(view.data.data()), view.data.size()};
    }
    return tensors;
  }

  const TemporaryFolder folder_;
};

TEST_F(TrainerTest, WritesAModelThatSaysHowItWasMade) {
  const TrainOptions o = options("made");
  ASSERT_EQ(train(o), TrainEnd::kFinished);
  const ModelInfo info = read_model_info(SafetensorsFile(o.output));
  EXPECT_EQ(info.name, "made");
  EXPECT_EQ(info.embedding, 16);
  EXPECT_THAT(info.provenance.at("training settings"), HasSubstr("\"semi-hard\""));
  EXPECT_TRUE(info.provenance.contains("training images"));
  std::ifstream log(o.folder + "/log.jsonl");
  nlohmann::json progress;
  for (std::string line; std::getline(log, line);) {
    const auto json = nlohmann::json::parse(line);
    if (!json.contains("validation")) progress = json;
  }
  EXPECT_EQ(progress["step"], 4);
  EXPECT_EQ(progress["images"], 4 * 14);
  EXPECT_GT(progress["loss"], 0);
  EXPECT_TRUE(fs::exists(o.folder + "/curves.html"));
}

std::string contents_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(TrainerTest, SaysNothingOfANetworkThatTooFewFacesJudge) {
  const TrainOptions o = options("few");
  ASSERT_EQ(train(o), TrainEnd::kFinished);
  const ModelInfo info = read_model_info(SafetensorsFile(o.output));
  EXPECT_THAT(info.provenance.at("thresholds"), HasSubstr("not measured"));
  EXPECT_FALSE(info.provenance.contains("validation"));
  EXPECT_EQ(info.plain.verification, 1.242);  // the paper's, which the network began with
  EXPECT_EQ(info.plain.clustering, 1.242);
  EXPECT_THAT(contents_of(o.folder + "/log.jsonl"), Not(HasSubstr("\"validation\"")));
  const std::string page = contents_of(o.folder + "/curves.html");
  EXPECT_THAT(page, HasSubstr(">loss<"));
  EXPECT_THAT(page, HasSubstr("<circle"));  // the only line of the log
  EXPECT_THAT(page, Not(HasSubstr(">validation<")));
}

TEST_F(TrainerTest, MeasuresANetworkThatEnoughFacesJudge) {
  write_noise_cache(folder_.path("many.chips"), {.edge = 24, .margin = 4}, 50, 4);
  TrainOptions o = options("many");
  o.chips = folder_.path("many.chips");
  o.dataset.validation = 0.5;
  ASSERT_EQ(train(o), TrainEnd::kFinished);
  const ModelInfo info = read_model_info(SafetensorsFile(o.output));
  EXPECT_THAT(info.provenance.at("validation"), HasSubstr("accuracy"));
  EXPECT_THAT(contents_of(o.folder + "/log.jsonl"), HasSubstr("\"validation\""));
  EXPECT_THAT(contents_of(o.folder + "/curves.html"), HasSubstr(">validation<"));
}

TEST(ValidationSize, CountsPairsAndPeople) {
  // Two people of 15 faces, ten of two, one of one.
  std::vector<std::int64_t> identity(15, 1);
  identity.insert(identity.end(), 15, 2);
  EXPECT_FALSE(validation_size(identity).is_enough());  // pairs enough, but of two people
  for (std::int64_t person = 3; person < 13; ++person) identity.insert(identity.end(), 2, person);
  identity.push_back(13);
  const ValidationSize size = validation_size(identity);
  EXPECT_EQ(size.faces, 51);
  EXPECT_EQ(size.people, 12);
  EXPECT_EQ(size.same, 2 * 105 + 10);
  EXPECT_EQ(size.different, 51 * 50 / 2 - 220);
  EXPECT_TRUE(size.is_enough());
}

/// Stops after two of four steps, as a signal would, and goes on.
TEST_F(TrainerTest, ResumesBitForBit) {
  for (const char* loss : {"triplet", "softmax"}) {
    TrainOptions whole = options(std::string("whole-") + loss);
    whole.loss = loss;
    ASSERT_EQ(train(whole), TrainEnd::kFinished);

    TrainOptions halved = options(std::string("halved-") + loss);
    halved.loss = loss;
    halved.steps = 2;
    ASSERT_EQ(train(halved), TrainEnd::kFinished);
    halved.steps = 4;
    halved.resume = true;
    ASSERT_EQ(train(halved), TrainEnd::kFinished);
    EXPECT_EQ(tensors_of(whole.folder + "/checkpoint.safetensors"),
              tensors_of(halved.folder + "/checkpoint.safetensors"))
        << loss;
    EXPECT_EQ(tensors_of(whole.output), tensors_of(halved.output)) << loss;
  }
}

TEST_F(TrainerTest, RefusesToResumeWithOtherSettings) {
  TrainOptions o = options("changed");
  ASSERT_EQ(train(o), TrainEnd::kFinished);
  o.resume = true;
  o.triplet.margin = 0.3;
  EXPECT_THAT([&] { train(o); }, ThrowsMessage<Error>(HasSubstr("made with other settings")));
}

TEST_F(TrainerTest, LearnsToBeCompatibleWithAnOlderModel) {
  TrainOptions older = options("older");
  ASSERT_EQ(train(older), TrainEnd::kFinished);
  for (const char* loss : {"triplet", "distil"}) {
    TrainOptions newer = options(std::string("newer-") + loss);
    newer.loss = loss;
    newer.compatible_with = older.output;
    newer.embedding_steps = 1;
    newer.chunk = 6;
    ASSERT_EQ(train(newer), TrainEnd::kFinished);
    const ModelInfo info = read_model_info(SafetensorsFile(newer.output));
    ASSERT_TRUE(info.compatible_with.has_value());
    EXPECT_EQ(info.compatible_with->model, "older");
    EXPECT_EQ(info.compatible_with->weights_sha256, SafetensorsFile(older.output).payload_sha256());
  }
}

TEST_F(TrainerTest, MixesFacesAndResumesBitForBit) {
  const TrainOptions older = options("older");
  ASSERT_EQ(train(older), TrainEnd::kFinished);
  const auto mixed = [&](const std::string& name, double share) {
    TrainOptions o = options(name);
    o.loss = "distil";
    o.compatible_with = older.output;
    o.mixup = share;
    o.chunk = 6;
    return o;
  };
  const TrainOptions whole = mixed("whole", 1), plain = mixed("plain", 0);
  ASSERT_EQ(train(whole), TrainEnd::kFinished);
  ASSERT_EQ(train(plain), TrainEnd::kFinished);
  EXPECT_NE(tensors_of(whole.output), tensors_of(plain.output));

  TrainOptions halved = mixed("halved", 1);
  halved.steps = 2;
  ASSERT_EQ(train(halved), TrainEnd::kFinished);
  halved.steps = 4;
  halved.resume = true;
  ASSERT_EQ(train(halved), TrainEnd::kFinished);
  EXPECT_EQ(tensors_of(whole.output), tensors_of(halved.output));
}

TEST_F(TrainerTest, MixesFacesForDistilAlone) {
  TrainOptions o = options("mixed");
  o.mixup = 0.5;
  EXPECT_THAT([&] { train(o); }, ThrowsMessage<UsageError>(HasSubstr("--loss distil")));
  o.loss = "distil";
  o.compatible_with = "older.safetensors";
  o.mixup = 1.5;
  EXPECT_THAT([&] { train(o); }, ThrowsMessage<UsageError>(HasSubstr("between 0 and 1")));
}

TEST_F(TrainerTest, GoesOnFromWeightsWithVectorsOfAnotherSize) {
  const TrainOptions first = options("first");
  ASSERT_EQ(train(first), TrainEnd::kFinished);
  TrainOptions wider = options("wider");
  wider.init = first.output;
  wider.design.embedding = 24;
  wider.steps = 2;
  ASSERT_EQ(train(wider), TrainEnd::kFinished);
  wider.steps = 4;
  wider.resume = true;
  ASSERT_EQ(train(wider), TrainEnd::kFinished);
  const SafetensorsFile file(wider.output);
  EXPECT_EQ(read_model_info(file).embedding, 24);
  EXPECT_EQ(file.tensor("fully_conn.weight").shape[0], 24);
}

TEST_F(TrainerTest, StopsAtALossThatIsNoNumber) {
  TrainOptions o = options("diverged");
  o.optimiser = {.name = "sgd", .rate = 1e30};
  o.design.batch_norm = false;
  o.loss = "softmax";
  EXPECT_THAT([&] { train(o); }, ThrowsMessage<Error>(HasSubstr("bad-batch.txt")));
  EXPECT_TRUE(fs::exists(o.folder + "/bad-batch.txt"));
  EXPECT_FALSE(fs::exists(o.output));
}

TEST_F(TrainerTest, CheckpointsAreReadBackOrRefused) {
  Checkpoint checkpoint{.step = 7, .images = 90, .settings = "{}", .tensors = {}};
  add_part(checkpoint, "a.", {{"x", at::randn({2, 3})}, {"count", at::full({1}, 5, at::kLong)}});
  const std::string path = folder_.path("checkpoint.safetensors");
  write_checkpoint(path, checkpoint);
  const Checkpoint read = read_checkpoint(path);
  EXPECT_EQ(read.step, 7);
  EXPECT_EQ(read.images, 90);
  EXPECT_TRUE(at::equal(part_of(read, "a.").at("x"), checkpoint.tensors.at("a.x")));
  EXPECT_EQ(part_of(read, "a.").at("count").item<std::int64_t>(), 5);

  const TrainOptions o = options("weights");
  train(o);
  EXPECT_THAT([&] { read_checkpoint(o.output); },
              ThrowsMessage<Error>(HasSubstr("not a checkpoint")));
}

}  // namespace
}  // namespace facenet
