#include "catalog/places.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PlacesTest : public CatalogTest {
 protected:
  void put(const std::string& name, bool missing) {
    catalog_.put_path({.path = folder_.path(name), .size = 5, .photo = photo_, .missing = missing});
  }
  std::string on_disk() const {
    const Places places(catalog_);
    const PathRecord* const place = places.on_disk(photo_);
    return place == nullptr ? "" : std::filesystem::path(place->path).filename().string();
  }

  Catalog catalog_ = create();
  PhotoId photo_ = catalog_.add_photo(make_photo(1), {});
};

TEST_F(PlacesTest, PresentPathsComeFirst) {
  put("a", true);
  put("c", false);
  put("b", false);
  const Places places(catalog_);
  EXPECT_THAT(places.present(photo_), ElementsAre(folder_.path("b"), folder_.path("c")));
  ASSERT_EQ(places.of(photo_).size(), 3U);
  EXPECT_EQ(places.of(photo_)[2].path, folder_.path("a"));
  EXPECT_TRUE(places.is_present(photo_));
  EXPECT_THAT(places.present(photo_ + 1), IsEmpty());
  EXPECT_FALSE(places.is_present(photo_ + 1));
}

TEST_F(PlacesTest, WhatIsOpenedIsThere) {
  put("a", false);
  put("b", false);
  put("c", true);
  EXPECT_EQ(on_disk(), "");
  folder_.write("c", "bytes");
  EXPECT_EQ(on_disk(), "c") << "a disk is back";
  folder_.write("a", "other bytes");
  EXPECT_EQ(on_disk(), "c") << "another file has the name";
  folder_.write("b", "bytes");
  EXPECT_EQ(on_disk(), "b");
}

}  // namespace
}  // namespace facenet
