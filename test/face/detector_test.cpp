#include "face/detector.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/error.h"

namespace facenet {
namespace {

TEST(DetectorOptions, RefuseWhatMakesNoSense) {
  const auto refused = [](auto change) {
    DetectorOptions options;
    options.validate();
    change(options);
    EXPECT_THROW(options.validate(), UsageError);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refused([](DetectorOptions& o) { o.detector = "haar"; });
  refused([](DetectorOptions& o) { o.detector = ""; });
  refused([](DetectorOptions& o) { o.min_face = -0.1; });
  refused([](DetectorOptions& o) { o.min_face = 1.1; });
  refused([&](DetectorOptions& o) { o.min_face = nan; });
  refused([](DetectorOptions& o) { o.min_face_pixels = -1; });
  refused([](DetectorOptions& o) { o.score = -0.1; });
  refused([](DetectorOptions& o) { o.score = 1.5; });
  refused([&](DetectorOptions& o) { o.score = nan; });
}

TEST(DetectorOptions, TakeTheLargerOfShareAndPixels) {
  const DetectorOptions options{
      .detector = "hog", .min_face = 0.05, .min_face_pixels = 30, .score = 0.5};
  EXPECT_DOUBLE_EQ(options.smallest_face(4000), 200);
  EXPECT_DOUBLE_EQ(options.smallest_face(600), 30);
  EXPECT_DOUBLE_EQ(options.smallest_face(400), 30);
}

TEST(DetectorOptions, SpeakOfPixelsUnlessAShareIsGiven) {
  EXPECT_DOUBLE_EQ(DetectorOptions{}.smallest_face(400), 20);
  EXPECT_DOUBLE_EQ(DetectorOptions{}.smallest_face(8000), 20);
  const DetectorOptions any{.min_face = 0, .min_face_pixels = 0};
  any.validate();
  EXPECT_DOUBLE_EQ(any.smallest_face(8000), 1);
}

TEST(DetectorOptions, AreReadBackFromTheFingerprint) {
  const DetectorOptions options{
      .detector = "mtcnn", .min_face = 0.025, .min_face_pixels = 31, .score = 0.75};
  const auto read = options_of_fingerprint(detector_fingerprint(options));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->detector, "mtcnn");
  EXPECT_EQ(read->min_face, 0.025);
  EXPECT_EQ(read->min_face_pixels, 31);
  EXPECT_EQ(read->score, 0.75);
  EXPECT_FALSE(options_of_fingerprint("mtcnn"));
  EXPECT_FALSE(options_of_fingerprint("mtcnn a1, revision 2, min-face 0.1 score 0.9"));
}

class WorkingEdge : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Detectors, WorkingEdge, testing::Values("yunet", "mtcnn", "hog"));

TEST_P(WorkingEdge, IsEnoughForTheSmallestFaceAndNeverMoreThanThePhoto) {
  DetectorOptions options;
  options.detector = GetParam();
  int previous = 1 << 30;
  for (const double share : {0.03, 0.06, 0.1, 0.3}) {
    options.min_face = share;
    const auto detector = make_detector(options);
    for (const int edge : {1, 90, 640, 6000}) {
      const int working = detector->working_edge(edge, (edge + 1) / 2);
      EXPECT_EQ(working, detector->working_edge((edge + 1) / 2, edge)) << "upright or lying";
      EXPECT_GE(working, 1);
      EXPECT_LE(working, edge);
    }
    const int large = detector->working_edge(6000, 4000);
    EXPECT_LT(large, previous) << "larger faces need fewer pixels";
    previous = large;
  }
}

TEST_P(WorkingEdge, IsBoundedByThePhotoAloneWhenAnyFaceIsWanted) {
  const DetectorOptions options{.detector = GetParam(), .min_face = 0, .min_face_pixels = 0};
  EXPECT_EQ(make_detector(options)->working_edge(300, 200), 300);
}

TEST_P(WorkingEdge, IsThePhotosOwnWhereFacesAreFewPixels) {
  DetectorOptions options;
  options.detector = GetParam();
  EXPECT_EQ(make_detector(options)->working_edge(300, 200), 300);
}

}  // namespace
}  // namespace facenet
