// Faces that are not recognisable, from the catalog's evidence to people.
#include "library/attach_faces.h"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "library/explain.h"
#include "library/recluster.h"
#include "library/review_queue.h"
#include "people/people.h"
#include "people/statements.h"
#include "test/library/wide_album.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr VectorEvidence kClear{.length = 3, .sharpness = 0.3};
constexpr VectorEvidence kBlurred{.length = 1, .sharpness = 0.3};
/// Even odds at the length 2, whatever the sharpness.
const RecognisabilityConstants kByLength{.length = 10, .sharpness = 0, .offset = -10 * 0.6931};

class AttachFacesTest : public WideAlbumTest {
 protected:
  AttachFacesTest() {
    model_ = catalog_.put_model(
        {.name = "judged", .dimension = kDimension, .recognisability = kByLength});
  }
  FaceId clear(const std::vector<float>& vector) { return add({vector}, {kClear})[0]; }
  FaceId blurred(const std::vector<float>& vector) { return add({vector}, {kBlurred})[0]; }
  /// Two clear faces of somebody; returns the first.
  FaceId seen_twice(const std::vector<float>& looks) {
    const FaceId first = clear(face(looks, 0.5F));
    clear(face(looks, 0.5F));
    return first;
  }
};

TEST_F(AttachFacesTest, BlurredFacesMakeNoPersonHoweverAlikeTheyAre) {
  const auto blur = direction();
  std::vector<FaceId> faces;
  for (int i = 0; i < 6; ++i) faces.push_back(blurred(face(blur, 0.2F)));
  const ReclusterReport report = cluster();
  EXPECT_EQ(partition().size(), 6U) << "each is alone";
  EXPECT_EQ(report.faces, 6U);
  EXPECT_EQ(report.unrecognisable, 6U);
  EXPECT_EQ(report.regrouping->people, 0) << "and nobody";
  EXPECT_EQ(report.regrouping->new_people, 0);
  EXPECT_EQ(report.rivals, (Rivals{}));
  EXPECT_EQ(catalog_.unrecognisable(), faces);
  const PeopleList list = list_people(catalog_, 1);
  EXPECT_THAT(list.people, IsEmpty());
  EXPECT_EQ(list.unrecognisable.size(), 6U);
}

TEST_F(AttachFacesTest, ABlurredFaceDoesNotBridgeTwoPeople) {
  // Between two looks, nearer to either than they are to each other.
  const auto ann = direction();
  std::vector<float> bob = direction();
  for (std::size_t i = 0; i < bob.size(); ++i) bob[i] = 0.25F * ann[i] + bob[i];
  std::vector<float> between(kDimension);
  for (std::size_t i = 0; i < between.size(); ++i) between[i] = ann[i] + bob[i];
  std::vector<FaceId> anns;
  std::vector<FaceId> bobs;
  for (int i = 0; i < 4; ++i) {
    anns.push_back(clear(face(ann, 0.5F)));
    bobs.push_back(clear(face(bob, 0.5F)));
  }
  cluster();
  const auto before = partition();
  ASSERT_EQ(before.size(), 2U);
  for (int i = 0; i < 8; ++i) blurred(face(between, 0.1F));
  cluster();
  EXPECT_NE(person_of(anns[0]), person_of(bobs[0]));
  for (const auto& people : before) {
    const auto now = partition();
    EXPECT_TRUE(std::ranges::any_of(now, [&](const auto& group) {
      return std::ranges::includes(group, people);
    })) << "nobody is torn apart";
  }
}

TEST_F(AttachFacesTest, ABlurredFaceJoinsAPersonWhoWasSeenMoreThanOnce) {
  const auto ann = direction();
  const auto once = direction();
  const FaceId first = seen_twice(ann);
  const FaceId alone = clear(face(once, 0.2F));
  const FaceId of_ann = blurred(face(ann, 0.3F));
  const FaceId of_alone = blurred(face(once, 0.3F));
  cluster();
  EXPECT_EQ(person_of(of_ann), person_of(first));
  EXPECT_NE(person_of(of_alone), person_of(alone));
  const auto before = partition();
  cluster(kPoint, true);
  EXPECT_EQ(partition(), before) << "from scratch as well";
  // Two faces of one burst are one photo.
  const auto burst = face(direction(), 0);
  const FaceId shot = clear(burst);
  clear(burst);
  const FaceId of_burst = blurred(face(burst, 0.02F));
  cluster();
  EXPECT_NE(person_of(of_burst), person_of(shot));
}

TEST_F(AttachFacesTest, OfTwoBlurredFacesOfOnePhotoTheNearerJoins) {
  const auto ann = direction();
  const FaceId first = seen_twice(ann);
  const auto both = add({face_at(ann, 0.7F), face_at(ann, 0.9F)}, {kBlurred, kBlurred});
  const auto with_ann = add({face(ann, 0.5F), face_at(ann, 0.9F)}, {kClear, kBlurred});
  cluster();
  EXPECT_EQ(person_of(both[1]), person_of(first));
  EXPECT_NE(person_of(both[0]), person_of(first));
  ASSERT_EQ(person_of(with_ann[0]), person_of(first));
  EXPECT_NE(person_of(with_ann[1]), person_of(first)) << "a recognisable face comes first";
}

