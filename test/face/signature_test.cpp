#include "face/signature.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/face/model_folder.h"

namespace facenet {
namespace {

/// Of catalogs that exist: with the weights that come with facenet, with those that are downloaded,
/// and by dlib's detectors.
constexpr const char* kBuiltIn =
    "mtcnn f23e4970dafb, revision 2, min-face 0.025 min-face-pixels 20 score 0.9";
constexpr const char* kDownloaded =
    "mtcnn a272e58d55de, revision 2, min-face 0.025 min-face-pixels 20 score 0.9";
constexpr const char* kMmod =
    "mmod 0123456789ab, landmarks ba9876543210, revision 2, min-face 0.05 min-face-pixels 31 score "
    "0.8";
constexpr const char* kHog =
    "hog of dlib 19.24, landmarks of the box, revision 1, min-face 0 min-face-pixels 20 score 0.25";

TEST(Signature, RoundingMakesNoOtherDetector) {
  EXPECT_TRUE(is_same_detector(kBuiltIn, kDownloaded));
  EXPECT_TRUE(is_same_detector(kMmod, kMmod));
  EXPECT_FALSE(is_same_detector(kBuiltIn, kMmod));
  std::string other = kDownloaded;
  other.replace(6, 12, "000000000000");
  EXPECT_FALSE(is_same_detector(other, kDownloaded));
  other = kDownloaded;
  other.replace(other.find("0.9"), 3, "0.8");
  EXPECT_FALSE(is_same_detector(other, kDownloaded));
}

TEST(Signature, RoundingOfTheSecondNetworkMakesNoOtherDetector) {
  const auto yunet = [](const char* own, const char* second) {
    return std::string("yunet ") + own + ", landmarks mtcnn " + second +
           ", revision 2, min-face 0 min-face-pixels 20 score 0.9";
  };
  EXPECT_TRUE(is_same_detector(yunet("0123456789ab", "f23e4970dafb"),
                               yunet("0123456789ab", "a272e58d55de")));
  EXPECT_FALSE(
      is_same_detector(yunet("99", "f23e4970dafb"), yunet("0123456789ab", "f23e4970dafb")));
}

TEST(Signature, HasTheOptions) {
  const auto mtcnn = options_of_fingerprint(kBuiltIn);
  ASSERT_TRUE(mtcnn);
  EXPECT_EQ(mtcnn->detector, "mtcnn");
  EXPECT_EQ(mtcnn->min_face, 0.025);
  EXPECT_EQ(mtcnn->min_face_pixels, 20);
  EXPECT_EQ(mtcnn->score, 0.9);
  const auto mmod = options_of_fingerprint(kMmod);
  ASSERT_TRUE(mmod);
  EXPECT_EQ(mmod->detector, "mmod");
  EXPECT_EQ(mmod->min_face, 0.05);
  EXPECT_EQ(mmod->min_face_pixels, 31);
  EXPECT_EQ(mmod->score, 0.8);
  const auto hog = options_of_fingerprint(kHog);
  ASSERT_TRUE(hog);
  EXPECT_EQ(hog->detector, "hog");
  EXPECT_EQ(hog->score, 0.25);
  for (const char* none : {"", "another", "mtcnn a, revision 2", "mtcnn a, revision 2, min-face x"})
    EXPECT_FALSE(options_of_fingerprint(none)) << none;
}

TEST(Signature, SaysWhatItIsMadeOf) {
  DetectorOptions options{.detector = "hog", .min_face = 0.05, .min_face_pixels = 31, .score = 0.3};
  const auto read = options_of_fingerprint(detector_signature(options));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->detector, "hog");
  EXPECT_EQ(read->min_face, 0.05);
  EXPECT_EQ(read->min_face_pixels, 31);
  EXPECT_EQ(read->score, 0.3);
}

/// The table of roundings holds for the files that there are.
TEST(Signature, OfTheDownloadedAndOfTheBuiltInFileIsOne) {
  for (const char* name : {"mtcnn", "yunet"}) {
    const DetectorOptions options{.detector = name};
    const std::string downloaded = detector_signature(options);
    const ModelFolder folder;  // without any that were downloaded
    EXPECT_EQ(detector_signature(options), downloaded);
    EXPECT_NE(detector_fingerprint(options), downloaded) << "training tells the files apart";
  }
}

}  // namespace
}  // namespace facenet
