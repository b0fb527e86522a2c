#include "people/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

/// Facts numbered from 1, as the catalog numbers them.
class FactsTest : public testing::Test {
 protected:
  std::int64_t add(FactRecord fact) {
    fact.id = std::ssize(facts_) + 1;
    facts_.push_back(std::move(fact));
    return facts_.back().id;
  }
  void name(PersonId person, const std::string& value, std::vector<FaceId> faces) {
    add({.kind = fact_kind::kName, .person = person, .value = value, .faces = std::move(faces)});
  }
  std::map<FaceId, PersonId> held() const { return knowledge_from(facts_).held; }

  std::vector<FactRecord> facts_;
};

TEST_F(FactsTest, ANameHoldsTheFacesOfAllItsFactsUntilItIsTakenAway) {
  name(1, "Ann", {10});
  name(2, "Bob", {20});
  name(1, "Anna", {11, 12});
  name(2, "", {20});
  name(3, "Cem", {30});
  name(3, "", {});
  name(3, "Cemal", {31});
  EXPECT_THAT(held(), ElementsAre(Pair(10, 1), Pair(11, 1), Pair(12, 1), Pair(31, 3)));
}

TEST_F(FactsTest, OfTwoNamesTheLaterHoldsAFace) {
  name(1, "Ann", {10, 11});
  name(2, "Bob", {11});
  EXPECT_THAT(held(), ElementsAre(Pair(10, 1), Pair(11, 2)));
}

TEST_F(FactsTest, WhatSeveralFactsHoldIsLetGoWithTheLast) {
  name(1, "Ann", {10, 11});
  add({.kind = fact_kind::kHide, .person = 1, .faces = {10, 12}});
  name(1, "", {});
  EXPECT_THAT(held(), ElementsAre(Pair(10, 1), Pair(12, 1)));
  add({.kind = fact_kind::kUnhide, .person = 1});
  EXPECT_THAT(held(), IsEmpty());
}

TEST_F(FactsTest, TakingANameAwayLeavesWhatWasPutTogetherByHand) {
  name(1, "Ann", {10});
  add({.kind = fact_kind::kMove, .person = 1, .faces = {10}, .given = {11}});
  name(1, "", {});
  EXPECT_THAT(held(), ElementsAre(Pair(10, 1), Pair(11, 1)));
}

TEST_F(FactsTest, AMergeTakesAlongWhatWasHeldAsTheOther) {
  name(2, "Bob", {20, 21});  // 21 is away when the two are merged
  add({.kind = fact_kind::kMerge, .person = 1, .other = 2, .faces = {10}, .other_faces = {20}});
  EXPECT_THAT(held(), ElementsAre(Pair(10, 1), Pair(20, 1), Pair(21, 1)));
}

TEST_F(FactsTest, AMergeOfWhomOneWasRejectedFromCountsForThatFaceOnly) {
  add({.kind = fact_kind::kReject, .person = 1, .faces = {10, 11}, .given = {12, 13}});
  add({.kind = fact_kind::kMerge, .person = 1, .other = 3, .faces = {10, 11}, .other_faces = {12}});
  const Knowledge knowledge = knowledge_from(facts_);
  ASSERT_EQ(knowledge.disagreements.size(), 1U);
  EXPECT_EQ(knowledge.disagreements[0].later, 2);
  EXPECT_EQ(knowledge.disagreements[0].earlier, 1);
  EXPECT_EQ(knowledge.disagreements[0].text,
            "fact 2 (person 3 is person 1) contradicts fact 1 (faces 12, 13 are not person 1): the "
            "later one counts");
}

TEST_F(FactsTest, UndoneFactsDoNotCount) {
  name(1, "Ann", {10});
  facts_.back().undone = true;
  add({.kind = fact_kind::kUndo, .undoes = 1});
  EXPECT_THAT(held(), IsEmpty());
}

/// 20 came to person 1 by a merge that is undone, and had gone on from there.
TEST_F(FactsTest, WhatAnUndoneFactBroughtIsNoEvidenceUntilItsUndoing) {
  add({.kind = fact_kind::kMerge,
       .person = 1,
       .other = 2,
       .faces = {10},
       .other_faces = {20, 21},
       .moves = {{20, 2, 1}, {21, 2, 1}},
       .undone = true});
  name(1, "Ann", {10, 20, 21});
  add({.kind = fact_kind::kMerge,
       .person = 3,
       .other = 1,
       .faces = {30},
       .other_faces = {10, 20, 21},
       .moves = {{10, 1, 3}, {20, 1, 3}, {21, 1, 3}}});
  add({.kind = fact_kind::kHide, .person = 3, .faces = {10, 20, 21, 30}});
  add({.kind = fact_kind::kMove, .person = 3, .faces = {10, 20, 30}, .given = {21}});
  EXPECT_THAT(held(), ElementsAre(Pair(10, 3), Pair(21, 3), Pair(30, 3)));
  add({.kind = fact_kind::kUndo, .undoes = 1});
  // What was seen after the undoing is as good as ever.
  name(3, "Cem", {20});
  EXPECT_EQ(held().at(20), 3);
}

TEST_F(FactsTest, AreDescribedInOneLine) {
  EXPECT_EQ(describe_fact({.kind = fact_kind::kName, .person = 1, .value = "Ann"}),
            "person 1 is \"Ann\"");
  EXPECT_EQ(describe_fact({.kind = fact_kind::kReject, .person = 1, .given = {3}}),
            "face 3 is not person 1");
  EXPECT_EQ(describe_fact({.kind = fact_kind::kMove, .person = 1, .given = {1, 2, 3, 4, 5, 6, 7}}),
            "faces 1, 2, 3, 4, 5 and 2 more are person 1");
  EXPECT_EQ(describe_fact({.kind = fact_kind::kUndo, .undoes = 8}), "fact 8 does not count");
}

}  // namespace
}  // namespace facenet
