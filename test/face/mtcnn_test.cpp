#include <algorithm>
#include <cmath>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "face/detector.h"
#include "model_folder.h"
#include "nn/graph/graph_builder.h"
#include "photos.h"

namespace facenet {
namespace {

const Detector& detector() {
  static const std::unique_ptr<Detector> mtcnn = make_detector({.detector = "mtcnn"});
  return *mtcnn;
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

TEST(Mtcnn, FindsTheFacesThatPeopleDrewBoxesAround) {
  int labelled = 0;
  int recalled = 0;
  int extra = 0;
  for (const LabelledPhoto& photo : labelled_photos()) {
    std::vector<Face> faces = find(detector(), test_photo(photo.name));
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

TEST(Mtcnn, PutsLandmarksWhereAFaceHasThem) {
  for (const LabelledPhoto& photo : labelled_photos()) {
    for (const Face& face : find(detector(), test_photo(photo.name))) {
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

TEST(Mtcnn, TakesNoDogForAPerson) {
  EXPECT_TRUE(find(detector(), test_photo("faces/dogs.jpg")).empty());
}

TEST(Mtcnn, FindsNoFaceTwice) {
  for (const LabelledPhoto& photo : labelled_photos()) {
    const std::vector<Face> faces = find(detector(), test_photo(photo.name));
    for (std::size_t i = 0; i < faces.size(); ++i) {
      for (std::size_t j = i + 1; j < faces.size(); ++j) {
        EXPECT_GE(faces[i].box.area(), faces[j].box.area());
        EXPECT_LT(overlap(faces[i].box, faces[j].box), 0.5F);
        // Two boxes around one face would have the same nose.
        const Point& a = faces[i].landmarks[2];
        const Point& b = faces[j].landmarks[2];
        EXPECT_GT(std::hypot(a.x - b.x, a.y - b.y), 0.3F * faces[j].box.width);
      }
    }
  }
}

std::vector<Face> mirrored(std::vector<Face> faces, int width) {
  for (Face& face : faces) {
    face.box.x = static_cast<float>(width) - face.box.x - face.box.width;
    for (Point& point : face.landmarks) point.x = static_cast<float>(width - 1) - point.x;
    std::swap(face.landmarks[0], face.landmarks[1]);
    std::swap(face.landmarks[3], face.landmarks[4]);
  }
  return faces;
}

TEST(Mtcnn, FindsTheSameInAMirror) {
  const Image image = test_photo("faces/2007_007763.jpg");
  const std::vector<Face> expected = mirrored(find(detector(), image), image.width);
  ASSERT_GE(expected.size(), 5U);
  expect_same(find(detector(), mirrored(image)), expected, 0.7F, 0.13F);
}

/// Landmarks half a pixel beside the centres that they stand for would shift every chip, and what a
/// photo and its mirror image disagree in is noise: 1.8 % of a box's width when each face takes its
/// landmarks from its best window alone.
TEST(Mtcnn, LandmarksFavourNeitherLeftNorRightAndHardlyTremble) {
  double sum = 0;
  double noise = 0;
  int count = 0;
  for (const LabelledPhoto& photo : labelled_photos()) {
    const Image image = test_photo(photo.name);
    const std::vector<Face> found = find(detector(), image);
    for (const Face& face : mirrored(find(detector(), mirrored(image)), image.width)) {
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
  EXPECT_LT(noise / count, 0.017);
}

TEST(Mtcnn, FindsTheSameInAShiftedPhoto) {
  const Image image = test_photo("faces/2009_004587.jpg");
  std::vector<Face> expected = find(detector(), image);
  for (Face& face : expected) {
    face.box.x += 37;
    face.box.y += 21;
    for (Point& point : face.landmarks) point = {point.x + 37, point.y + 21};
  }
  // The border is part of the photo: the smallest face is still reckoned by the original.
  const Image moved = shifted(image, 37, 21);
  const int edge = longer_edge(moved);
  expect_same(detector().detect({&moved, 1}, {&edge, 1}).front(), expected, 0.75F, 0.06F);
}

TEST(Mtcnn, FindsTheSameInAShrunkenPhoto) {
  const std::string name = "faces/bald_guys.jpg";
  const Image image = test_photo(name);
  const int edge = longer_edge(image);
  const int working_edge = detector().working_edge(image.width, image.height);
  ASSERT_LT(working_edge, edge);
  const Image small = test_photo(name, working_edge);
  const float factor = static_cast<float>(edge) / static_cast<float>(longer_edge(small));
  std::vector<Face> found = detector().detect({&small, 1}, {&edge, 1}).front();
  for (Face& face : found) face = scaled(face, factor);
  EXPECT_GE(found.size(), 20U);
  expect_same(found, find(detector(), image), 0.7F, 0.08F);
}

TEST(Mtcnn, FindsTheSameInABatch) {
  std::vector<Image> images{test_photo("faces/2007_007763.jpg"), Image(64, 48),
                            test_photo("faces/2008_001009.jpg"),
                            test_photo("faces/2009_004587.jpg")};
  std::vector<int> edges;
  for (const Image& image : images) edges.push_back(longer_edge(image));
  const auto together = detector().detect(images, edges);
  ASSERT_EQ(together.size(), images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    expect_same(together[i], find(detector(), images[i]), 0.9999F, 1e-4F);
  }
}

TEST(Mtcnn, WorksInSeveralThreads) {
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

TEST(Mtcnn, DropsFacesBelowTheSmallestAndTheScore) {
  const Image image = test_photo("faces/bald_guys.jpg");
  DetectorOptions options{.detector = "mtcnn"};
  options.min_face = 0.05;
  const auto all = find(detector(), image);
  const auto large = find(*make_detector(options), image);
  EXPECT_LT(large.size(), all.size());
  EXPECT_FALSE(large.empty());
  for (const Face& face : large) {
    EXPECT_GE(std::min(face.box.width, face.box.height), 0.05F * 1986);
  }
  options.min_face = 0;
  options.score = 1;
  EXPECT_TRUE(find(*make_detector(options), image).empty());
}

TEST(Mtcnn, ShrinksLargePhotosUnlessAShareIsAskedFor) {
  EXPECT_EQ(detector().working_edge(1300, 1000), 1300) << "all of a small photo";
  EXPECT_EQ(detector().working_edge(6000, 4000), 1600);
  DetectorOptions options{.detector = "mtcnn"};
  options.min_face = 0.005;
  EXPECT_EQ(make_detector(options)->working_edge(6000, 4000), 4800);
}

TEST(Mtcnn, FindsNothingWhereNothingIs) {
  for (const auto& [width, height] :
       {std::pair{1, 1}, {1, 500}, {3, 2}, {12, 12}, {25, 19}, {640, 480}}) {
    EXPECT_TRUE(find(detector(), Image(width, height)).empty()) << width << " x " << height;
  }
  EXPECT_TRUE(detector().detect({}, {}).empty());
}

/// A network that gives so many channels, all 1: P-Net's way, for each place, or from the mean of
/// all images, one row whatever their number.
ImportedGraph all_ones(std::initializer_list<std::int64_t> channels, bool mixes) {
  GraphBuilder b;
  b.graph().inputs = {"in"};
  if (mixes) {
    b.add_node("GlobalAveragePool", {"in"}, "mean");
    b.add_node("ReduceMean", {"mean"}, "all", {{"axes", {0}}, {"keepdims", 1}});
  } else {
    b.add_node("AveragePool", {"in"}, "all", {{"kernel_shape", {12, 12}}, {"strides", {2, 2}}});
  }
  for (const std::int64_t count : channels) {
    const std::string name = fmt::format("out{}", count);
    const auto size = static_cast<std::size_t>(count);
    b.add_node("Conv",
               {"all", b.add_tensor("w" + name, {count, 3, 1, 1}, std::vector<float>(3 * size)),
                b.add_tensor("b" + name, {count}, std::vector<float>(size, 1))},
               name);
    b.graph().outputs.push_back(name);
  }
  return b.take();
}

TEST(Mtcnn, WeightsThatMixWindowsAreRefused) {
  const ModelFolder models;
  std::map<std::string, TensorView> tensors;
  std::map<std::string, std::string> metadata;
  const ImportedGraph pnet = all_ones({2, 4}, false);
  const ImportedGraph rnet = all_ones({2, 4}, true);
  const ImportedGraph onet = all_ones({2, 4, 10}, true);
  for (const auto& [part, graph] :
       {std::pair{"pnet", &pnet}, std::pair{"rnet", &rnet}, std::pair{"onet", &onet}}) {
    metadata[fmt::format("graph:{}", part)] = to_json(graph->graph).dump();
    for (const auto& [name, view] : graph->tensors)
      tensors[fmt::format("{}.{}", part, name)] = view;
  }
  write_safetensors(models.path("mtcnn.safetensors"), tensors, metadata, true);
  const auto detector = make_detector({.detector = "mtcnn"});
  EXPECT_THAT([&] { find(*detector, Image(200, 200)); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("have no output of 2 channels")));
}

TEST(Mtcnn, NamesAllThatResultsDependOn) {
  const std::string standard = detector_fingerprint({.detector = "mtcnn"});
  EXPECT_THAT(standard, testing::StartsWith("mtcnn "));
  EXPECT_EQ(standard, detector_fingerprint({.detector = "mtcnn"}));
  std::vector<DetectorOptions> changes(3, {.detector = "mtcnn"});
  changes[0].min_face = 0.1;
  changes[1].min_face_pixels = 31;
  changes[2].score = 0.8;
  for (const DetectorOptions& options : changes) {
    EXPECT_NE(detector_fingerprint(options), standard);
  }
}

}  // namespace
}  // namespace facenet
