// The catalog's way from one detector to another.
#include "pipeline/redetect.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "base/error.h"
#include "test/pipeline/text_photos.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

Face face_at(float x, float y, float size = 40) {
  return {.box = {x, y, size, size}, .score = 1, .landmarks = {}};
}

TEST(MatchFaces, TheLargestOverlapsComeFirstAndEachFaceIsTakenOnce) {
  const std::vector<Face> before = {face_at(0, 0), face_at(10, 0), face_at(500, 0)};
  const std::vector<Face> now = {face_at(12, 0), face_at(300, 0)};
  EXPECT_THAT(match_faces(before, now),
              ElementsAre(std::nullopt, std::optional<std::size_t>(0), std::nullopt));
  const std::vector<Face> both = {face_at(12, 0), face_at(-4, 0)};
  EXPECT_THAT(match_faces(before, both), ElementsAre(1, 0, std::nullopt));
  EXPECT_THAT(match_faces({}, now), IsEmpty());
  EXPECT_THAT(match_faces(before, {}), ElementsAre(std::nullopt, std::nullopt, std::nullopt));
}

TEST(MatchFaces, AWiderBoxIsTheSameFaceAndANeighbourIsNot) {
  // 40 of 66 pixels wide, in the middle: 0.37 of the area.
  const std::vector<Face> wide = {face_at(-13, -13, 66)};
  EXPECT_THAT(match_faces(std::vector{face_at(0, 0)}, wide), ElementsAre(0));
  EXPECT_THAT(match_faces(std::vector{face_at(0, 0)}, std::vector{face_at(24, 0)}),
              ElementsAre(std::nullopt));
}

class RedetectTest : public TextPhotosTest {
 protected:
  LibraryUpdate redetect(const std::vector<std::string>& roots = {}) {
    return TextPhotosTest::update(catalog_, roots, true);
  }
  FaceRecord face(FaceId id) const {
    for (const FaceRecord& face : catalog_.faces())
      if (face.id == id) return face;
    ADD_FAILURE() << "there is no face " << id;
    return {};
  }
  std::vector<FaceId> ids() const {
    std::vector<FaceId> ids;
    for (const FaceRecord& face : catalog_.faces()) ids.push_back(face.id);
    return ids;
  }
  /// Puts the face into a person of its own; with a fact about it, if asked for.
  PersonId put_into_person(FaceId face, bool say = false) {
    const PersonId person = catalog_.add_person();
    catalog_.set_memberships(std::vector{std::pair(face, person)});
    if (say) catalog_.add_fact({.kind = "move", .person = person, .given = {face}});
    return person;
  }
};

