// From one model to a compatible one: upgrade_model() and upgrade_vectors().
#include <cmath>
#include <filesystem>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "pipeline/upgrade_model.h"
#include "pipeline/upgrade_vectors.h"
#include "test/catalog/fixture.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr int kDimension = 2;

OperatingPoint point(double cut) {
  return {.verification = cut, .clustering = cut, .midpoint = cut, .steepness = 10};
}

EmbedderFile file_of(const std::string& name, char weights, double cut) {
  EmbedderFile file{.path = name + ".safetensors", .info = {}, .weights_sha256 = {}};
  file.info.name = name;
  file.info.embedding = kDimension;
  file.info.plain = point(cut + 0.01);
  file.info.mirrored = point(cut);
  file.weights_sha256 = std::string(64, weights);
  return file;
}

EmbedderFile compatible(EmbedderFile file, const EmbedderFile& older, double cut) {
  file.info.compatible_with = {.model = older.info.name,
                               .weights_sha256 = older.weights_sha256,
                               .plain = point(cut + 0.01),
                               .mirrored = point(cut)};
  return file;
}

class UpgradeModelTest : public CatalogTest {
 protected:
  UpgradeModelTest() { catalog_.set_property("model", "v1"); }

  ModelId record(const EmbedderFile& file, bool flip = true) {
    return catalog_.put_model({.name = file.info.name,
                               .weights_sha256 = file.weights_sha256,
                               .flip = flip,
                               .dimension = kDimension});
  }
  void add_face(ModelId model) {
    std::vector<FaceId> faces;
    catalog_.add_photo(make_photo(++photos_), std::vector{make_face(1, 1)}, &faces);
    catalog_.put_embedding(faces[0], model, std::vector{1.0F, 0.0F});
  }
  /// Refused with this message, and the catalog is as before.
  void expect_refused(const EmbedderFile& present, const EmbedderFile& wanted,
                      const std::string& message) {
    const auto models = catalog_.models().size();
    EXPECT_THAT(error_of([&] { upgrade_model(catalog_, present, wanted, "v2"); }),
                HasSubstr(message));
    EXPECT_EQ(catalog_.models().size(), models);
    EXPECT_EQ(catalog_.property("model"), "v1");
  }

  Catalog catalog_ = create();
  const EmbedderFile v1_ = file_of("v1", '1', 1.0);
  const EmbedderFile v2_ = compatible(file_of("v2", '2', 1.4), v1_, 1.2);
  int photos_ = 0;
};

TEST_F(UpgradeModelTest, TheOlderVectorsStandInUntilThereAreNewOnes) {
  const ModelId old = record(v1_);
  add_face(old);
  add_face(old);
  const ModelUpgrade upgrade = upgrade_model(catalog_, v1_, v2_, "v2");
  EXPECT_TRUE(upgrade.changed);
  EXPECT_EQ(upgrade.waiting, 2);
  EXPECT_EQ(upgrade.stranded, 0);
  EXPECT_EQ(catalog_.property("model"), "v2");
  const ModelId now =
      *catalog_.find_model({.name = "v2", .weights_sha256 = v2_.weights_sha256, .flip = true});
  EXPECT_EQ(catalog_.compatible_model(now)->other, old);
  const PairPoints points = pair_points(catalog_, now, v2_.info.mirrored);
  EXPECT_EQ(points.own.clustering, 1.4);
  EXPECT_EQ(points.across.clustering, 1.2);
  EXPECT_EQ(points.other.clustering, 1.0);
  EXPECT_EQ(points.other.steepness, 10);
  EXPECT_THAT(catalog_.embedded_faces(old), testing::SizeIs(2)) << "no vector is deleted";

  EXPECT_FALSE(upgrade_model(catalog_, v2_, v2_, "v2").changed);
}

TEST_F(UpgradeModelTest, VectorsWithoutMirrorImageHaveTheirOwnThresholds) {
  record(v1_, true);
  record(v1_, false);
  upgrade_model(catalog_, v1_, v2_, "v2");
  const auto plain =
      catalog_.find_model({.name = "v2", .weights_sha256 = v2_.weights_sha256, .flip = false});
  ASSERT_TRUE(plain);
  const PairPoints points = pair_points(catalog_, *plain, v2_.info.plain);
  EXPECT_EQ(points.across.clustering, 1.21);
  EXPECT_EQ(points.other.clustering, 1.01);
}

TEST_F(UpgradeModelTest, LeadsBackToTheOlderModel) {
  const ModelId old = record(v1_);
  add_face(old);
  upgrade_model(catalog_, v1_, v2_, "v2");
  const ModelId now =
      *catalog_.find_model({.name = "v2", .weights_sha256 = v2_.weights_sha256, .flip = true});
  add_face(now);
  const ModelUpgrade back = upgrade_model(catalog_, v2_, v1_, "v1");
  EXPECT_TRUE(back.changed);
  EXPECT_EQ(back.waiting, 1) << "the face of the new photo";
  EXPECT_EQ(catalog_.property("model"), "v1");
  EXPECT_EQ(catalog_.compatible_model(old)->other, now);
  EXPECT_EQ(pair_points(catalog_, old, v1_.info.mirrored).across.clustering, 1.2);
}

