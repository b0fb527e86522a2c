#include "library/grouping_rule.h"

#include <cmath>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/format.h"
#include "library/recluster.h"
#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

constexpr int kDimension = 64;
constexpr OperatingPoint kPoint{.verification = 1.4,
                                .clustering = 1.38,
                                .midpoint = 1.4,
                                .steepness = 14,
                                .joins = kReferenceJoins};

class GroupingRuleTest : public AlbumTest {
 protected:
  GroupingRuleTest() { model_ = catalog_.put_model({.name = "wide", .dimension = kDimension}); }

  std::vector<float> direction() {
    std::vector<float> vector(kDimension);
    for (float& value : vector) value = normal_(random_);
    return vector;
  }
  /// `looks` and as much chance, at unit length.
  std::vector<float> face(const std::vector<float>& looks, float chance) {
    std::vector<float> vector = looks;
    double squares = 0;
    for (float& value : vector) {
      value += chance * normal_(random_);
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
    for (float& value : vector) value /= static_cast<float>(std::sqrt(squares));
    return vector;
  }
  /// At this cosine from `looks`.
  std::vector<float> face_at(const std::vector<float>& looks, float cosine) {
    const std::vector<float> unit = face(looks, 0);
    std::vector<float> other = face(direction(), 0);
    float along = 0;
    for (std::size_t i = 0; i < unit.size(); ++i) along += unit[i] * other[i];
    for (std::size_t i = 0; i < unit.size(); ++i) other[i] -= along * unit[i];
    other = face(other, 0);
    for (std::size_t i = 0; i < unit.size(); ++i)
      other[i] = cosine * unit[i] + std::sqrt(1 - cosine * cosine) * other[i];
    return other;
  }
  /// A photo of these faces.
  std::vector<FaceId> add(const std::vector<std::vector<float>>& vectors) {
    std::vector<FaceRecord> records;
    for (std::size_t i = 0; i < vectors.size(); ++i)
      records.push_back(make_face(static_cast<float>(20 * i), 5));
    std::vector<FaceId> faces;
    const PhotoId photo = catalog_.add_photo(make_photo(++photos_), records, &faces);
    catalog_.put_path({.path = fmt::format("/{}.jpg", photos_), .photo = photo});
    for (std::size_t i = 0; i < vectors.size(); ++i)
      catalog_.put_embedding(faces[i], model_, vectors[i]);
    return faces;
  }
  ReclusterReport cluster(const OperatingPoint& point = kPoint, bool rebuild = false) {
    ReclusterOptions options{.model = model_, .dimension = kDimension, .rebuild = rebuild};
    options.points.own = point;
    options.faces_per_change = 1;  // a small catalog would never grow
    return recluster(catalog_, options);
  }
  std::set<std::set<FaceId>> partition() const {
    std::map<PersonId, std::set<FaceId>> people;
    for (const auto& [id, person] : catalog_.memberships()) people[person].insert(id);
    std::set<std::set<FaceId>> partition;
    for (const auto& [person, faces] : people) partition.insert(faces);
    return partition;
  }

  std::mt19937 random_{5};
  std::normal_distribution<float> normal_;
  int photos_ = 0;
};

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
