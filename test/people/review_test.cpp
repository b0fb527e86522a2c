#include "people/review.h"

#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "people/facts.h"
#include "people/quality.h"
#include "test/people/album.h"

namespace facenet {
namespace {

WouldJoin within(double threshold) {
  return [threshold](const PeopleVectors::Member& a, const PeopleVectors::Member& b) {
    return PeopleVectors::mean_distance(a, b) <= threshold;
  };
}

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Faces on the unit circle at given angles.
class ReviewTest : public AlbumTest {
 protected:
  std::vector<FaceId> add_faces(const std::vector<double>& angles, bool one_photo = false) {
    std::vector<FaceId> faces;
    if (one_photo) faces = add_photo(++photo_, static_cast<int>(angles.size()));
    for (std::size_t i = 0; i < angles.size(); ++i) {
      if (!one_photo) faces.push_back(add_photo(++photo_, 1)[0]);
      catalog_.put_embedding(faces[i], model_,
                             std::vector{static_cast<float>(std::cos(angles[i])),
                                         static_cast<float>(std::sin(angles[i]))});
    }
    return faces;
  }
  /// Every pair of people, whatever their distance.
  ReviewQueue rank_all(
      const std::function<double(double)>& probability = [](double d) { return 1 - d / 4; },
      std::size_t limit = 100) const {
    const PeopleVectors vectors(catalog_, model_);
    std::vector<NearPeople> near;
    const auto people = std::ssize(vectors.people());
    for (std::int64_t i = 0; i < people; ++i)
      for (std::int64_t k = i + 1; k < people; ++k) near.push_back({i, k});
    const auto of_distance = [&](const auto& a, const auto& b) {
      return probability(PeopleVectors::mean_distance(a, b));
    };
    return rank_review(catalog_, vectors, near, of_distance, 0.001, limit);
  }
  std::vector<ReviewPair> rank() const { return rank_all().pairs; }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const ReviewPair& pair : rank()) ids.push_back(pair.id());
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  std::string id_of(FaceId a, FaceId b) const {
    const auto [first, second] = std::minmax({person_of(a), person_of(b)});
    return fmt::format("{}-{}", first, second);
  }