TEST_F(UpgradeModelTest, AThirdModelSaysWhoIsLeftBehind) {
  const ModelId first = record(v1_);
  add_face(first);
  upgrade_model(catalog_, v1_, v2_, "v2");
  const ModelId second =
      *catalog_.find_model({.name = "v2", .weights_sha256 = v2_.weights_sha256, .flip = true});
  add_face(second);
  const EmbedderFile v3 = compatible(file_of("v3", '3', 1.5), v2_, 1.3);
  const ModelUpgrade upgrade = upgrade_model(catalog_, v2_, v3, "v3");
  EXPECT_EQ(upgrade.waiting, 1);
  EXPECT_EQ(upgrade.stranded, 1) << "nobody has measured v3 against v1";
}

TEST_F(UpgradeModelTest, WhatIsNotCompatibleIsRefused) {
  record(v1_);
  expect_refused(v1_, file_of("v9", '9', 1), "not trained to be compatible with another model");
  const EmbedderFile older = file_of("v0", '0', 1);
  expect_refused(v1_, compatible(v2_, older, 1), "trained to be compatible with v0");
  EmbedderFile retrained = v1_;
  retrained.weights_sha256 = std::string(64, 'f');
  expect_refused(v1_, compatible(v2_, retrained, 1), "other weights of v1 (ffffffffffff)");
  EmbedderFile longer = v2_;
  longer.info.embedding = 3;
  expect_refused(v1_, longer, "3 numbers, not 2");
}

TEST_F(UpgradeModelTest, UnknownThresholdsAreRefused) {
  record(v1_);
  expect_refused(v1_, compatible(v2_, v1_, 0), "not known which distances");
  expect_refused(v1_, compatible(v2_, v1_, 4.5), "not known which distances");
  expect_refused(v1_, compatible(file_of("v2", '2', 0), v1_, 1), "not known which distances");
  EmbedderFile blind = v1_;
  blind.info.mirrored = {};
  expect_refused(blind, v2_, "not known which distances");
}

TEST_F(UpgradeModelTest, AFileThatIsNoLongerTheCatalogsIsRefused) {
  record(v1_);
  EmbedderFile replaced = v2_;
  replaced.info.name = "v1";
  expect_refused(replaced, replaced, "put the earlier weights back");
}

std::vector<float> direction_of(float x, float y) {
  const float length = std::hypot(x, y);
  return {x / length, y / length};
}

/// Gives each known face a vector that says which face it is, without networks.
class FakeAnalyser : public Analyser {
 public:
  explicit FakeAnalyser(AnalyserOptions options) : options_(std::move(options)) {}

  const AnalyserOptions& options() const override { return options_; }
  void set_compute_threads(int) const override {}
  std::vector<PhotoAnalysis> analyse(std::span<const AnalysisRequest> requests,
                                     const std::function<bool(const Sha256&)>&) const override {
    std::vector<PhotoAnalysis> analyses;
    for (const AnalysisRequest& request : requests) {
      PhotoAnalysis analysis;
      analysis.sha256 = sha256_of_file(request.path);
      if (std::filesystem::file_size(request.path) == 0) {
        analysis.error = "empty";
      } else {
        analysis.status = PhotoAnalysis::Status::kAnalysed;
        analysis.faces = request.known_faces.value();
        for (const Face& face : analysis.faces) {
          const auto vector = direction_of(face.box.x, face.landmarks[4].y);
          analysis.embeddings.insert(analysis.embeddings.end(), vector.begin(), vector.end());
          analysis.evidence.push_back({.length = 3, .sharpness = 0.3});
        }
      }
      analyses.push_back(std::move(analysis));
    }
    return analyses;
  }

  std::vector<float> embed(std::span<const Image>) const override {
    throw std::logic_error("nothing here has chips");
  }

 private:
  AnalyserOptions options_;
};

class UpgradeVectorsTest : public CatalogTest {
 protected:
  UpgradeVectorsTest() {
    ModelInfo info = file_of("m", '0', 1).info;
    info.kind = "embedder";
    info.network = "graph";
    info.height = info.width = 8;
    info.alignment = "arcface-112";
    const std::string path = folder_.path("m.safetensors");
    write_safetensors(path, {}, {{"facenet", to_json(info).dump()}}, true);
    options_.embedder.emplace().model = path;
    options_.threads = 2;
  }

