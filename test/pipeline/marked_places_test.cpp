// Faces where somebody says that there is one.
#include "pipeline/marks/marked_places.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include "face/align.h"
#include "image/warp.h"

namespace facenet {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr int kWidth = 1200, kHeight = 800;

/// Finds the bright squares of a picture, with the corners as landmarks and the middle as a nose.
class SquareDetector final : public Detector {
 public:
  int working_edge(int width, int height) const override { return std::max(width, height); }
  std::vector<std::vector<Face>> detect(std::span<const Image> images,
                                        std::span<const int> /*full_edge*/) const override {
    std::vector<std::vector<Face>> all;
    for (const Image& image : images) all.push_back(find(image));
    return all;
  }

 private:
  static bool is_bright(const Image& image, int x, int y) { return image.row(y)[3 * x] > 128; }

  static std::vector<Face> find(const Image& image) {
    std::vector<Face> faces;
    for (int y = 1; y + 1 < image.height; ++y)
      for (int x = 1; x + 1 < image.width; ++x) {
        if (!is_bright(image, x, y) || is_bright(image, x - 1, y) || is_bright(image, x, y - 1))
          continue;
        int side = 1;
        while (x + side < image.width && is_bright(image, x + side, y)) ++side;
        const auto left = static_cast<float>(x);
        const auto top = static_cast<float>(y);
        const auto edge = static_cast<float>(side);
        faces.push_back({.box = {left, top, edge, edge},
                         .score = 0.4F,
                         .landmarks = {{{left, top},
                                        {left + edge - 1, top},
                                        {left + (edge - 1) / 2, top + (edge - 1) / 2},
                                        {left, top + edge - 1},
                                        {left + edge - 1, top + edge - 1}}}});
      }
    return faces;
  }
};

class MarkedPlacesTest : public testing::Test {
 protected:
  void draw(int left, int top, int side) {
    for (int y = top; y < top + side; ++y)
      std::fill_n(photo_.row(y) + 3 * left, 3 * side, std::uint8_t{255});
  }
  /// `shrunken`: of the photo, as a decoder may give it.
  std::vector<Face> faces_at(const std::vector<Box>& marks, const std::vector<Face>& known = {},
                             int shrunken = 1) const {
    const auto decode = [&](int /*edge*/) {
      return warp(photo_,
                  {.a = static_cast<double>(shrunken),
                   .tx = (shrunken - 1) / 2.0,
                   .ty = (shrunken - 1) / 2.0},
                  kWidth / shrunken, kHeight / shrunken);
    };
    return facenet::faces_at(marks, known, SquareDetector(), {kWidth, kHeight, decode});
  }
  static void expect_square(const Face& face, float left, float top, float side, float off) {
    EXPECT_NEAR(face.box.x, left, off);
    EXPECT_NEAR(face.box.y, top, off);
    EXPECT_NEAR(face.box.width, side, 2 * off);
    EXPECT_NEAR(face.landmarks[0].x, left, off);
    EXPECT_NEAR(face.landmarks[4].y, top + side - 1, off);
  }

  Image photo_{kWidth, kHeight};
};

TEST_F(MarkedPlacesTest, TheDetectorSaysWhereExactlyTheFaceIs) {
  draw(500, 300, 100);
  for (const int shrunken : {1, 2, 4}) {
    const auto faces = faces_at({{470, 280, 150, 150}}, {}, shrunken);
    ASSERT_THAT(faces, SizeIs(1));
    EXPECT_FLOAT_EQ(faces[0].score, 0.4F);
    expect_square(faces[0], 500, 300, 100, static_cast<float>(shrunken));
  }
}

TEST_F(MarkedPlacesTest, SmallAndLargeFacesAndThoseAtTheEdge) {
  draw(700, 500, 12);
  expect_square(faces_at({{698, 496, 18, 20}})[0], 700, 500, 12, 1);
  draw(100, 100, 600);
  expect_square(faces_at({{80, 90, 640, 600}})[0], 100, 100, 600, 7);
  draw(1100, 2, 90);
  expect_square(faces_at({{1090, -10, 130, 120}})[0], 1100, 2, 90, 1);
}

TEST_F(MarkedPlacesTest, WhereNothingIsFoundTheBoxIsTheFace) {
  const Box mark{200, 300, 80, 100};
  const auto faces = faces_at({mark});
  ASSERT_THAT(faces, SizeIs(1));
  EXPECT_EQ(faces[0].score, 0);
  EXPECT_EQ(faces[0].box.width, mark.width);
  const Landmarks usual = usual_landmarks(mark);
  EXPECT_EQ(faces[0].landmarks[2].x, usual[2].x);
  // Upright, the eyes above the mouth, all of it within the box and as wide as its area says.
  EXPECT_LT(usual[0].x, usual[1].x);
  EXPECT_EQ(usual[0].y, usual[1].y);
  EXPECT_GT(usual[3].y, usual[2].y);
  EXPECT_NEAR(usual[1].x - usual[0].x, 0.38 * std::sqrt(80.0 * 100), 0.01);
  EXPECT_NEAR((usual[0].x + usual[1].x) / 2, 239.5, 0.01) << "the middle of the pixels";
}

TEST_F(MarkedPlacesTest, AFaceBesideTheMarkOrThatIsKnownIsNotMeant) {
  draw(500, 300, 100);
  EXPECT_EQ(faces_at({{620, 300, 100, 100}})[0].score, 0) << "its neighbour";
  const std::vector<Face> known = {{.box = {495, 300, 100, 105}, .score = 1, .landmarks = {}}};
  EXPECT_EQ(faces_at({{480, 290, 140, 130}}, known)[0].score, 0);
}

TEST_F(MarkedPlacesTest, EachMarkHasAFaceOfItsOwn) {
  draw(500, 300, 100);
  const auto faces = faces_at({{490, 290, 120, 120}, {480, 280, 150, 150}});
  ASSERT_THAT(faces, SizeIs(2));
  EXPECT_GT(faces[0].score, 0);
  EXPECT_EQ(faces[1].score, 0);
  EXPECT_THAT(faces_at({}), IsEmpty());
}

TEST(ForMarkedPlaces, FainterAndSmallerFacesAreFound) {
  const DetectorOptions options = for_marked_places({.min_face = 0.1, .min_face_pixels = 40});
  EXPECT_LT(options.score, 0.5);
  EXPECT_EQ(options.smallest_face(4000), 1);
  EXPECT_EQ(for_marked_places({.score = 0.05}).score, 0.05);
}

}  // namespace
}  // namespace facenet
