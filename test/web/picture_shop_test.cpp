#include "web/picture_shop.h"

#include <filesystem>
#include <latch>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/draw.h"
#include "image/encode.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::HasSubstr;
using Status = WebPicture::Status;

/// libvips starts and stops once in a process.
class Library : public testing::Environment {
 public:
  void SetUp() override { library_ = std::make_unique<ImageLibrary>("web_test"); }
  void TearDown() override { library_.reset(); }

 private:
  std::unique_ptr<ImageLibrary> library_;
};
const auto* const kLibrary = testing::AddGlobalTestEnvironment(new Library);

/// One photo of 400 x 300 pixels with two faces, and one that is not there.
class PictureShopTest : public AlbumTest {
 protected:
  void SetUp() override {
    write_png(path_, plain_picture(400, 300, {20, 160, 40}), true);
    PhotoRecord photo = make_photo(1);
    photo.width = 400;
    photo.height = 300;
    photo_ =
        catalog_.add_photo(photo, std::vector{make_face(10, 10), make_face(200, 100)}, &faces_);
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path_));
    catalog_.put_path({.path = path_, .size = size, .photo = photo_});
    away_ = add_photo(2, 1).front();
  }
  std::shared_ptr<const ViewedPhotos> photos() const {
    return std::make_shared<const ViewedPhotos>(catalog_);
  }
  /// The picture, written and read again.
  std::pair<int, int> size_of(const WebPicture& picture) {
    const PhotoFile file(folder_.write("answer.webp", picture.webp));
    return {file.width(), file.height()};
  }

  const std::string path_ = folder_.path("photo.png");
  PhotoId photo_ = 0;
  std::vector<FaceId> faces_;
  FaceId away_ = 0;
  PictureCache cache_{folder_.path("cache"), 1 << 20};
  PictureShop shop_{cache_, 2};
};

TEST_F(PictureShopTest, CutsFacesAndKeepsThem) {
  const WebPicture face = shop_.face(photos(), faces_[0]);
  ASSERT_EQ(face.status, Status::kMade) << face.error;
  EXPECT_EQ(size_of(face), std::pair(PictureShop::kFaceEdge, PictureShop::kFaceEdge));
  // The other face of the photo was cut with it; neither needs the photo any more.
  std::filesystem::remove(path_);
  EXPECT_EQ(shop_.face(photos(), faces_[0]).webp, face.webp);
  EXPECT_EQ(shop_.face(photos(), faces_[1]).status, Status::kMade);
}

TEST_F(PictureShopTest, SendsPhotosEncodedAnew) {
  const WebPicture photo = shop_.photo(photos(), photo_);
  ASSERT_EQ(photo.status, Status::kMade) << photo.error;
  EXPECT_EQ(size_of(photo), std::pair(400, 300));
  EXPECT_EQ(photo.webp.compare(0, 4, "RIFF"), 0);
}

TEST_F(PictureShopTest, WhatIsNotThereIsSaid) {
  EXPECT_THAT(shop_.face(photos(), away_).error, HasSubstr("not there now"));
  EXPECT_THAT(shop_.face(photos(), 999).error, HasSubstr("no such face"));
  EXPECT_THAT(shop_.photo(photos(), 999).error, HasSubstr("no such photo"));
  write_file(path_, "no photo at all, of another size");
  EXPECT_THAT(shop_.face(photos(), faces_[0]).error, HasSubstr("not there now"));
  EXPECT_EQ(shop_.photo(photos(), photo_).status, Status::kGone);
}

TEST_F(PictureShopTest, AnotherPhotoInItsPlaceIsNotShown) {
  const std::string other = folder_.path("other.png");
  write_png(other, plain_picture(300, 400, {20, 160, 40}), true);
  catalog_.put_path({.path = other,
                     .size = static_cast<std::int64_t>(std::filesystem::file_size(other)),
                     .photo = photo_});
  std::filesystem::remove(path_);
  EXPECT_THAT(shop_.face(photos(), faces_[0]).error, HasSubstr("another photo than it was"));
  EXPECT_THAT(shop_.photo(photos(), photo_).error, HasSubstr("another photo than it was"));
}

TEST_F(PictureShopTest, ManyMayAskAtOnce) {
  constexpr int kAskers = 8;
  const auto photos = this->photos();
  std::latch start(kAskers);
  std::atomic<int> made = 0;
  {
    std::vector<std::jthread> askers;
    for (int i = 0; i < kAskers; ++i)
      askers.emplace_back([&, i] {
        start.arrive_and_wait();
        const FaceId face = faces_[static_cast<std::size_t>(i % 2)];
        made += shop_.face(photos, face).status == Status::kMade;
        made += shop_.photo(photos, photo_).status == Status::kMade;
      });
  }
  EXPECT_EQ(made, 2 * kAskers);
}

}  // namespace
}  // namespace facenet
