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

TEST_F(CatalogTest, AMarkedFaceThatIsWithdrawnKeepsOnlyItsNumber) {
  Catalog catalog = create();
  const PhotoId photo = catalog.add_photo(make_photo(1), {});
  const ModelId model = catalog.put_model({.name = "m", .dimension = 2});
  FaceRecord record = make_face(5, 5);
  record.photo = photo;
  record.by_hand = true;
  const FaceId face = catalog.add_face(record);
  const PersonId person = catalog.add_person();
  catalog.bring_back_face(face, person);
  catalog.put_embedding(face, model, std::vector{1.0F, 0.0F}, VectorEvidence{3, 0.5});
  catalog.put_departure({.face = face, .person = person});
  EXPECT_TRUE(catalog.faces_of(photo)[0].by_hand);
  EXPECT_TRUE(catalog.photos_without_faces().empty());

  catalog.withdraw_face(face);
  EXPECT_TRUE(catalog.faces().empty());
  EXPECT_TRUE(catalog.faces_of(photo).empty());
  EXPECT_EQ(catalog.counts().faces, 0);
  EXPECT_EQ(catalog.person_of(face), std::nullopt);
  EXPECT_TRUE(catalog.departures().empty());
  EXPECT_FALSE(catalog.has_embedding(face, model));
  EXPECT_TRUE(catalog.photos_without_embeddings(model).empty());
  EXPECT_TRUE(catalog.photos_not_comparable(model).empty());
  EXPECT_EQ(catalog.photos_without_faces().size(), 1U);
  EXPECT_EQ(catalog.withdrawn_faces().size(), 1U);
  EXPECT_TRUE(catalog.face(face).by_hand);

  catalog.bring_back_face(face, catalog.add_person());
  EXPECT_EQ(catalog.faces().size(), 1U);
  EXPECT_TRUE(catalog.withdrawn_faces().empty());
  record.id = face;
  record.by_hand = false;
  catalog.change_face(record);
  EXPECT_FALSE(catalog.face(face).by_hand) << "a detector has found it";
  catalog.withdraw_face(face);
  catalog.forget({.photos = {photo}});
  EXPECT_TRUE(catalog.withdrawn_faces().empty());
  EXPECT_TRUE(catalog.check().empty());
}

}  // namespace
}  // namespace facenet
