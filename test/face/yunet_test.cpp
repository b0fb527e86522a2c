#include "face/yunet.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "face/align.h"
#include "image/turn.h"
#include "photos.h"

namespace facenet {
namespace {

const Detector& detector() {
  static const std::unique_ptr<Detector> yunet = make_detector({.detector = "yunet"});
  return *yunet;
}

/// As the pipeline shows a photo to the detector, with faces in the photo's pixels.
std::vector<Face> find_in_photo(const Detector& detector, const std::string& name) {
  const Image photo = test_photo(name);
  const int edge = longer_edge(photo);
  const Image small = test_photo(name, detector.working_edge(photo.width, photo.height));
  std::vector<Face> faces = detector.detect({&small, 1}, {&edge, 1}).front();
  const float factor = static_cast<float>(edge) / static_cast<float>(longer_edge(small));
  for (Face& face : faces) face = scaled(face, factor);
  return faces;
}

/// Each face of `expected` must be found by a box that overlaps by `limit` and by landmarks that
/// are off by at most `shift` of the box's width.
void expect_same(const std::vector<Face>& found, const std::vector<Face>& expected, float limit,
                 float shift) {
  ASSERT_EQ(found.size(), expected.size());
  for (const Face& face : expected) {
    const int match = best_match(face.box, found, limit);
    ASSERT_GE(match, 0) << "lost the face at " << face.box.x << ", " << face.box.y;
    const Landmarks& landmarks = found[static_cast<std::size_t>(match)].landmarks;
    for (std::size_t i = 0; i < landmarks.size(); ++i) {
      EXPECT_NEAR(landmarks[i].x, face.landmarks[i].x, shift * face.box.width);
      EXPECT_NEAR(landmarks[i].y, face.landmarks[i].y, shift * face.box.width);
    }
  }
}

TEST(YunetGrid, IsReadAsPublished) {
  constexpr int kRows = 5;
  constexpr int kColumns = 7;
  constexpr int kStride = 16;
  std::mt19937 engine(3);
  const auto random = [&](int count, float low, float high) {
    std::uniform_real_distribution<float> distribution(low, high);
    std::vector<float> values(static_cast<std::size_t>(count) * kRows * kColumns);
    for (float& value : values) value = distribution(engine);
    return values;
  };
  const auto faces = random(1, 0, 1), objects = random(1, 0, 1);
  const auto boxes = random(4, -1, 2), points = random(10, -3, 3);
  const auto found = read_yunet_grid(
      {kStride, kRows, kColumns, faces.data(), objects.data(), boxes.data(), points.data()}, 0.6F);
  // The published decoding: priors are the cells' upper left corners.
  std::size_t next = 0;
  for (std::size_t prior = 0; prior < kRows * kColumns; ++prior) {
    const double score = std::sqrt(static_cast<double>(faces[prior]) * objects[prior]);
    if (score < 0.6) continue;
    ASSERT_LT(next, found.size());
    const Face& face = found[next++];
    const double x = static_cast<double>(prior % kColumns) * kStride;
    const double y = static_cast<double>(prior / kColumns) * kStride;
    const double centre_x = x + boxes[4 * prior] * kStride;
    const double centre_y = y + boxes[4 * prior + 1] * kStride;
    const double width = std::exp(boxes[4 * prior + 2]) * kStride;
    const double height = std::exp(boxes[4 * prior + 3]) * kStride;
    EXPECT_NEAR(face.score, score, 1e-6);
    EXPECT_NEAR(face.box.x, centre_x - width / 2, 1e-3);
    EXPECT_NEAR(face.box.y, centre_y - height / 2, 1e-3);
    EXPECT_NEAR(face.box.width, width, 1e-3);
    EXPECT_NEAR(face.box.height, height, 1e-3);
    for (std::size_t i = 0; i < face.landmarks.size(); ++i) {
      EXPECT_NEAR(face.landmarks[i].x + 0.5, x + points[10 * prior + 2 * i] * kStride, 1e-3);
      EXPECT_NEAR(face.landmarks[i].y + 0.5, y + points[10 * prior + 2 * i + 1] * kStride, 1e-3);
    }
  }
  EXPECT_EQ(next, found.size());
  EXPECT_GT(next, 3U);
}

TEST(YunetGrid, NoNumberIsNoFace) {
  const std::vector<float> numbers(10, 1);
  const auto found = [&](float score, float width) {
    const std::vector<float> box{0, 0, width, 1};
    return read_yunet_grid({8, 1, 1, &score, numbers.data(), box.data(), numbers.data()}, 0).size();
  };
  EXPECT_EQ(found(1, 1), 1U);
  EXPECT_EQ(found(std::nanf(""), 1), 0U);
  EXPECT_EQ(found(1, std::nanf("")), 0U);
  EXPECT_EQ(found(1, 1000), 0U) << "as large as no number";
}

TEST(Yunet, FindsTheFacesThatPeopleDrewBoxesAround) {
  int labelled = 0;
  int recalled = 0;
  int extra = 0;
  for (const LabelledPhoto& photo : labelled_photos()) {
    std::vector<Face> faces = find_in_photo(detector(), photo.name);
    for (const Box& box : photo.faces) {
      ++labelled;
      const int match = best_match(box, faces, 0.3F);
      if (match < 0) continue;
      ++recalled;
      faces.erase(faces.begin() + match);
    }
    extra += static_cast<int>(faces.size());
  }
  EXPECT_EQ(labelled, 43);
  EXPECT_GE(recalled, 0.95 * labelled);
  EXPECT_LE(extra, 0.1 * labelled);
}

TEST(Yunet, PutsLandmarksWhereAFaceHasThem) {
  for (const LabelledPhoto& photo : labelled_photos()) {
    for (const Face& face : find_in_photo(detector(), photo.name)) {
      const auto& [left_eye, right_eye, nose, left_mouth, right_mouth] = face.landmarks;
      EXPECT_LT(left_eye.x, right_eye.x);
      EXPECT_LT(left_mouth.x, right_mouth.x);
      EXPECT_LT(std::max(left_eye.y, right_eye.y), std::max(left_mouth.y, right_mouth.y));
      EXPECT_GT(nose.y, std::min(left_eye.y, right_eye.y));
      EXPECT_LT(nose.y, std::max(left_mouth.y, right_mouth.y));
      EXPECT_GE(face.score, 0.9F);
      EXPECT_LE(face.score, 1.0F);
    }
  }
}

TEST(Yunet, TakesNoDogForAPerson) {
  EXPECT_TRUE(find_in_photo(detector(), "faces/dogs.jpg").empty());
}

TEST(Yunet, FindsNoFaceTwice) {
  for (const LabelledPhoto& photo : labelled_photos()) {
    const std::vector<Face> faces = find_in_photo(detector(), photo.name);
    for (std::size_t i = 0; i < faces.size(); ++i) {
      for (std::size_t j = i + 1; j < faces.size(); ++j) {
        EXPECT_GE(faces[i].box.area(), faces[j].box.area());
        EXPECT_LT(overlap(faces[i].box, faces[j].box), 0.46F);
        // Two boxes around one face would have the same nose.
        const Point& a = faces[i].landmarks[2];
        const Point& b = faces[j].landmarks[2];
        EXPECT_GT(std::hypot(a.x - b.x, a.y - b.y), 0.3F * faces[j].box.width);
      }
    }
  }
}

/// Landmarks half a pixel beside the centres that they stand for would shift every chip.
TEST(Yunet, LandmarksFavourNeitherLeftNorRightAndHardlyTremble) {
  double sum = 0;
  double noise = 0;
  int count = 0;
  for (const LabelledPhoto& photo : labelled_photos()) {
    const Image image = test_photo(photo.name, 960);
    const std::vector<Face> found = find(detector(), image);
    for (Face face : find(detector(), mirrored(image))) {
      face.box.x = static_cast<float>(image.width) - face.box.x - face.box.width;
      for (Point& point : face.landmarks) point.x = static_cast<float>(image.width - 1) - point.x;
      std::swap(face.landmarks[0], face.landmarks[1]);
      std::swap(face.landmarks[3], face.landmarks[4]);
      const int match = best_match(face.box, found, 0.5F);
      if (match < 0) continue;
      const Landmarks& landmarks = found[static_cast<std::size_t>(match)].landmarks;
      for (std::size_t i = 0; i < landmarks.size(); ++i) {
        sum += (landmarks[i].x - face.landmarks[i].x) / 2;
        noise +=
            std::hypot(landmarks[i].x - face.landmarks[i].x, landmarks[i].y - face.landmarks[i].y) /
            face.box.width;
        ++count;
      }
    }
  }
  ASSERT_GE(count, 150);
  EXPECT_NEAR(sum / count, 0, 0.25);
  EXPECT_LT(noise / count, 0.025);
}

/// Zeros to the right and below stand in for what is missing to whole cells.
TEST(Yunet, FindsTheSameWithABlackBorder) {
  const Image image = test_photo("faces/2008_001009.jpg", 300);
  ASSERT_TRUE(image.width % 32 != 0 || image.height % 32 != 0);
  Image bordered((image.width + 31) / 32 * 32, (image.height + 31) / 32 * 32);
  for (int y = 0; y < image.height; ++y)
    std::copy_n(image.row(y), 3 * image.width, bordered.row(y));
  const std::vector<Face> expected = find(detector(), image);
  ASSERT_FALSE(expected.empty());
  expect_same(find(detector(), bordered), expected, 0.999F, 1e-3F);
}

/// A face that is turned clockwise in a photo of this size is where turned() has its pixels.
TEST(Yunet, TurnsBoxesAndLandmarksBack) {
  const Face face{{3, 1, 2, 4}, 0.95F, {{{3, 1}, {4, 1}, {3, 2}, {3, 4}, {4, 4}}}};
  Image image(11, 9);
  const auto mark = [&](const Point& point, std::uint8_t value) {
    image.row(static_cast<int>(point.y))[3 * static_cast<int>(point.x)] = value;
  };
  for (std::size_t i = 0; i < 5; ++i)
    mark(face.landmarks[i], static_cast<std::uint8_t>(10 * i + 10));
  for (int quarters = 0; quarters < 4; ++quarters) {
    const Image there = turned(image, (4 - quarters) % 4);  // turned by `quarters`, it is `image`
    const Face back = turned_back(face, quarters, there.width, there.height);
    for (std::size_t i = 0; i < 5; ++i) {
      const Point& point = back.landmarks[i];
      EXPECT_EQ(there.row(static_cast<int>(point.y))[3 * static_cast<int>(point.x)], 10 * i + 10);
    }
    EXPECT_FLOAT_EQ(back.box.area(), face.box.area());
    EXPECT_EQ(back.box.width, quarters % 2 == 0 ? 2 : 4);
    EXPECT_EQ(back.score, face.score);
  }
}

class YunetTurned : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Quarters, YunetTurned, testing::Values(1, 2, 3));

TEST_P(YunetTurned, FindsTheSameFacesWithLandmarksThatCutThemUpright) {
  const AlignmentTemplate& target = find_alignment("arcface-112");
  for (const char* name : {"faces/2007_007763.jpg", "faces/2008_001009.jpg"}) {
    const Image upright = test_photo(name);
    const Image image = turned(upright, GetParam());
    const std::vector<Face> expected = find(detector(), upright);
    ASSERT_GE(expected.size(), 1U);
    const std::vector<Face> found = find(detector(), image);
    std::vector<Face> there;  // where the faces of the upright photo lie in the turned one
    for (const Face& face : expected)
      there.push_back(turned_back(face, (4 - GetParam()) % 4, image.width, image.height));
    expect_same(found, there, 0.8F, 0.06F);
    const auto chip = [&](const Image& photo, const Face& face) {
      return align(photo, target, face.landmarks);
    };
    const Image a = chip(upright, expected.front());
    const int match = best_match(there.front().box, found, 0.8F);
    ASSERT_GE(match, 0);
    const Image b = chip(image, found[static_cast<std::size_t>(match)]);
    double difference = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i)
      difference += std::abs(static_cast<double>(a.pixels[i]) - b.pixels[i]);
    EXPECT_LT(difference / static_cast<double>(a.pixels.size()), 8) << "grey levels";
  }
}

