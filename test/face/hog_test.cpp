#include <algorithm>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "dlib_networks.h"
#include "face/align.h"
#include "face/detector.h"
#include "model_folder.h"
#include "photos.h"

namespace facenet {
namespace {

DetectorOptions hog_options() {
  DetectorOptions options;
  options.detector = "hog";
  return options;
}

Point share_of(const Box& box, const Point& point) {
  return {(point.x - box.x) / box.width, (point.y - box.y) / box.height};
}

TEST(Hog, FindsTheBoxesThatDlibFinds) {
  const auto detector = make_detector(hog_options());
  int compared = 0;
  for (const LabelledPhoto& photo : labelled_photos()) {
    const Image image = test_photo(photo.name);
    const std::vector<DlibDetection> expected = dlib_faces(image, 0);
    const std::vector<Face> faces = find(*detector, image);
    ASSERT_EQ(faces.size(), expected.size()) << photo.name;
    for (const DlibDetection& other : expected) {
      const bool found = std::any_of(faces.begin(), faces.end(), [&](const Face& face) {
        return face.box.x == other.box.x && face.box.y == other.box.y &&
               face.box.width == other.box.width && face.box.height == other.box.height;
      });
      EXPECT_TRUE(found) << photo.name << " at " << other.box.x << ", " << other.box.y;
      ++compared;
    }
    for (const Face& face : faces) {
      EXPECT_GE(face.score, 0.9F);
      EXPECT_LE(face.score, 1.0F);
    }
  }
  EXPECT_GE(compared, 10);
}

TEST(Hog, AsksForTheConfidenceThatAScoreMeans) {
  const Image image = test_photo("faces/bald_guys.jpg");
  // Score 0.985161 is 1 / (1 + exp(-2) / 9): confidence 1.
  for (const auto& [score, confidence] : {std::pair{0.9851868, 1.0}, {0.9, 0.0}, {0.7680, -0.5}}) {
    const std::vector<DlibDetection> expected = dlib_faces(image, confidence);
    DetectorOptions options = hog_options();
    options.score = score;
    EXPECT_EQ(find(*make_detector(options), image).size(), expected.size()) << score;
  }
}

TEST(Hog, CompletesFivePointsByTheMeanFace) {
  const ModelFolder folder;
  // The corners of the right and the left eye, the base of the nose: a mean face, 1 / 300 of the
  // box to a pixel of dlib's 150-pixel chip.
  write_predictor(
      folder.predictor(5),
      {{0.35F, 0.157F}, {0.3186F, 0.157F}, {0.141F, 0.157F}, {0.177F, 0.157F}, {0.2467F, 0.2926F}});
  const Image image = test_photo("faces/bald_guys.jpg");
  const std::vector<Face> faces = find(*make_detector(hog_options()), image);
  ASSERT_FALSE(faces.empty());
  for (const Face& face : faces) {
    const float pixel = 1.5F / face.box.width;  // dlib rounds points to whole pixels
    const Landmarks& chip = find_alignment("dlib-150").points;
    for (std::size_t i = 0; i < chip.size(); ++i) {
      const Point share = share_of(face.box, face.landmarks[i]);
      EXPECT_NEAR(share.x, chip[i].x / 300, pixel + 0.01F);
      EXPECT_NEAR(share.y, chip[i].y / 300, pixel + 0.01F);
    }
  }
}

TEST(Hog, TakesEyesNoseAndMouthOf68Points) {
  const ModelFolder folder;
  std::vector<Point> shares(68, Point{0.9F, 0.9F});
  for (std::size_t i = 36; i < 42; ++i) {  // a hexagon around (0.3, 0.4)
    const float turn = static_cast<float>(i) * 1.0471976F;
    shares[i] = {0.3F + 0.1F * std::cos(turn), 0.4F + 0.1F * std::sin(turn)};
    shares[i + 6] = {shares[i].x + 0.4F, shares[i].y};
  }
  shares[30] = {0.5F, 0.6F};
  shares[48] = {0.35F, 0.8F};
  shares[54] = {0.65F, 0.81F};
  write_predictor(folder.predictor(68), shares);
  const std::vector<Point> expected{
      {0.3F, 0.4F}, {0.7F, 0.4F}, {0.5F, 0.6F}, {0.35F, 0.8F}, {0.65F, 0.81F}};
  const std::vector<Face> faces =
      find(*make_detector(hog_options()), test_photo("faces/bald_guys.jpg"));
  ASSERT_FALSE(faces.empty());
  for (const Face& face : faces) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const Point share = share_of(face.box, face.landmarks[i]);
      EXPECT_NEAR(share.x, expected[i].x, 1.5F / face.box.width);
      EXPECT_NEAR(share.y, expected[i].y, 1.5F / face.box.width);
    }
  }
}

TEST(Hog, NamesADamagedPredictor) {
  const ModelFolder folder;
  write_predictor(folder.predictor(5), std::vector<Point>(5));
  std::string bytes;
  {
    std::ifstream file(folder.predictor(5), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, bytes.size() / 2, bytes.size() - 1}) {
    std::ofstream(folder.predictor(5), std::ios::binary) << bytes.substr(0, length);
    try {
      make_detector(hog_options());
      FAIL() << "no error at length " << length;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(folder.predictor(5)));
    }
  }
  write_predictor(folder.predictor(5), std::vector<Point>(7));
  EXPECT_THROW(make_detector(hog_options()), Error) << "seven points are not five";
}

TEST(Hog, SaysWhichPredictorItUses) {
  const ModelFolder folder;
  write_predictor(folder.predictor(5), std::vector<Point>(5, Point{0.5F, 0.5F}));
  const std::string one = detector_fingerprint(hog_options());
  write_predictor(folder.predictor(5), std::vector<Point>(5, Point{0.5F, 0.6F}));
  EXPECT_NE(detector_fingerprint(hog_options()), one);
}

TEST(Hog, WorksInSeveralThreads) {
  const auto detector = make_detector(hog_options());
  const Image image = test_photo("faces/2008_001009.jpg");
  const std::vector<Face> expected = find(*detector, image);
  ASSERT_FALSE(expected.empty());
  std::vector<std::vector<Face>> found(4);
  std::vector<std::thread> threads;
  threads.reserve(found.size());
  for (auto& faces : found) {
    threads.emplace_back([&] { faces = find(*detector, image); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& faces : found) {
    ASSERT_EQ(faces.size(), expected.size());
    for (std::size_t i = 0; i < faces.size(); ++i) {
      EXPECT_EQ(faces[i].box.x, expected[i].box.x);
      EXPECT_EQ(faces[i].score, expected[i].score);
      EXPECT_EQ(faces[i].landmarks[4].y, expected[i].landmarks[4].y);
    }
  }
}

TEST(Hog, FindsNothingWhereNothingIs) {
  const auto detector = make_detector(hog_options());
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 500}, {3, 2}, {79, 79}, {320, 240}}) {
    EXPECT_TRUE(find(*detector, Image(width, height)).empty()) << width << " x " << height;
  }
  EXPECT_TRUE(find(*detector, Image()).empty());
}

}  // namespace
}  // namespace facenet