TEST_F(AttachFacesTest, WhatIsSaidOfABlurredFaceCounts) {
  const auto ann = direction();
  const FaceId first = seen_twice(ann);
  const FaceId near = blurred(face(ann, 0.3F));
  const FaceId far = blurred(face(direction(), 0.3F));
  cluster();
  ASSERT_EQ(person_of(near), person_of(first));
  reject_faces(catalog_, std::vector{near});
  cluster();
  EXPECT_NE(person_of(near), person_of(first));
  merge_people(catalog_, person_of(first), person_of(far));
  cluster();
  EXPECT_EQ(person_of(far), person_of(first));
  EXPECT_THAT(catalog_.unrecognisable(), ElementsAre(near)) << "it was said who the other is";
}

TEST_F(AttachFacesTest, AThresholdTakesAllFacesAlike) {
  const auto blur = direction();
  for (int i = 0; i < 3; ++i) blurred(face(blur, 0.2F));
  cluster();
  ASSERT_EQ(partition().size(), 3U);
  const ReclusterReport cut = cluster_at(1.2);
  EXPECT_EQ(partition().size(), 1U);
  EXPECT_EQ(cut.unrecognisable, 0U);
  EXPECT_THAT(catalog_.unrecognisable(), IsEmpty());
  EXPECT_EQ(cluster_at(1.2).computation, Computation::kNone);
}

TEST_F(AttachFacesTest, ConstantsThatAreMeasuredLaterTakeEffect) {
  const auto blur = direction();
  for (int i = 0; i < 3; ++i) blurred(face(blur, 0.2F));
  catalog_.put_model({.name = "judged", .dimension = kDimension});
  cluster();
  EXPECT_EQ(partition().size(), 1U);
  catalog_.put_model({.name = "judged", .dimension = kDimension, .recognisability = kByLength});
  cluster();
  EXPECT_EQ(partition().size(), 3U);
}

TEST_F(AttachFacesTest, VectorsOfBeforeCountAndAreReported) {
  const auto ann = direction();
  add({face(ann, 0.5F)});
  add({face(ann, 0.5F)});
  const ReclusterReport report = cluster();
  EXPECT_EQ(report.unassessed, 2U);
  EXPECT_EQ(report.unrecognisable, 0U);
  EXPECT_EQ(partition().size(), 1U);
}

TEST_F(AttachFacesTest, ExplainSaysSo) {
  const auto ann = direction();
  const FaceId first = seen_twice(ann);
  const FaceId near = blurred(face(ann, 0.3F));
  const FaceId far = blurred(face(direction(), 0.3F));
  cluster();
  PairPoints points;
  points.own = kPoint;
  const Explanation joined = explain_faces(catalog_, model_, points, near, first);
  EXPECT_TRUE(joined.together);
  EXPECT_THAT(joined.unrecognisable, ElementsAre(near));
  EXPECT_EQ(joined.size_a, 1U);
  EXPECT_EQ(joined.size_b, 2U);
  ASSERT_TRUE(joined.terms);
  EXPECT_TRUE(joined.terms->evidence.passes());
  const Explanation apart = explain_faces(catalog_, model_, points, first, far);
  EXPECT_FALSE(apart.together);
  EXPECT_FALSE(apart.terms->evidence.passes());
  const Explanation both = explain_faces(catalog_, model_, points, near, far);
  EXPECT_THAT(both.unrecognisable, ElementsAre(near, far));
  EXPECT_FALSE(both.terms) << "two such faces tell nothing of each other";
}

TEST_F(AttachFacesTest, ReviewOffersThemToPeopleSeenMoreThanOnce) {
  const auto ann = direction();
  const FaceId first = seen_twice(ann);
  const FaceId once = clear(face(direction(), 0));
  // Near enough to ask about, not to join.
  const FaceId of_ann = blurred(face_at(catalog_.embedding(first, model_), 0.24F));
  const FaceId of_once = blurred(vector_at(once, 0.2F));
  cluster();
  ASSERT_NE(person_of(of_ann), person_of(first));
  PairPoints points;
  points.own = kPoint;
  std::set<std::pair<PersonId, PersonId>> asked;
  for (const ReviewPair& pair : review_queue(catalog_, model_, points, 100, 1).pairs)
    asked.insert(std::minmax(pair.a, pair.b));
  EXPECT_TRUE(asked.contains(std::minmax(person_of(first), person_of(of_ann))));
  EXPECT_FALSE(asked.contains(std::minmax(person_of(once), person_of(of_once))));
}

}  // namespace
}  // namespace facenet
