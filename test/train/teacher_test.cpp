#include "train/teacher.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "nn/design/design_network.h"
#include "nn/runtime/embedder.h"
#include "test/support/temporary_folder.h"
#include "test/train/data/chips.h"

namespace facenet {
namespace {

const ChipGeometry kGeometry{.edge = 24, .margin = 4};

TEST(Teacher, EmbedsAsTheEmbedderDoes) {
  const TemporaryFolder folder;
  write_noise_cache(folder.path("faces.chips"), kGeometry, 3, 2);
  const ChipCache cache(folder.path("faces.chips"));
  const std::string weights = folder.path("older.safetensors");
  write_untrained(weights, "nns2", {.embedding = 16, .batch_norm = true}, 1, /*overwrite=*/false);

  const Teacher teacher(weights, kGeometry, {});
  const Embedder embedder({.model = weights, .flip = false});
  const std::vector<std::size_t> all = {0, 1, 2, 3, 4, 5};
  std::vector<Image> chips;
  for (const std::size_t i : all) chips.push_back(teacher.augmenter().plain(cache.pixels(i)));
  std::vector<float> expected = embedder.embed(chips);
  const at::Tensor rows = teacher.embed(plain_batch(cache, teacher.augmenter(), all));
  EXPECT_TRUE(rows.allclose(at::from_blob(expected.data(), {6, 16}), 1e-4, 1e-5));
}

TEST(MixFaces, BlendsEachFaceWithAnotherAndBothSizesAlike) {
  at::manual_seed(1);
  Batch batch{
      .images = at::randn({5, 3, 4, 6}), .teacher_images = at::randn({5, 3, 8, 2}), .chips = {}};
  const Batch before{batch.images.clone(), batch.teacher_images.clone(), {}};
  mix_faces(batch, 1, 7);
  for (std::int64_t i = 0; i < 5; ++i) {
    if (i == 2) continue;  // its partner is itself
    const at::Tensor own = before.images[i], other = before.images[4 - i];
    const double part = ((batch.images[i] - other) / (own - other)).median().item<double>();
    EXPECT_GE(part, 0);
    EXPECT_LE(part, 1);
    EXPECT_TRUE(batch.images[i].allclose(part * own + (1 - part) * other, 1e-3, 1e-3));
    EXPECT_TRUE(batch.teacher_images[i].allclose(
        part * before.teacher_images[i] + (1 - part) * before.teacher_images[4 - i], 1e-3, 1e-3));
  }
  EXPECT_TRUE(batch.images[2].allclose(before.images[2]));
}

TEST(MixFaces, LeavesTheOthersAndDependsOnTheSeed) {
  const auto mixed = [](double share, std::uint64_t seed) {
    Batch batch{.images = at::arange(400 * 3).view({400, 3, 1, 1}).to(at::kFloat),
                .teacher_images = {},
                .chips = {}};
    mix_faces(batch, share, seed);
    return batch.images;
  };
  const at::Tensor plain = mixed(0, 1), half = mixed(0.5, 1);
  EXPECT_TRUE(plain.equal(at::arange(400 * 3).view({400, 3, 1, 1}).to(at::kFloat)));
  const auto changed = (half != plain).flatten(1).any(1).sum().item<std::int64_t>();
  EXPECT_GT(changed, 150);
  EXPECT_LT(changed, 250);
  EXPECT_TRUE(half.equal(mixed(0.5, 1)));
  EXPECT_FALSE(half.equal(mixed(0.5, 2)));
}

}  // namespace
}  // namespace facenet
