// The Catalog's faces when they are found anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RedetectionTest : public CatalogTest {
 protected:
  Catalog catalog_ = create();
  ModelId model_ = catalog_.put_model({.name = "m", .dimension = 2});
  PhotoId photo_ =
      catalog_.add_photo(make_photo(1), std::vector{make_face(1, 1), make_face(200, 1)});
};

TEST_F(RedetectionTest, AllPhotosAreOutdatedUntilTheyAreNot) {
  const PhotoId other = catalog_.add_photo(make_photo(2), {});
  EXPECT_THAT(catalog_.outdated_photos(), IsEmpty());
  catalog_.outdate_photos();
  catalog_.set_up_to_date(photo_);
  EXPECT_THAT(catalog_.outdated_photos(), ElementsAre(other));
  EXPECT_FALSE(catalog_.is_outdated(photo_));
  EXPECT_TRUE(catalog_.is_outdated(other));
  catalog_.outdate_photos();
  EXPECT_THAT(catalog_.outdated_photos(), ElementsAre(photo_, other));
}

TEST_F(RedetectionTest, AChangedFaceHasNoVectorsOfItsOldPlace) {
  catalog_.put_embedding(1, model_, std::vector{1.0F, 0.0F});
  FaceRecord face = make_face(5, 6);
  face.id = 1;
  catalog_.change_face(face);
  const FaceRecord read = catalog_.faces_of(photo_)[0];
  EXPECT_EQ(read.x, 5);
  EXPECT_EQ(read.landmarks, face.landmarks);
  EXPECT_EQ(read.revision, 1);
  EXPECT_FALSE(catalog_.has_embedding(1, model_));
  catalog_.set_lost(1, true);
  EXPECT_TRUE(catalog_.faces()[0].lost);
  EXPECT_FALSE(catalog_.faces()[1].lost);
}

TEST_F(RedetectionTest, ARemovedFaceIsGoneForGood) {
  catalog_.put_embedding(2, model_, std::vector{1.0F, 0.0F});
  catalog_.set_memberships(std::vector{std::pair(FaceId{2}, catalog_.add_person())});
  catalog_.remove_face(2);
  EXPECT_THAT(catalog_.memberships(), IsEmpty());
  EXPECT_EQ(catalog_.count_embeddings(model_), 0);
  FaceRecord face = make_face(300, 1);
  face.photo = photo_;
  EXPECT_EQ(catalog_.add_face(face), 3) << "its number is given to nobody";
  EXPECT_THAT(catalog_.check(), IsEmpty());
}

TEST_F(RedetectionTest, AFaceThatFactsSpeakOfStays) {
  const PersonId person = catalog_.add_person();
  catalog_.set_memberships(std::vector{std::pair(FaceId{1}, person)});
  const auto name = catalog_.add_fact({.kind = "name", .person = person, .faces = {1}});
  const auto moved =
      catalog_.add_fact({.kind = "move",
                         .person = person,
                         .moves = {{.face = 2, .source = person, .target = person}}});
  EXPECT_THAT(catalog_.facts_about(1), ElementsAre(name));
  EXPECT_THAT(catalog_.facts_about(2), ElementsAre(moved));
  for (const FaceId face : {1, 2}) EXPECT_THROW(catalog_.remove_face(face), std::logic_error);
  EXPECT_EQ(catalog_.faces().size(), 2U);
}

}  // namespace
}  // namespace facenet
