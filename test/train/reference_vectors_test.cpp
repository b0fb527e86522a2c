#include "train/reference_vectors.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/npy.h"
#include "test/support/temporary_folder.h"
#include "test/train/data/chips.h"
#include "train/trainer.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;
using testing::ThrowsMessage;

constexpr int kEmbedding = 16;

class ReferenceVectorsTest : public testing::Test {
 protected:
  ReferenceVectorsTest() {
    write_noise_cache(folder_.path("faces.chips"), {.edge = 24, .margin = 4}, 12, 4);
    TrainOptions options;
    options.chips = folder_.path("faces.chips");
    options.network = "nns2";
    options.design = {.embedding = kEmbedding, .batch_norm = true};
    options.output = folder_.path("older.safetensors");
    options.folder = folder_.path("older.run");
    options.batch = 8;
    options.dataset.validation = 0.3;
    options.loss = "softmax";
    options.steps = 1;
    options.device = "cpu";
    train(options);
  }

  ReferenceVectors vectors(int embedding = kEmbedding) const {
    return reference_vectors(ChipCache(folder_.path("faces.chips")),
                             folder_.path("older.safetensors"), embedding);
  }

  /// The files of vectors that lie beside the cache.
  std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path().extension() == ".npy") found.push_back(entry.path().string());
    }
    return found;
  }

  const TemporaryFolder folder_;
};

TEST_F(ReferenceVectorsTest, GoOnWhereAnEarlierRunStopped) {
  const std::vector<float> whole = vectors().values;
  ASSERT_EQ(whole.size(), 48U * kEmbedding);
  ASSERT_EQ(files().size(), 1U);

  // A sign by which the rows of the earlier run are known: they are opposite.
  std::vector<float> expected = whole;
  for (std::size_t i = 0; i < 10U * kEmbedding; ++i) expected[i] *= -1;
  write_npy(files()[0], std::span(expected).first(10U * kEmbedding), kEmbedding, true);
  EXPECT_THAT(vectors().values, Pointwise(FloatNear(1e-5F), expected));

  const NpyMatrix kept = read_npy(files()[0]);
  EXPECT_EQ(kept.rows, 48);
  EXPECT_THAT(kept.values, Pointwise(FloatNear(1e-5F), expected));
}

TEST_F(ReferenceVectorsTest, OfAnotherSizeAreRefusedBeforeTheWork) {
  EXPECT_THAT(
      [&] { vectors(32); },
      ThrowsMessage<UsageError>(HasSubstr("have 16 numbers, but those of the network have 32")));
  EXPECT_TRUE(files().empty());
}

}  // namespace
}  // namespace facenet
