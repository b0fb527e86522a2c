#include "nn/runtime/embedder.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/graph/graph_builder.h"
#include "nn/import/import_model.h"
#include "nn/runtime/describe.h"
#include "reference.h"
#include "test/support/temporary_folder.h"
#include "weights/model_store.h"

namespace facenet {
namespace {

using reference::random_values;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr int kSize = 6;
constexpr int kDimension = 4;

ModelInfo tiny_info() {
  ModelInfo info;
  info.name = "tiny";
  info.kind = "embedder";
  info.network = "graph";
  info.height = info.width = kSize;
  info.embedding = kDimension;
  info.normalisation = {.bgr = true, .mean = {10, 20, 30}, .divisor = {2, 4, 8}};
  info.alignment = "arcface-112";
  info.plain = {.verification = 1.5, .clustering = 1.4, .midpoint = 1.5, .steepness = 8};
  info.mirrored = {.verification = 1.1, .clustering = 1.0, .midpoint = 1.1, .steepness = 8};
  return info;
}

/// One dense layer over all pixels, so that vectors can be reckoned by hand.
ImportedGraph dense_graph(const std::vector<float>& weight) {
  GraphBuilder b;
  b.graph().inputs = {"in"};
  b.graph().outputs = {"out"};
  b.graph().input_shape = {0, 3, kSize, kSize};
  b.add_node("Flatten", {"in"}, "pixels");
  b.add_node("Gemm", {"pixels", b.add_tensor("w", {kDimension, 3 * kSize * kSize}, weight)}, "out",
             {{"transB", 1}});
  return b.take();
}

Image random_chip(unsigned seed) {
  Image chip(kSize, kSize);
  const auto values = random_values(chip.pixels.size(), seed, 0, 255);
  std::transform(values.begin(), values.end(), chip.pixels.begin(),
                 [](float value) { return static_cast<std::uint8_t>(value); });
  return chip;
}

class EmbedderTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* models = std::getenv("FACENET_MODELS");
    models_ = models == nullptr ? "" : models;
    ::setenv("FACENET_MODELS", folder_.path().c_str(), 1);
  }
  void TearDown() override { ::setenv("FACENET_MODELS", models_.c_str(), 1); }

  std::string write(const std::string& name, const ModelInfo& info, const ImportedGraph& graph) {
    const std::string path = folder_.path(name + ".safetensors");
    write_safetensors(path, graph.tensors,
                      {{"graph", to_json(graph.graph).dump()}, {"facenet", to_json(info).dump()}},
                      true);
    return path;
  }

  Embedder tiny(bool flip, int batch = 16) {
    write("tiny", tiny_info(), dense_graph(weight_));
    return Embedder({.model = "tiny", .flip = flip, .batch = batch});
  }

  /// The dense layer of one chip, channels in BGR, in double.
  std::vector<double> expected(const Image& chip, bool mirror) const {
    const double mean[] = {10, 20, 30};
    const double divisor[] = {2, 4, 8};
    std::vector<double> vector(kDimension, 0);
    for (int d = 0; d < kDimension; ++d)
      for (int c = 0; c < 3; ++c)
        for (int y = 0; y < kSize; ++y)
          for (int x = 0; x < kSize; ++x) {
            const int from = mirror ? kSize - 1 - x : x;
            const double value = (chip.row(y)[3 * from + 2 - c] - mean[c]) / divisor[c];
            const auto at = static_cast<std::size_t>(((d * 3 + c) * kSize + y) * kSize + x);
            vector[static_cast<std::size_t>(d)] += value * weight_[at];
          }
    return vector;
  }

  static void expect_unit_vector(std::span<const float> actual, std::vector<double> direction) {
    double square = 0;
    for (const double value : direction) square += value * value;
    for (std::size_t i = 0; i < direction.size(); ++i) {
      EXPECT_NEAR(actual[i], direction[i] / std::sqrt(square), 1e-5);
    }
  }

  const TemporaryFolder folder_;
  std::string models_;
  const std::vector<float> weight_ =
      random_values(static_cast<std::size_t>(kDimension * 3 * kSize * kSize), 1);
};

TEST_F(EmbedderTest, NormalisesPixelsAndVectors) {
  const Embedder embedder = tiny(false);
  EXPECT_EQ(embedder.dimension(), kDimension);
  EXPECT_EQ(embedder.model().name, "tiny");
  EXPECT_EQ(embedder.weights_sha256().size(), 64U);
  EXPECT_EQ(embedder.operating_point().verification, 1.5);
  const Image chip = random_chip(2);
  expect_unit_vector(embedder.embed({&chip, 1}), expected(chip, false));
}

