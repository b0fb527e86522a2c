#include <algorithm>
#include <cmath>
#include <filesystem>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "dlib_networks.h"
#include "face/detector.h"
#include "model_folder.h"
#include "nn/graph/graph.h"
#include "nn/import/dlib.h"
#include "photos.h"
#include "weights/model_store.h"

namespace facenet {
namespace {

DetectorOptions mmod_options() {
  DetectorOptions options;
  options.detector = "mmod";
  options.min_face = 0;
  options.min_face_pixels = kSmallMmodWindow;
  return options;
}

/// Confidence 0 is score 0.9, and every 1/4 multiplies the odds by e.
double score_of(double confidence) {
  return 1 / (1 + std::exp(-4 * confidence) / 9);
}

class Mmod : public testing::Test {
 protected:
  /// Makes dlib save a network, imports it, and returns what dlib finds in `image`.
  std::vector<DlibDetection> prepare(const Image& image, double confidence) {
    const std::string file = folder_.path("small.dat");
    const auto detections = save_small_mmod(file, image, confidence);
    const ImportedGraph imported = import_dlib(MappedFile(file));
    auto metadata = imported.metadata;
    metadata["facenet"] = to_json(find_known_model("mmod")->info).dump();
    metadata["graph"] = to_json(imported.graph).dump();
    write_safetensors(folder_.path("mmod.safetensors"), imported.tensors, metadata, true);
    write_predictor(folder_.predictor(5), std::vector<Point>(5, Point{0.5F, 0.25F}));
    return detections;
  }

  const ModelFolder folder_;
  const Image image_ = test_photo("faces/2008_001009.jpg");
};

TEST_F(Mmod, FindsTheBoxesThatDlibFinds) {
  for (const double confidence : {0.0, 0.02}) {
    const std::vector<DlibDetection> expected = prepare(image_, confidence);
    ASSERT_GE(expected.size(), 10U);
    DetectorOptions options = mmod_options();
    options.score = score_of(confidence);
    const std::vector<Face> faces = find(*make_detector(options), image_);
    ASSERT_EQ(faces.size(), expected.size());
    int wide = 0;
    for (const DlibDetection& detection : expected) {
      const Box& box = detection.box;
      const bool found = std::ranges::any_of(faces, [&](const Face& face) {
        return face.box.x == box.x && face.box.y == box.y && face.box.width == box.width &&
               face.box.height == box.height &&
               std::abs(face.score - score_of(detection.confidence)) < 1e-4;
      });
      EXPECT_TRUE(found) << box.x << ' ' << box.y << ' ' << box.width << ' ' << box.height;
      wide += box.width > 1.3F * box.height ? 1 : 0;
    }
    EXPECT_GT(wide, 0);
    EXPECT_LT(wide, std::ssize(expected)) << "both window sizes count";
  }
}

TEST_F(Mmod, AsksThePredictorForLandmarks) {
  prepare(image_, 0);
  for (const Face& face : find(*make_detector(mmod_options()), image_)) {
    // The predictor puts all five points here; the mean face hangs on the eyes and the nose.
    const float x = face.box.x + face.box.width / 2;
    const float y = face.box.y + face.box.height / 4;
    for (const std::size_t eye : {0U, 1U}) {
      EXPECT_NEAR(face.landmarks[eye].x, x, 1.5F);
      EXPECT_NEAR(face.landmarks[eye].y, y, 1.5F);
    }
  }
}

TEST_F(Mmod, LeavesOutSmallFaces) {
  prepare(image_, 0);
  DetectorOptions options = mmod_options();
  options.min_face_pixels = 40;
  const std::vector<Face> faces = find(*make_detector(options), image_);
  ASSERT_FALSE(faces.empty());
  for (const Face& face : faces) EXPECT_GE(std::min(face.box.width, face.box.height), 40);
  EXPECT_LT(faces.size(), find(*make_detector(mmod_options()), image_).size());
}

TEST_F(Mmod, EnlargesImagesForFacesSmallerThanItsWindow) {
  Image half = test_photo("faces/2008_001009.jpg", longer_edge(image_) / 2);
  prepare(image_, 0);
  DetectorOptions options = mmod_options();
  options.min_face_pixels = kSmallMmodWindow / 2;
  const std::vector<Face> faces = find(*make_detector(options), half);
  const bool has_small = std::ranges::any_of(
      faces, [](const Face& face) { return face.box.height < kSmallMmodWindow; });
  EXPECT_TRUE(has_small);
  for (const Face& face : faces) {
    EXPECT_GE(std::min(face.box.width, face.box.height), kSmallMmodWindow / 2);
    EXPECT_LT(face.box.x, half.width) << "in pixels of the image";
    EXPECT_LT(face.box.y, half.height);
  }
  for (const Face& face : find(*make_detector(mmod_options()), half)) {
    EXPECT_GE(face.box.height, kSmallMmodWindow);
  }
}

TEST_F(Mmod, ShrinksPhotosAsFarAsTheSmallestFaceAllows) {
  prepare(image_, 0);
  DetectorOptions options;
  options.detector = "mmod";
  options.min_face = 0.1;
  const auto detector = make_detector(options);
  EXPECT_EQ(detector->working_edge(4000, 3000), 10 * kSmallMmodWindow);
  EXPECT_EQ(detector->working_edge(3000, 4000), 10 * kSmallMmodWindow);
  EXPECT_EQ(detector->working_edge(150, 100), 150) << "never enlarged";
  options.min_face = 0.001;
  EXPECT_EQ(make_detector(options)->working_edge(40000, 30000), 1600) << "memory is bounded";
}

TEST_F(Mmod, NamesWhatIsMissing) {
  const auto error_of = [](auto make) -> std::string {
    try {
      make(mmod_options());
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(error_of(make_detector), testing::HasSubstr("scripts/models"));
  prepare(image_, 0);
  const std::string before = detector_fingerprint(mmod_options());
  write_predictor(folder_.predictor(5), std::vector<Point>(5, Point{0.5F, 0.6F}));
  EXPECT_NE(detector_fingerprint(mmod_options()), before) << "landmarks moved";
  if (std::filesystem::exists("/usr/share/dlib/shape_predictor_68_face_landmarks.dat")) return;
  std::filesystem::remove(folder_.predictor(5));
  EXPECT_THAT(error_of(make_detector), testing::HasSubstr("scripts/models dlib"));
  EXPECT_THAT(error_of(detector_fingerprint), testing::HasSubstr("scripts/models dlib"));
}

TEST_F(Mmod, FindsNothingWhereNothingIs) {
  prepare(image_, 0);
  const auto detector = make_detector(mmod_options());
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 500}, {3, 2}, {500, 9}}) {
    EXPECT_TRUE(find(*detector, Image(width, height)).empty()) << width << " x " << height;
  }
  EXPECT_TRUE(find(*detector, Image()).empty());
}

}  // namespace
}  // namespace facenet