  int photo_ = 0;
};

TEST_F(ReviewTest, DistancesAreMeansOverAllPairs) {
  const auto a = add_faces({0.1, 0.4, 1.0});
  const auto b = add_faces({1.5, 2.5});
  regroup({a, b});
  const PeopleVectors vectors(catalog_, model_);
  const auto& person_a = *vectors.find(person_of(a[0]));
  const auto& person_b = *vectors.find(person_of(b[0]));
  const auto squared = [](double x, double y) { return 2 - 2 * std::cos(x - y); };
  double across = 0;
  for (const double x : {0.1, 0.4, 1.0})
    for (const double y : {1.5, 2.5}) across += squared(x, y) / 6;
  EXPECT_NEAR(PeopleVectors::mean_distance(person_a, person_b), across, 1e-6);
  EXPECT_NEAR(PeopleVectors::spread(person_a),
              (squared(0.1, 0.4) + squared(0.1, 1.0) + squared(0.4, 1.0)) / 3, 1e-6);
  EXPECT_NEAR(PeopleVectors::spread(person_b), squared(1.5, 2.5), 1e-6);
  const auto typical = vectors.most_typical(person_a);
  EXPECT_EQ(vectors.input().faces[typical[0]], a[1]);
  EXPECT_EQ(vectors.find(99), nullptr);
}

TEST_F(ReviewTest, PairsComeByFacesThatAreExpectedToJoin) {
  const auto a = add_faces({0, 0, 0, 0});
  const auto b = add_faces({1.5, 1.5, 1.5});
  const auto c = add_faces({3.0});
  regroup({a, b, c});
  const auto pairs = rank();
  ASSERT_THAT(pairs, SizeIs(3));
  for (const ReviewPair& pair : pairs) {
    EXPECT_NEAR(pair.probability, 1 - pair.distance / 4, 1e-9);
    EXPECT_NEAR(pair.gain, static_cast<double>(pair.settles) * pair.probability, 1e-9);
  }
  EXPECT_EQ(pairs[0].id(), id_of(a[0], b[0]));
  EXPECT_EQ(pairs[0].settles, 3);
  EXPECT_THAT(pairs[0].faces_a, SizeIs(3));
  EXPECT_GE(pairs[1].gain, pairs[2].gain);

  // With a name, an answer settles whom it is not known of.
  name_person(catalog_, person_of(c[0]), "Cem");
  for (const ReviewPair& pair : rank()) {
    if (pair.id() == id_of(a[0], c[0])) {
      EXPECT_EQ(pair.settles, 4);
    }
  }
}

TEST_F(ReviewTest, WhatIsKnownIsNotAsked) {
  const auto a = add_faces({0, 0.5}, true);
  const auto b = add_faces({1, 1.5, 2});
  regroup({{a[0]}, {a[1]}, {b[0]}, {b[1]}, {b[2]}});
  EXPECT_THAT(ids(), SizeIs(9)) << "all but the two of one photo";
  name_person(catalog_, person_of(b[0]), "Ann");
  name_person(catalog_, person_of(b[1]), "Bob");
  EXPECT_THAT(ids(), SizeIs(8));
  tell_apart(catalog_, person_of(a[0]), person_of(b[2]));
  EXPECT_THAT(ids(), SizeIs(7));
  hide_person(catalog_, person_of(b[2]), true);
  EXPECT_THAT(ids(), testing::UnorderedElementsAre(id_of(a[0], b[0]), id_of(a[0], b[1]),
                                                   id_of(a[1], b[0]), id_of(a[1], b[1])));
  EXPECT_THAT(rank_all([](double) { return 0.0005; }).pairs, IsEmpty()) << "hardly possible";
}

TEST_F(ReviewTest, TheWorthOfWhatIsLeftCountsNoRingTwice) {
  const auto a = add_faces({0, 0, 0, 0});
  const auto b = add_faces({0.1, 0.1, 0.1});
  const auto c = add_faces({0.2, 0.2});
  const auto d = add_faces({2.5});
  regroup({a, b, c, d});
  const auto half = [](double) { return 0.5; };
  const ReviewQueue all = rank_all(half);
  EXPECT_EQ(all.pair_count, 6);
  EXPECT_NEAR(all.expected_faces, 0.5 * (3 + 2 + 1), 1e-9) << "three joins make four people one";
  EXPECT_NEAR(all.expected_faces_left, 0, 1e-9);
  const ReviewQueue first = rank_all(half, 1);
  EXPECT_THAT(first.pairs, SizeIs(1));
  EXPECT_EQ(first.pair_count, 6);
  EXPECT_NEAR(first.expected_faces_left, 0.5 * (2 + 1), 1e-9);
}

TEST_F(ReviewTest, AYesMergesIntoTheNamedOrTheLarger) {
  const auto a = add_faces({0});
  const auto b = add_faces({1, 1.1});
  const auto c = add_faces({2, 2.1, 2.2});
  regroup({a, b, c});
  const PersonId larger = person_of(b[0]);
  const Answer yes = answer_pair(catalog_, id_of(a[0], b[0]), true);
  EXPECT_EQ(person_of(a[0]), larger);
  EXPECT_EQ(yes.settled_faces, 1);
  name_person(catalog_, larger, "Bob");
  EXPECT_EQ(answer_pair(catalog_, id_of(b[0], c[0]), true).settled_faces, 3);
  EXPECT_EQ(person_of(c[0]), larger);
}

TEST_F(ReviewTest, ANoAfterAYesCountsAndIsReported) {
  const auto a = add_faces({0});
  const auto b = add_faces({1, 1.1});
  regroup({a, b});
  const auto before = catalog_.memberships();
  const std::string pair = id_of(a[0], b[0]);
  const Answer yes = answer_pair(catalog_, pair, true);
  EXPECT_EQ(answer_pair(catalog_, pair, true).statement.fact, 0) << "said already";
  const Answer no = answer_pair(catalog_, pair, false);
  EXPECT_THAT(no.statement.warnings,
              ElementsAre(HasSubstr(fmt::format("contradicts fact {} ", yes.statement.fact))));
  EXPECT_EQ(catalog_.memberships(), before);
  EXPECT_THAT(knowledge_from(catalog_.facts()).apart, SizeIs(1));
  const std::size_t facts = catalog_.facts().size();
  EXPECT_EQ(answer_pair(catalog_, pair, false).statement.fact, 0) << "said already";
  EXPECT_EQ(catalog_.facts().size(), facts) << "answers do not pile up";
  EXPECT_EQ(answer_pair(catalog_, pair, false).settled_faces, 0);

  // A yes in turn takes the no back.
  EXPECT_THAT(answer_pair(catalog_, pair, true).statement.warnings,
              ElementsAre(HasSubstr(fmt::format("contradicts fact {} ", no.statement.fact))));
  EXPECT_EQ(person_of(a[0]), person_of(b[0]));
  EXPECT_THAT(knowledge_from(catalog_.facts()).apart, IsEmpty());
  EXPECT_THAT(error_of([&] { answer_pair(catalog_, "1-", true); }), HasSubstr("is no pair"));
  EXPECT_THAT(error_of([&] { answer_pair(catalog_, "3-3", true); }), HasSubstr("is no pair"));
  EXPECT_THAT(error_of([&] { answer_pair(catalog_, "1-99", true); }), HasSubstr("no person 99"));
}

// ---- quality

TEST_F(ReviewTest, QualityCountsWhatIsNamedAndWhatIsLeft) {
  const auto a = add_faces({0, 0.1, 0.2, 0.3, 0.4});
  const auto b = add_faces({1, 1.1, 1.2});
  const auto c = add_faces({2});
  const auto d = add_faces({3});
  regroup({a, b, c, d});
  name_person(catalog_, person_of(b[0]), "Bob");
  hide_person(catalog_, person_of(d[0]), true);
  const CatalogQuality quality =
      measure_quality(catalog_, PeopleVectors(catalog_, model_), within(0.5));
  EXPECT_EQ(quality.faces, 9);
  EXPECT_EQ(quality.people, 3);
  EXPECT_EQ(quality.named_people, 1);
  EXPECT_EQ(quality.named_faces, 3);
  EXPECT_EQ(quality.hidden_faces, 1);
  EXPECT_EQ(quality.names_to_80_percent, 1) << "8 of 9 faces";
  EXPECT_EQ(quality.names_to_95_percent, 2);
  EXPECT_EQ(quality.largest, person_of(a[0]));
  EXPECT_EQ(quality.broken_facts, 0);
  EXPECT_FALSE(quality.spread_bound) << "too few others";
}

TEST_F(ReviewTest, QualityCountsJoinsThatAPhotoPrevented) {
  const auto twins = add_faces({0, 0.1}, true);
  const auto strangers = add_faces({1, 3}, true);
  regroup({{twins[0]}, {twins[1]}, {strangers[0]}, {strangers[1]}});
  EXPECT_EQ(measure_quality(catalog_, PeopleVectors(catalog_, model_), within(0.5)).prevented_joins,
            1);
}

TEST_F(ReviewTest, QualityFindsALargestPersonThatIsSpreadTooWide) {
  std::vector<std::vector<FaceId>> groups;
  for (int person = 0; person < 8; ++person) {
    const double at = 0.3 * person;
    const double width = 0.01 + 0.001 * person;
    groups.push_back(add_faces({at, at + width, at + 2 * width, at + 3 * width, at + 4 * width}));
  }
  groups.push_back(add_faces({0, 0.5, 1.0, 1.5, 2.0, 2.5}));
  regroup(groups);
  const CatalogQuality quality =
      measure_quality(catalog_, PeopleVectors(catalog_, model_), within(0.5));
  EXPECT_EQ(quality.largest, person_of(groups.back()[0]));
  EXPECT_TRUE(quality.largest_stands_out());
  EXPECT_LT(*quality.usual_spread, *quality.spread_bound);
  EXPECT_LT(*quality.spread_bound, 0.01);
}

}  // namespace
}  // namespace facenet