  PhotoId add_photo(const std::string& name, std::vector<FaceRecord> records) {
    const std::string path = folder_.write(name, "photo " + name);
    const PhotoId photo = catalog_.add_photo(
        {.id = 0, .sha256 = sha256_of_file(path), .format = "jpeg", .width = 10, .height = 10},
        records);
    add_path(name, photo);
    return photo;
  }
  void add_path(const std::string& name, PhotoId photo) {
    catalog_.put_path(
        {.path = folder_.path(name),
         .size = static_cast<std::int64_t>(std::filesystem::file_size(folder_.path(name))),
         .mtime_ns = 1,
         .photo = photo});
  }
  VectorUpgrade upgrade() {
    return upgrade_vectors(catalog_, options_, [](const AnalyserOptions& options) {
      return std::make_unique<FakeAnalyser>(options);
    });
  }
  ModelId model() const { return catalog_.models().at(0).id; }

  Catalog catalog_ = create();
  AnalyserOptions options_;
};

TEST_F(UpgradeVectorsTest, EveryFaceGetsItsOwnVector) {
  add_photo("a", {make_face(1, 1), make_face(2, 20)});
  add_photo("b", {make_face(3, 30)});
  const VectorUpgrade first = upgrade();
  EXPECT_EQ(first.embedded, 3);
  EXPECT_EQ(first.left, 0);
  EXPECT_EQ(first.missing, 0);
  EXPECT_THAT(first.problems, IsEmpty());
  for (const auto& [face, x, y] : {std::tuple{1, 1.0F, 11.0F}, {2, 2.0F, 30.0F}, {3, 3.0F, 40.0F}})
    EXPECT_EQ(catalog_.embedding(face, model()), direction_of(x, y));
  const VectorUpgrade second = upgrade();
  EXPECT_EQ(second.embedded, 0);
  EXPECT_EQ(second.left + second.missing, 0);
}

TEST_F(UpgradeVectorsTest, VectorsOfAnEarlierVersionStayAndAreAssessed) {
  add_photo("a", {make_face(1, 1)});
  upgrade();
  const std::vector<float> before = {0.6F, 0.8F};
  catalog_.put_embedding(1, model(), before);  // without evidence
  add_photo("b", {make_face(3, 30)});
  const VectorUpgrade mixed = upgrade();
  EXPECT_EQ(mixed.embedded, 1);
  EXPECT_EQ(mixed.assessed, 1);
  EXPECT_EQ(catalog_.embedding(1, model()), before);
  EXPECT_EQ(catalog_.evidence(model()).size(), 2U);
  EXPECT_EQ(upgrade().assessed, 0);
}

TEST_F(UpgradeVectorsTest, MomentsOfPhotosOfAnEarlierVersionAreNoted) {
  const PhotoId photo = add_photo("a", {make_face(1, 1)});
  add_photo("nobody", {});
  EXPECT_EQ(catalog_.photos_without_moment(), std::vector{photo});
  upgrade();
  EXPECT_TRUE(catalog_.photo(photo).moment.perceptual_hash);
  catalog_.put_moment(photo, {});
  EXPECT_EQ(upgrade().assessed, 1);
  EXPECT_TRUE(catalog_.photo(photo).moment.perceptual_hash);
  EXPECT_EQ(upgrade().assessed, 0);
}

TEST_F(UpgradeVectorsTest, PhotosThatAreAwayOrOtherKeepWhatTheyHave) {
  add_photo("here", {make_face(1, 1)});
  const PhotoId moved = add_photo("gone", {make_face(2, 1)});
  add_photo("away", {make_face(3, 1), make_face(4, 1)});
  add_photo("other", {make_face(5, 1)});
  std::filesystem::rename(folder_.path("gone"), folder_.path("copy"));
  add_path("copy", moved);
  std::filesystem::remove(folder_.path("away"));
  folder_.write("other", "words other");  // as long as before
  const VectorUpgrade result = upgrade();
  EXPECT_EQ(result.embedded, 2);
  EXPECT_EQ(result.left, 1);
  EXPECT_EQ(result.missing, 2);
  EXPECT_THAT(result.problems, ElementsAre(Pair(folder_.path("other"), HasSubstr("another file"))));

  folder_.write("away", "photo away");
  EXPECT_EQ(upgrade().embedded, 2) << "the disk is back";
}

TEST_F(UpgradeVectorsTest, AFaceThatIsElsewhereByNowGetsNoVectorOfItsOldPlace) {
  add_photo("a", {make_face(1, 1)});
  const auto find_anew = [&](const AnalyserOptions& options) {
    FaceRecord moved = make_face(2, 2);
    moved.id = 1;
    catalog_.change_face(moved);
    return std::make_unique<FakeAnalyser>(options);
  };
  EXPECT_EQ(upgrade_vectors(catalog_, options_, find_anew).embedded, 0);
  EXPECT_EQ(upgrade().embedded, 1);
  EXPECT_EQ(catalog_.embeddings(model()).values, direction_of(2, 12));
}

TEST_F(UpgradeVectorsTest, AnotherDetectorIsRefused) {
  add_photo("a", {make_face(1, 1)});
  catalog_.set_property("detector", "another");
  EXPECT_THAT(error_of([&] { upgrade(); }), HasSubstr("use the same detector"));
}

}  // namespace
}  // namespace facenet
