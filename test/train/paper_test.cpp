#include "train/paper.h"

#include <algorithm>
#include <fstream>
#include <string_view>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/distance.h"
#include "base/error.h"
#include "nn/runtime/trainable_network.h"
#include "test/support/temporary_folder.h"
#include "test/train/data/chips.h"
#include "train/batch_plan.h"
#include "train/data/batch_loader.h"
#include "train/trainer.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

bool none_given(std::string_view /*flag*/) {
  return false;
}

TEST(Paper, SettlesWhatItPublishes) {
  TrainOptions options;
  train_as_paper(options, none_given);
  EXPECT_NO_THROW(options.validate());
  EXPECT_TRUE(options.triplet.sum);
  EXPECT_EQ(options.triplet.margin, 0.2);
  EXPECT_EQ(options.optimiser.name, "adagrad");
  EXPECT_EQ(options.optimiser.rate, 0.05);
  EXPECT_EQ(options.identities.exemplars, 1800);
  EXPECT_FALSE(options.design.batch_norm);
  EXPECT_FALSE(options.augment.mirror);
  EXPECT_EQ(options.average, 0);
  const auto record = nlohmann::json::parse(options.to_text());
  EXPECT_EQ(record["paper"], true);
  EXPECT_EQ(record["triplet"]["sum"], true);
  EXPECT_FALSE(nlohmann::json::parse(TrainOptions().to_text()).contains("paper"));
}

TEST(Paper, RefusesWhatContradictsIt) {
  const auto refuses = [](std::string_view flag, const auto& change) {
    TrainOptions options;
    change(options);
    train_as_paper(options, [&](std::string_view name) { return name == flag; });
    EXPECT_THAT([&] { options.validate(); },
                ThrowsMessage<UsageError>(HasSubstr(fmt::format("--{} ", flag))));
  };
  refuses("margin", [](TrainOptions& o) { o.triplet.margin = 0.3; });
  refuses("loss", [](TrainOptions& o) { o.loss = "softmax"; });
  refuses("init", [](TrainOptions& o) { o.init = "nn4"; });
  refuses("selection", [](TrainOptions& o) { o.triplet.selection = TripletSelection::kBatchHard; });
  refuses("network", [](TrainOptions& o) { o.network = "inception-resnet-v1"; });
  refuses("exemplars", [](TrainOptions& o) { o.identities.exemplars = 90; });
}

/// The definition (equation 3, section 3.2) in double: a sum over every anchor-positive pair with
/// the nearest negative that is farther than the positive and inside the margin.
struct PaperLoss {
  double sum = 0;
  int triplets = 0;

  PaperLoss(const at::Tensor& embeddings, const std::vector<std::int32_t>& people) {
    const auto row = [&](std::size_t i) {
      return std::span(embeddings.data_ptr<float>(), static_cast<std::size_t>(embeddings.numel()))
          .subspan(i * static_cast<std::size_t>(embeddings.size(1)),
                   static_cast<std::size_t>(embeddings.size(1)));
    };
    for (std::size_t a = 0; a < people.size(); ++a) {
      for (std::size_t p = 0; p < people.size(); ++p) {
        if (a == p || people[a] != people[p]) continue;
        const double positive = squared_distance(row(a), row(p));
        double negative = positive + 0.2;
        for (std::size_t n = 0; n < people.size(); ++n) {
          const double distance = squared_distance(row(a), row(n));
          if (people[n] != people[a] && distance > positive)
            negative = std::min(negative, distance);
        }
        if (negative == positive + 0.2) continue;
        sum += positive - negative + 0.2;
        ++triplets;
      }
    }
  }
};

TEST(Paper, TrainsOnTheSumOverTheTripletsOfABatch) {
  const TemporaryFolder folder;
  write_noise_cache(folder.path("faces.chips"), {.edge = 24, .margin = 4}, 12, 4);
  TrainOptions options;
  options.chips = folder.path("faces.chips");
  options.network = "nns2";
  options.design.embedding = 16;
  options.output = folder.path("paper.safetensors");
  options.folder = folder.path("paper.run");
  options.dataset.validation = 0.3;
  options.steps = 1;
  options.device = "cpu";
  options.precision = "fp32";
  train_as_paper(options, none_given);
  ASSERT_EQ(train(options), TrainEnd::kFinished);

  const TrainableNetwork network(SafetensorsFile(options.folder + "/initial.safetensors"));
  EXPECT_TRUE(network.statistics().empty()) << "batch norm";
  const ChipCache cache(options.chips);
  const std::vector<std::size_t> chips = BatchPlan(cache, options, 0, 1).whole(0);
  EXPECT_GT(chips.size(), 30U) << "all faces there are, far fewer than 1,800";
  const Augmenter augmenter(cache.geometry(), network.info(), options.augment);
  const at::NoGradGuard no_autograd;
  const at::Tensor embeddings =
      network.forward(plain_batch(cache, augmenter, chips), TrainableNetwork::Mode::kTraining)
          .contiguous();
  std::vector<std::int32_t> people;
  for (const std::size_t chip : chips) people.push_back(cache.identity()[chip]);
  const PaperLoss expected(embeddings, people);
  ASSERT_GT(expected.triplets, 20);

  std::ifstream log(options.folder + "/log.jsonl");
  std::string line;
  ASSERT_TRUE(std::getline(log, line));
  const auto step = nlohmann::json::parse(line);
  EXPECT_EQ(step["triplets"], expected.triplets);
  EXPECT_NEAR(step["loss"].get<double>(), expected.sum, 1e-4 * expected.sum);
  const auto info = read_model_info(SafetensorsFile(options.output));
  EXPECT_THAT(info.provenance.at("weights"), HasSubstr("--paper"));
}

}  // namespace
}  // namespace facenet