TEST_F(EmbedderTest, AddsTheVectorOfTheMirrorImage) {
  const Embedder embedder = tiny(true);
  EXPECT_EQ(embedder.operating_point().verification, 1.1);
  const std::vector<Image> chips = {random_chip(3), random_chip(4), random_chip(5)};
  const auto vectors = embedder.embed(chips);
  ASSERT_EQ(vectors.size(), chips.size() * kDimension);
  for (std::size_t i = 0; i < chips.size(); ++i) {
    auto sum = expected(chips[i], false);
    const auto mirrored = expected(chips[i], true);
    for (std::size_t d = 0; d < sum.size(); ++d) sum[d] += mirrored[d];
    expect_unit_vector(std::span(vectors).subspan(i * kDimension, kDimension), sum);
  }
}

TEST_F(EmbedderTest, TellsHowLongTheVectorsWere) {
  const std::vector<Image> chips = {random_chip(3), random_chip(4), random_chip(5)};
  for (const bool flip : {false, true}) {
    std::vector<float> lengths = {7};  // of before
    tiny(flip, 2).embed(chips, &lengths);
    ASSERT_EQ(lengths.size(), chips.size());
    for (std::size_t i = 0; i < chips.size(); ++i) {
      auto mean = expected(chips[i], false);
      const auto mirrored = expected(chips[i], true);
      double square = 0;
      for (std::size_t d = 0; d < mean.size(); ++d) {
        if (flip) mean[d] = (mean[d] + mirrored[d]) / 2;
        square += mean[d] * mean[d];
      }
      EXPECT_NEAR(lengths[i], std::sqrt(square), 1e-4 * std::sqrt(square)) << flip;
    }
  }
}

TEST_F(EmbedderTest, ARowDoesNotDependOnTheOthersOrOnTheBatch) {
  std::vector<Image> chips;
  for (unsigned i = 0; i < 19; ++i) chips.push_back(random_chip(100 + i));
  std::vector<float> alone;
  const Embedder single = tiny(true);
  for (const Image& chip : chips) {
    const auto vector = single.embed({&chip, 1});
    alone.insert(alone.end(), vector.begin(), vector.end());
  }
  for (const int batch : {1, 4, 16, 64}) EXPECT_EQ(tiny(true, batch).embed(chips), alone) << batch;
  EXPECT_TRUE(single.embed({}).empty());
}

TEST_F(EmbedderTest, SeveralThreadsGetWhatOneGets) {
  const Embedder embedder = tiny(true);
  const std::vector<Image> chips = {random_chip(6), random_chip(7)};
  const auto expected_vectors = embedder.embed(chips);
  std::vector<int> same(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < same.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) same[t] += embedder.embed(chips) == expected_vectors ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(same, Each(20));
}

TEST_F(EmbedderTest, AVectorWithoutDirectionIsNone) {
  const Image chip = random_chip(8);
  write("zero", tiny_info(), dense_graph(std::vector<float>(weight_.size(), 0)));
  EXPECT_EQ(Embedder({.model = "zero"}).embed({&chip, 1}), (std::vector<float>{0, 0, 0, 0}));
}

TEST_F(EmbedderTest, WeightsThatGiveNoNumbersAreRefusedByName) {
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::string path =
        write("broken", tiny_info(), dense_graph(std::vector<float>(weight_.size(), value)));
    EXPECT_THAT([&] { Embedder({.model = "broken"}); },
                ThrowsMessage<Error>(AllOf(HasSubstr(path), HasSubstr("not finite"))));
  }
  // One that only a face brings to light: pixels of the mean colour hide it.
  std::vector<float> weight(weight_.size(), 0);
  weight[0] = std::numeric_limits<float>::max();
  weight[1] = std::numeric_limits<float>::max();
  write("large", tiny_info(), dense_graph(weight));
  Image white(kSize, kSize);
  std::ranges::fill(white.pixels, std::uint8_t{255});
  EXPECT_THAT(
      [&] {
        Embedder({.model = "large"}).embed({&white, 1});
      },
      ThrowsMessage<Error>(HasSubstr("not finite")));
}

TEST_F(EmbedderTest, RefusesChipsOfAnotherSize) {
  const Image chip(kSize, kSize + 1);
  EXPECT_THROW(tiny(true).embed({&chip, 1}), std::logic_error);
}

/// One face of it looks right: only a batch shows that all faces share a row.
TEST_F(EmbedderTest, ANetworkThatMixesFacesIsRefused) {
  GraphBuilder b;
  b.graph().inputs = {"in"};
  b.graph().outputs = {"out"};
  b.graph().input_shape = {0, 3, kSize, kSize};
  b.add_node("Flatten", {"in"}, "rows");
  const auto size = std::int64_t{3} * kSize * kSize;
  b.add_node("Gemm", {"rows", b.add_tensor("w", {kDimension, size}, weight_)}, "vectors",
             {{"transB", 1}});
  b.add_node("ReduceMean", {"vectors"}, "out", {{"axes", {0}}, {"keepdims", 1}});
  const std::string path = write("mixes", tiny_info(), b.take());
  const Embedder embedder({.model = path, .flip = false});
  const std::vector<Image> chips(5, random_chip(1));
  EXPECT_EQ(embedder.embed(std::span(chips).first(1)).size(), std::size_t{kDimension});
  EXPECT_THAT(
      [&] { embedder.embed(chips); },
      ThrowsMessage<Error>(AllOf(HasSubstr(path), HasSubstr("a row for each of 2 images"))));
}