TEST_F(RedetectTest, FacesThatAreFoundAgainKeepTheirNumbers) {
  write_photo("photos/a", "0.95 10 10\n0.93 200 10\n0.85 400 10");
  write_photo("photos/b", "0.95 90 10");
  update({"photos"});
  ASSERT_THAT(ids(), ElementsAre(1, 2, 3));
  const PersonId said = put_into_person(1, true);
  const PersonId unsaid = put_into_person(2);
  const ModelId older = catalog_.put_model({.name = "older", .dimension = 2});
  catalog_.put_embedding(1, older, std::vector{1.0F, 0.0F});

  options_.detector.detector = "hog";
  options_.detector.score = 0.8;
  const LibraryUpdate update = redetect({"photos"});
  EXPECT_EQ(update.unchanged, 2);
  EXPECT_EQ(update.redetection.photos, 2);
  EXPECT_EQ(update.redetection.kept, 3);
  EXPECT_EQ(update.redetection.fresh, 1);
  EXPECT_EQ(update.redetection.gone + update.redetection.lost + update.redetection.waiting, 0);
  EXPECT_THAT(ids(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(face(1).x, 14);
  EXPECT_EQ(face(1).revision, 1);
  EXPECT_EQ(face(4).revision, 0);
  EXPECT_THAT(catalog_.memberships(), ElementsAre(Pair(1, said), Pair(2, unsaid)));
  EXPECT_THAT(catalog_.facts()[0].given, ElementsAre(1));
  EXPECT_EQ(catalog_.count_embeddings(update.model), 4);
  EXPECT_NEAR(catalog_.embedding(1, update.model)[0], std::cos(0.34), 1e-6) << "made anew";
  EXPECT_FALSE(catalog_.has_embedding(1, older)) << "of another place in the photo";
  EXPECT_THAT(catalog_.check(), IsEmpty());
}

TEST_F(RedetectTest, WhatIsFoundAtTheSamePlaceKeepsItsVectors) {
  write_photo("photos/a", "0.95 10 10\n0.85 400 10");
  const ModelId model = update({"photos"}).model;
  catalog_.put_embedding(1, model, std::vector{0.6F, 0.8F});
  options_.detector.score = 0.8;
  EXPECT_EQ(redetect().redetection.kept, 1);
  EXPECT_EQ(face(1).revision, 0);
  EXPECT_THAT(catalog_.embedding(1, model), ElementsAre(0.6F, 0.8F));
}

TEST_F(RedetectTest, WhatWasSaidOfAFaceIsNeverLost) {
  options_.detector.score = 0.8;
  write_photo("photos/a", "0.95 10 10\n0.85 200 10\n0.82 400 10");
  update({"photos"});
  const PersonId unsaid = put_into_person(2);
  const PersonId said = put_into_person(3, true);

  options_.detector.score = 0.9;
  const LibraryUpdate stricter = redetect();
  EXPECT_EQ(stricter.redetection.kept, 1);
  EXPECT_EQ(stricter.redetection.gone, 1);
  EXPECT_EQ(stricter.redetection.lost, 1);
  EXPECT_THAT(ids(), ElementsAre(1, 3));
  EXPECT_TRUE(face(3).lost);
  EXPECT_TRUE(catalog_.has_embedding(3, stricter.model));
  EXPECT_THAT(catalog_.memberships(), ElementsAre(Pair(3, said)));
  EXPECT_NE(unsaid, said);

  options_.detector.score = 0.8;
  const LibraryUpdate again = redetect();
  EXPECT_EQ(again.redetection.kept, 2);
  EXPECT_EQ(again.redetection.fresh, 1);
  EXPECT_THAT(ids(), ElementsAre(1, 3, 4)) << "the number of a face that is gone is free for none";
  EXPECT_FALSE(face(3).lost);
  EXPECT_THAT(catalog_.check(), IsEmpty());
}

TEST_F(RedetectTest, WithoutItAnotherDetectorIsRefusedAndNothingChanges) {
  write_photo("photos/a", "0.95 10 10\n0.85 400 10");
  update({"photos"});
  write_photo("photos/b", "0.95 10 10");
  options_.detector.score = 0.8;
  EXPECT_THAT(
      error_of([&] { update({"photos"}); }),
      AllOf(HasSubstr("use the same detector options"), HasSubstr("`facenet cluster --redetect`")));
  EXPECT_EQ(catalog_.counts().paths, 1);
  EXPECT_THAT(catalog_.outdated_photos(), IsEmpty());
  options_.detector.score = 0.9;
  EXPECT_EQ(update({"photos"}).fresh, 1);
  EXPECT_FALSE(redetect({"photos"}).redetection.is_any()) << "nothing is other than before";
}

TEST_F(RedetectTest, PhotosThatAreAwayWaitAndKeepTheirFaces) {
  write_photo("disk/a", "0.95 10 10");
  write_photo("home/b", "0.95 90 10");
  update({"disk", "home"});
  fs::rename(path("disk"), path("unplugged"));
  options_.detector.detector = "hog";
  const LibraryUpdate first = redetect({"home"});
  EXPECT_EQ(first.redetection.photos, 1);
  EXPECT_EQ(first.redetection.waiting, 1);
  EXPECT_EQ(face(1).x, 10);
  EXPECT_EQ(face(2).x, 94);
  EXPECT_EQ(update({"home"}).redetection.photos, 0);

  fs::rename(path("unplugged"), path("disk"));
  write_photo("disk/c", "0.95 300 10");
  const LibraryUpdate back = update({"disk"});
  EXPECT_EQ(back.redetection.photos, 1);
  EXPECT_EQ(back.redetection.waiting, 0);
  EXPECT_EQ(back.fresh, 1);
  EXPECT_EQ(face(1).x, 14);
  EXPECT_EQ(face(3).x, 304);
}

TEST_F(RedetectTest, PhotosThatMovedInTheSameRunAreFound) {
  write_photo("old/a", "0.95 10 10");
  update({"old"});
  fs::rename(path("old"), path("new"));
  options_.detector.detector = "hog";
  const LibraryUpdate update = redetect({"new"});
  EXPECT_EQ(update.moved, 1);
  EXPECT_EQ(update.redetection.photos, 1);
  EXPECT_EQ(update.redetection.waiting, 0);
}

TEST_F(RedetectTest, ANewModelAndANewDetectorReadEachPhotoOnce) {
  write_photo("photos/a", "0.95 10 10");
  update({"photos"});
  options_.embedder->flip = !options_.embedder->flip;
  options_.detector.detector = "hog";
  looked_at_ = 0;
  const LibraryUpdate update = redetect({"photos"});
  EXPECT_EQ(looked_at_, 1);
  EXPECT_EQ(update.embedded, 1) << "in the same go";
  EXPECT_EQ(update.redetection.kept, 1);
  EXPECT_TRUE(catalog_.has_embedding(1, update.model));
}

TEST_F(RedetectTest, AnUnreadablePhotoKeepsItsFacesAndIsReportedOnce) {
  const std::string broken = write_photo("photos/a", "! once readable");
  const PhotoId photo = catalog_.add_photo({.sha256 = sha256_of_file(broken), .format = "text"},
                                           std::vector{make_face(1, 1)});
  catalog_.put_path(
      {.path = broken, .size = static_cast<std::int64_t>(fs::file_size(broken)), .photo = photo});
  catalog_.set_property("detector", "another");
  const LibraryUpdate first = redetect();
  EXPECT_THAT(first.problems, ElementsAre(Pair(broken, HasSubstr("its faces stay"))));
  EXPECT_EQ(first.redetection.photos, 0);
  EXPECT_EQ(first.redetection.waiting, 0);
  EXPECT_THAT(ids(), ElementsAre(1));
  EXPECT_FALSE(update({}).redetection.is_any());
}

TEST_F(RedetectTest, WritersOfTwoDetectorsDoNotMix) {
  write_photo("photos/a", "0.95 10 10");
  write_photo("photos/b", "0.95 90 10");
  update({"photos/a"});
  meanwhile_ = [&] { Catalog(file(), Catalog::Mode::kWrite).set_property("detector", "another"); };
  EXPECT_THAT(error_of([&] { update({"photos"}); }),
              HasSubstr("another run has changed its detector meanwhile"));
  EXPECT_THAT(ids(), ElementsAre(1));
}

TEST_F(RedetectTest, TwoRunsShareTheWork) {
  write_photo("photos/a", "0.95 10 10\n0.85 200 10");
  update({"photos"});
  options_.detector.score = 0.8;
  meanwhile_ = [&] {
    meanwhile_ = {};
    Catalog other(file(), Catalog::Mode::kWrite);
    EXPECT_EQ(TextPhotosTest::update(other, {}, true).redetection.fresh, 1);
  };
  const LibraryUpdate late = redetect();
  EXPECT_EQ(late.redetection.photos, 0);
  EXPECT_EQ(late.redetection.waiting, 0);
  EXPECT_THAT(ids(), ElementsAre(1, 2));
}

TEST_F(RedetectTest, ASignatureOfEitherRoundingIsOneDetector) {
  write_photo("photos/a", "0.95 10 10");
  options_.detector.detector = "mtcnn";
  update({"photos"});
  const std::string signature = *catalog_.property("detector");
  ASSERT_THAT(signature, testing::StartsWith("mtcnn a272e58d55de, "));
  catalog_.set_property("detector", "mtcnn f23e4970dafb" + signature.substr(18));
  EXPECT_EQ(update({"photos"}).unchanged, 1);
  EXPECT_EQ(catalog_.property("detector"), signature);
}

/// A face of the photo "photos/a" that was marked by hand.
class HandMarkedTest : public RedetectTest {
 protected:
  HandMarkedTest() {
    write_photo("photos/a", "0.95 10 10");
    model_ = update({"photos"}).model;
  }
  FaceId mark(float x, float size = 40) {
    FaceRecord record{.photo = 1, .x = x, .y = 10, .width = size, .height = size};
    record.landmarks.assign(10, 7.0F);
    record.by_hand = true;
    const FaceId face = catalog_.add_face(record);
    const PersonId person = catalog_.add_person();
    catalog_.bring_back_face(face, person);
    catalog_.add_fact({.kind = "move", .person = person, .given = {face}});
    return face;
  }

  ModelId model_ = 0;
};

TEST_F(HandMarkedTest, LaterRunsGiveItAVectorAndKeepIt) {
  const FaceId face = mark(200);
  const LibraryUpdate first = update({"photos"});
  EXPECT_EQ(first.embedded, 1);
  EXPECT_TRUE(catalog_.has_embedding(face, model_));
  const LibraryUpdate second = update({"photos"});
  EXPECT_EQ(second.embedded, 0);
  EXPECT_EQ(second.unchanged, 1);
  EXPECT_TRUE(this->face(face).by_hand);
  EXPECT_THAT(catalog_.check(), IsEmpty());
}

TEST_F(HandMarkedTest, ADetectorThatDoesNotFindItLosesNothing) {
  const FaceId face = mark(200);
  options_.detector.detector = "hog";
  const LibraryUpdate update = redetect();
  EXPECT_EQ(update.redetection.kept, 1);
  EXPECT_EQ(update.redetection.lost, 0);
  EXPECT_EQ(update.redetection.gone, 0);
  EXPECT_TRUE(this->face(face).by_hand);
  EXPECT_FALSE(this->face(face).lost);
}

TEST_F(HandMarkedTest, ADetectorThatFindsItMakesItAFaceLikeOthers) {
  write_photo("photos/a", "0.95 10 10\n0.85 200 10\n0.85 430 40");
  update({"photos"});  // other bytes: photo 2
  FaceRecord record{.photo = 2, .x = 200, .y = 10, .width = 40, .height = 40};
  record.by_hand = true;
  const FaceId near = catalog_.add_face(record);
  record.x = 400;  // much wider than the face in it: an overlap of a sixth
  record.width = record.height = 100;
  const FaceId wide = catalog_.add_face(record);
  catalog_.withdraw_face(wide);
  options_.detector.score = 0.8;
  const LibraryUpdate update = redetect();
  EXPECT_EQ(update.redetection.fresh, 0) << "no second entry";
  for (const FaceId id : {near, wide}) {
    EXPECT_FALSE(face(id).by_hand);
    EXPECT_EQ(face(id).width, 40);
  }
  EXPECT_THAT(catalog_.withdrawn_faces(), IsEmpty());
  EXPECT_EQ(catalog_.faces_of(2).size(), 3U);
}

}  // namespace
}  // namespace facenet