TEST(Yunet, FindsTheSameInABatch) {
  const Image turned_photo = turned(test_photo("faces/2008_001009.jpg"), 1);
  std::vector<Image> images{
      test_photo("faces/2007_007763.jpg"), Image(64, 48), turned_photo,
      test_photo("faces/2008_001009.jpg"), Image(),       test_photo("faces/2009_004587.jpg")};
  std::vector<int> edges;
  for (const Image& image : images) edges.push_back(std::max(longer_edge(image), 1));
  const auto together = detector().detect(images, edges);
  ASSERT_EQ(together.size(), images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i].empty()) {
      EXPECT_TRUE(together[i].empty());
    } else {
      expect_same(together[i], find(detector(), images[i]), 0.9999F, 1e-4F);
    }
  }
}

TEST(Yunet, WorksInSeveralThreads) {
  const Image image = test_photo("faces/2008_001009.jpg");
  const std::vector<Face> expected = find(detector(), image);
  std::vector<std::vector<Face>> found(4);
  std::vector<std::thread> threads;
  threads.reserve(found.size());
  for (auto& faces : found) {
    threads.emplace_back([&] { faces = find(detector(), image); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& faces : found) expect_same(faces, expected, 0.9999F, 1e-4F);
}

TEST(Yunet, DropsFacesBelowTheSmallestAndTheScore) {
  const std::string name = "faces/bald_guys.jpg";
  DetectorOptions options{.detector = "yunet", .min_face_pixels = 100};
  const auto all = find_in_photo(detector(), name);
  const auto large = find_in_photo(*make_detector(options), name);
  EXPECT_LT(large.size(), all.size());
  EXPECT_FALSE(large.empty());
  for (const Face& face : large) EXPECT_GE(std::min(face.box.width, face.box.height), 99.5F);
  options = {.detector = "yunet", .score = 0.97};
  const auto sure = find_in_photo(*make_detector(options), name);
  EXPECT_LT(sure.size(), all.size());
  for (const Face& face : sure) EXPECT_GE(face.score, 0.97F);
  options.score = 1;
  EXPECT_TRUE(find_in_photo(*make_detector(options), name).empty());
  options.score = 0;
  EXPECT_GE(find_in_photo(*make_detector(options), name).size(), all.size());
}

TEST(Yunet, ShrinksLargePhotosUnlessAShareIsAskedFor) {
  EXPECT_EQ(detector().working_edge(800, 1000), 960);
  EXPECT_EQ(detector().working_edge(6000, 4000), 960);
  const DetectorOptions share{.detector = "yunet", .min_face = 0.005};
  EXPECT_EQ(make_detector(share)->working_edge(6000, 4000), 4800);
  const DetectorOptions pixels{.detector = "yunet", .min_face_pixels = 300};
  EXPECT_EQ(make_detector(pixels)->working_edge(6000, 4000), 480);
}

/// A 12-megapixel photo, looked at in tiles, has every face once and where it is.
TEST(Yunet, FindsSmallFacesOfALargePhotoInTiles) {
  const Image photo = test_photo("faces/bald_guys.jpg", 1900);
  ASSERT_LE(photo.height, 1500);
  Image large(4000, 3000);
  for (int down = 0; down < 2; ++down)
    for (int right = 0; right < 2; ++right)
      for (int y = 0; y < photo.height; ++y)
        std::copy_n(photo.row(y), 3 * photo.width, &large.row(y + 1500 * down)[3 * 2000 * right]);
  const auto tiled = make_detector({.detector = "yunet", .min_face = 0.006});
  EXPECT_EQ(tiled->working_edge(large.width, large.height), 4000);
  const std::vector<Face> faces = find(*tiled, large);
  const std::vector<Face> once = find_in_photo(detector(), "faces/bald_guys.jpg");
  ASSERT_GE(once.size(), 20U);
  int found = 0;
  for (const Face& in_photo : once) {
    const Face face = scaled(in_photo, 1900.0F / 1986);
    for (int corner = 0; corner < 4; ++corner) {
      Box box = face.box;
      box.x += static_cast<float>(2000 * (corner % 2));
      box.y += static_cast<float>(1500 * (corner / 2));
      found += best_match(box, faces, 0.5F) >= 0 ? 1 : 0;
    }
  }
  EXPECT_GE(found, 0.95 * 4 * static_cast<double>(once.size()));
  for (std::size_t i = 0; i < faces.size(); ++i)
    for (std::size_t j = i + 1; j < faces.size(); ++j)
      EXPECT_LT(overlap(faces[i].box, faces[j].box), 0.46F);
}

TEST(Yunet, FindsNothingWhereNothingIs) {
  for (const auto& [width, height] :
       {std::pair{1, 1}, {1, 500}, {3, 2}, {12, 12}, {25, 19}, {640, 480}}) {
    EXPECT_TRUE(find(detector(), Image(width, height)).empty()) << width << " x " << height;
  }
  EXPECT_TRUE(detector().detect({}, {}).empty());
}

TEST(Yunet, NamesAllThatResultsDependOn) {
  const std::string standard = detector_fingerprint({.detector = "yunet"});
  EXPECT_THAT(standard, testing::MatchesRegex("yunet [0-9a-f]+, landmarks mtcnn [0-9a-f]+, .*"));
  EXPECT_EQ(standard, detector_fingerprint({})) << "the default";
  std::vector<DetectorOptions> changes(3, {.detector = "yunet"});
  changes[0].min_face = 0.1;
  changes[1].min_face_pixels = 31;
  changes[2].score = 0.8;
  for (const DetectorOptions& options : changes) {
    EXPECT_NE(detector_fingerprint(options), standard);
  }
}

}  // namespace
}  // namespace facenet
