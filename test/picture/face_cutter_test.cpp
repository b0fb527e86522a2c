#include "picture/face_cutter.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/draw.h"
#include "image/encode.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

/// libvips starts and stops once in a process.
class Library : public testing::Environment {
 public:
  void SetUp() override { library_ = std::make_unique<ImageLibrary>("picture_test"); }
  void TearDown() override { library_.reset(); }

 private:
  std::unique_ptr<ImageLibrary> library_;
};
const auto* const kLibrary = testing::AddGlobalTestEnvironment(new Library);

constexpr Colour kGrass = {20, 160, 40}, kSkin = {220, 170, 140}, kBlack = {0, 0, 0};

Colour at(const Image& image, int x, int y) {
  const std::uint8_t* pixel = image.row(y) + std::ptrdiff_t{3} * x;
  return {pixel[0], pixel[1], pixel[2]};
}

FaceRecord face_at(float x, float y, float width, float height) {
  return {.x = x, .y = y, .width = width, .height = height};
}

class FaceCutterTest : public testing::Test {
 protected:
  /// A green photo with a rectangle of skin for each face.
  std::string paint(const std::string& name, int width, int height,
                    const std::vector<FaceRecord>& faces) const {
    Image photo = plain_picture(width, height, kGrass);
    for (const FaceRecord& face : faces)
      paste(photo, plain_picture(int(face.width), int(face.height), kSkin), int(face.x),
            int(face.y));
    write_png(folder_.path(name), photo, true);
    return folder_.path(name);
  }
  static std::vector<FacePicture> cut(const std::vector<FaceInPhoto>& faces, int edge,
                                      int threads = 1) {
    std::vector<FacePicture> pictures(faces.size());
    std::vector<int> calls(faces.size());
    cut_faces(faces, edge, threads, [&](std::size_t face, FacePicture&& picture) {
      pictures[face] = std::move(picture);
      ++calls[face];
    });
    EXPECT_THAT(calls, testing::Each(1));
    return pictures;
  }

  TemporaryFolder folder_;
};

TEST_F(FaceCutterTest, TheFaceStandsInTheMiddleWithSomeOfItsSurroundings) {
  const FaceRecord face = face_at(200, 120, 100, 100);
  const auto pictures =
      cut({{face, paint("a.png", 600, 400, {face}), 600, 400}}, 160);  // 160 photo pixels
  ASSERT_EQ(pictures[0].error, "");
  const Image& image = pictures[0].image;
  EXPECT_EQ(image.width, 160);
  EXPECT_EQ(image.height, 160);
  for (const int edge : {31, 128}) {
    EXPECT_EQ(at(image, 80, edge == 31 ? 28 : 131), kGrass);
    EXPECT_EQ(at(image, edge, 80), kSkin) << edge;
    EXPECT_EQ(at(image, 80, edge), kSkin) << edge;
  }
  EXPECT_EQ(at(image, 28, 80), kGrass);
  EXPECT_EQ(at(image, 131, 80), kGrass);
}

TEST_F(FaceCutterTest, AFaceAtTheEdgeIsNotShownBesideThePhoto) {
  const FaceRecord face = face_at(0, 300, 100, 100);
  const auto pictures = cut({{face, paint("a.png", 600, 400, {face}), 600, 400}}, 80);
  const Image& image = pictures[0].image;
  EXPECT_EQ(at(image, 0, 79), kSkin) << "the photo's corner";
  EXPECT_EQ(at(image, 79, 0), kGrass);
  const FaceRecord wide = face_at(0, 0, 60, 60);
  const Image larger = cut({{wide, paint("b.png", 60, 60, {wide}), 60, 60}}, 96)[0].image;
  EXPECT_EQ(at(larger, 0, 0), kBlack) << "a photo that is smaller than what is shown";
  EXPECT_EQ(at(larger, 48, 48), kSkin);
}

TEST_F(FaceCutterTest, ALargePhotoIsDecodedSmallerToTheSamePicture) {
  // A JPEG of 12 megapixels whose face needs only a sixth of them.
  const FaceRecord face = face_at(1600, 1000, 600, 600);
  Image photo = plain_picture(4000, 3000, kGrass);
  paste(photo, plain_picture(600, 600, kSkin), 1600, 1000);
  const std::string path = folder_.path("large.jpg");
  write_picture(path, photo, ImageFormat::kJpeg, false);
  const Image image = cut({{face, path, 4000, 3000}}, 96)[0].image;
  ASSERT_EQ(image.width, 96);
  const auto is_near = [](const Colour& a, const Colour& b) {
    return std::ranges::equal(a, b, [](int x, int y) { return std::abs(x - y) < 12; });
  };
  for (const int inside : {20, 48, 75}) EXPECT_TRUE(is_near(at(image, inside, 48), kSkin));
  for (const int outside : {2, 15, 80, 93}) EXPECT_TRUE(is_near(at(image, outside, 48), kGrass));
}

TEST_F(FaceCutterTest, WhatCannotBeReadCostsOnlyItself) {
  const FaceRecord face = face_at(40, 40, 50, 50);
  const std::string good = paint("good.png", 200, 150, {face});
  const std::string bad = folder_.write("bad.png", "no photo");
  const auto pictures = cut({{face, good, 200, 150},
                             {face, bad, 200, 150},
                             {face, folder_.path("gone.png"), 200, 150},
                             {face, good, 200, 150}},
                            64);
  EXPECT_EQ(pictures[0].error, "");
  EXPECT_THAT(pictures[1].error, testing::HasSubstr("not a photo"));
  EXPECT_THAT(pictures[2].error, testing::HasSubstr("No such file"));
  EXPECT_EQ(pictures[3].error, "");
  EXPECT_TRUE(pictures[2].image.empty());
  const auto changed = cut({{face, good, 150, 200}}, 64);
  EXPECT_THAT(changed[0].error, testing::HasSubstr("another photo than it was"));
}

TEST_F(FaceCutterTest, ThreadsGiveTheSamePictures) {
  std::vector<FaceInPhoto> faces;
  for (int photo = 0; photo < 12; ++photo) {
    std::vector<FaceRecord> of_photo;
    for (int i = 0; i <= photo % 3; ++i)
      of_photo.push_back(face_at(10.0F + 60.0F * float(i), 20, 20.0F + float(photo), 30));
    const std::string path = paint(fmt::format("{}.png", photo), 300, 100, of_photo);
    for (const FaceRecord& face : of_photo) faces.push_back({face, path, 300, 100});
  }
  const auto alone = cut(faces, 40, 1), together = cut(faces, 40, 4);
  for (std::size_t i = 0; i < faces.size(); ++i)
    EXPECT_EQ(alone[i].image.pixels, together[i].image.pixels) << i;
}

TEST_F(FaceCutterTest, WhatTheReceiverThrowsEndsTheWork) {
  const FaceRecord face = face_at(40, 40, 50, 50);
  const std::vector<FaceInPhoto> faces = {{face, paint("a.png", 200, 150, {face}), 200, 150}};
  EXPECT_THROW(cut_faces(faces, 32, 2, [](std::size_t, FacePicture&&) { fail("disk full"); }),
               Error);
}

}  // namespace
}  // namespace facenet
