#include "library/grouping_rule.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "people/statements.h"
#include "test/library/wide_album.h"

namespace facenet {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

class GroupingRuleTest : public WideAlbumTest {};

TEST_F(GroupingRuleTest, NoFacesOneFaceOnePerson) {
  EXPECT_EQ(cluster().regrouping->people, 0);
  const auto looks = direction();
  add({face(looks, 0.5F)});
  EXPECT_EQ(cluster().regrouping->people, 1);
  for (int i = 0; i < 30; ++i) add({face(looks, 0.5F)});
  const ReclusterReport report = cluster();
  EXPECT_EQ(report.regrouping->people, 1);
  EXPECT_FALSE(report.threshold);
  EXPECT_EQ(report.rivals, (Rivals{.of_one = 0, .of_more = 1}));
  EXPECT_EQ(catalog_.last_clustering()->rivals, report.rivals);
  EXPECT_EQ(cluster().computation, Computation::kNone);
  EXPECT_EQ(cluster().rivals, report.rivals) << "also when nothing had to be done";
}

TEST_F(GroupingRuleTest, ThousandsOfCopiesAreOnePersonOfOneShot) {
  const auto copy = face(direction(), 0);
  Catalog::Transaction transaction(catalog_);
  for (int i = 0; i < 3000; ++i) add({copy});
  transaction.commit();
  EXPECT_EQ(cluster().rivals, (Rivals{.of_one = 1, .of_more = 0}));
  EXPECT_EQ(partition().size(), 1U);
  add({copy});
  EXPECT_EQ(cluster().computation, Computation::kGrown);
  EXPECT_EQ(partition().size(), 1U);
}

TEST_F(GroupingRuleTest, AFaceThatLeavesANameIsListedAndComesBack) {
  // Two faces that are Ann's for sure, and one that is as near as a chance likeness is among many.
  const auto looks = direction();
  const FaceId first = add({face(looks, 0.3F)})[0];
  const FaceId second = add({face(looks, 0.3F)})[0];
  cluster();
  const PersonId ann = person_of(first);
  ASSERT_EQ(person_of(second), ann);
  name_person(catalog_, ann, "Ann");
  const FaceId third = add({face_at(looks, 0.35F)})[0];
  EXPECT_THAT(cluster().regrouping->partings, IsEmpty());
  ASSERT_EQ(person_of(third), ann);

  std::vector<int> strangers;
  Catalog::Transaction transaction(catalog_);
  for (int i = 0; i < 600; ++i) {
    add({face(direction(), 0)});
    strangers.push_back(photos_);
  }
  transaction.commit();
  const ReclusterReport left = cluster();
  ASSERT_NE(person_of(third), ann);
  ASSERT_EQ(left.regrouping->partings.size(), 1U);
  EXPECT_EQ(left.regrouping->partings[0].named, ann);
  EXPECT_EQ(left.regrouping->partings[0].other, person_of(third));
  EXPECT_EQ(left.regrouping->partings[0].faces, 1);
  EXPECT_EQ(catalog_.departures(), (std::vector<Departure>{{.face = third, .person = ann}}));
  EXPECT_EQ(person_of(second), ann) << "what the name binds stays";

  for (const int photo : strangers) set_missing(photo, true);
  EXPECT_THAT(cluster().regrouping->partings, IsEmpty());
  EXPECT_EQ(person_of(third), ann);
  EXPECT_THAT(catalog_.departures(), IsEmpty());
}

TEST_F(GroupingRuleTest, WhatWasSaidCountsWithItsTrueDistances) {
  // Two looks said to be one person: a group whose mean vector is short, to which a face of either
  // is as near as it was.
  const auto child = direction();
  const auto adult = direction();
  std::vector<FaceId> faces;
  for (int i = 0; i < 8; ++i) faces.push_back(add({face(i % 2 == 0 ? child : adult, 0.3F)})[0]);
  cluster();
  ASSERT_NE(person_of(faces[0]), person_of(faces[1]));
  merge_people(catalog_, person_of(faces[0]), person_of(faces[1]));
  const FaceId more = add({face(child, 0.3F)})[0];
  cluster();
  EXPECT_EQ(partition().size(), 1U);
  EXPECT_EQ(person_of(more), person_of(faces[1]));
  const auto before = partition();
  cluster(kPoint, true);
  EXPECT_EQ(partition(), before);
}

TEST_F(GroupingRuleTest, AModelWithoutAScaleIsMeasuredOnStrangersOfThePhotos) {
  const auto looks = direction();
  for (int i = 0; i < 5; ++i) add({face(looks, 0.5F)});
  EXPECT_THAT([&] { cluster({}); }, ThrowsMessage<UsageError>(HasSubstr("give --threshold")));
  for (int photo = 0; photo < 25; ++photo) {
    std::vector<std::vector<float>> strangers;
    for (int i = 0; i < 6; ++i) strangers.push_back(face(direction(), 0));
    add(strangers);
  }
  const ClusteringInput input = clustering_input(catalog_, model_);
  LateVectors vectors(catalog_, model_, input);
  const auto joins = measure_joins(vectors);
  ASSERT_TRUE(joins);
  // Of random directions, joins have the standard deviation 1 / sqrt(dimension).
  EXPECT_NEAR(joins->strangers, 2, 0.05);
  EXPECT_NEAR(joins->even, 0.385 * 3.719 / std::sqrt(kDimension) / 0.4215, 0.05);
  const ReclusterReport report = cluster({});
  EXPECT_FALSE(report.threshold);
  EXPECT_GT(report.regrouping->people, 140) << "of 151; some are alike by chance";
}

TEST_F(GroupingRuleTest, WeightsFromBeforeTheRuleAreCutWhereTheySay) {
  add({face(direction(), 0)});
  const ReclusterReport report = cluster({.clustering = 0.9});
  EXPECT_EQ(report.threshold, 0.9);
  EXPECT_FALSE(report.threshold_chosen);
}

}  // namespace
}  // namespace facenet