TEST_F(EmbedderTest, NamesTheFileThatIsNoEmbedder) {
  const auto expect_error = [&](const ModelInfo& info, const ImportedGraph& graph,
                                const char* what) {
    const std::string path = write("wrong", info, graph);
    EXPECT_THAT([&] { Embedder({.model = path}); },
                ThrowsMessage<Error>(AllOf(HasSubstr(path), HasSubstr(what))));
  };
  ModelInfo detector = tiny_info();
  detector.kind = "detector";
  detector.embedding = 0;
  expect_error(detector, dense_graph(weight_), "is a detector, not an embedder");
  ModelInfo longer = tiny_info();
  longer.embedding = 5;
  expect_error(longer, dense_graph(weight_), "does not return 5 numbers");
  ModelInfo larger = tiny_info();
  larger.width = 7;
  expect_error(larger, dense_graph(weight_), "node \"out\" (Gemm)");
  ModelInfo any_size = tiny_info();
  any_size.width = 0;
  expect_error(any_size, dense_graph(weight_), "how large its faces are");
}

TEST_F(EmbedderTest, FindsWeightsByNameAndByPath) {
  const std::string path = write("tiny", tiny_info(), dense_graph(weight_));
  EXPECT_EQ(find_model("tiny"), path);
  EXPECT_EQ(find_model(path), path);
  EXPECT_THAT([&] { find_model("absent"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("\"absent\""), HasSubstr(folder_.path()),
                                         HasSubstr("mobilefacenet-512"))));
  EXPECT_THAT([&] { find_model("./absent.safetensors"); },
              ThrowsMessage<Error>(HasSubstr("./absent.safetensors")));
}

TEST_F(EmbedderTest, TheDefaultIsTheBuiltInOneWhereNoneWasDownloaded) {
  EXPECT_EQ(default_embedder(), kBuiltInEmbedder);
  const std::string path = write(kDefaultEmbedder, tiny_info(), dense_graph(weight_));
  EXPECT_EQ(default_embedder(), kDefaultEmbedder);
  EXPECT_EQ(find_model(kAutoEmbedder), path);
}

TEST_F(EmbedderTest, ListsReadableModels) {
  write("b", tiny_info(), dense_graph(weight_));
  write("a", tiny_info(), dense_graph(weight_));
  std::ofstream(folder_.path("broken.safetensors")) << "not weights";
  std::ofstream(folder_.path("note.txt")) << "not weights either";
  std::vector<std::string> paths;
  for (const StoredModel& model : list_models())  // those that come with facenet are there, too
    if (model.path.starts_with(folder_.path())) paths.push_back(model.path);
  EXPECT_THAT(paths,
              testing::ElementsAre(folder_.path("a.safetensors"), folder_.path("b.safetensors")));
}

TEST_F(EmbedderTest, DescribesTheLayersOfAFile) {
  const auto layers = describe_layers(write("tiny", tiny_info(), dense_graph(weight_)));
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[1].parameters, kDimension * 3 * kSize * kSize);
  EXPECT_EQ(layers[1].multiply_adds, kDimension * 3 * kSize * kSize);
  EXPECT_THAT(layers[1].output, testing::ElementsAre(1, kDimension));
}

TEST_F(EmbedderTest, ImportsOnlyPublishedFiles) {
  const std::string stranger = folder_.path("stranger.onnx");
  std::ofstream(stranger) << "not published";
  const std::string out = folder_.path("out.safetensors");
  const auto expect_error = [&](const std::vector<std::string>& files, const std::string& name,
                                const std::string& what) {
    EXPECT_THAT([&] { import_model(files, {.name = name, .output = out}); },
                ThrowsMessage<Error>(HasSubstr(what)));
    EXPECT_FALSE(std::filesystem::exists(out));
  };
  expect_error({stranger}, "", stranger);
  expect_error({stranger}, "mobilefacenet-512", "its SHA-256");
  expect_error({stranger}, "no-such-model", "is not an ONNX model");
  expect_error({stranger}, "nn2", "--network nn2");
  expect_error({stranger + ".absent"}, "", "cannot open");
  EXPECT_THROW(import_model({}, {.output = out}), UsageError);
}

TEST(EmbedderOptions, AreValidated) {
  EXPECT_NO_THROW(EmbedderOptions().validate());
  EXPECT_THROW((EmbedderOptions{.batch = 0}.validate()), UsageError);
  EXPECT_THROW((EmbedderOptions{.batch = 100'000}.validate()), UsageError);
  EXPECT_THROW((EmbedderOptions{.model = ""}.validate()), UsageError);
  EXPECT_NO_THROW(EmbedderOptions{.precision = "auto"}.validate());
  EXPECT_THROW((EmbedderOptions{.precision = "fp64"}.validate()), UsageError);
}

}  // namespace
}  // namespace facenet
