// Which rows go with a person or a photo, and which stay.
#include "people/forget_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "people/facts.h"
#include "people/partition.h"
#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

/// People a (faces 0, 1, 2), b (3, 4) and c (5), from five photos: a and b share one.
class ForgetPlanTest : public AlbumTest {
 protected:
  ForgetPlanTest() {
    for (int photo = 1; photo <= 4; ++photo) f_.push_back(add_photo(photo, 1)[0]);
    const auto shared = add_photo(5, 2);
    f_.insert(f_.begin() + 2, shared[0]);
    f_.push_back(shared[1]);
    f_.push_back(add_photo(6, 1)[0]);
    // f_: a a a(5) b b b(5)... in the order of photos 1, 2, 5, 3, 4, 5, 6
    regroup({{f_[0], f_[1], f_[2]}, {f_[3], f_[4], f_[5]}, {f_[6]}});
    a_ = person_of(f_[0]);
    b_ = person_of(f_[3]);
    c_ = person_of(f_[6]);
  }

  ForgetPlan forget(const std::vector<PersonId>& people, const std::vector<PhotoId>& photos = {}) {
    ForgetPlan plan = plan_forgetting(catalog_, people, photos);
    catalog_.forget(plan.rows);
    EXPECT_THAT(catalog_.check(), IsEmpty());
    EXPECT_THAT(broken_facts(catalog_), IsEmpty());
    return plan;
  }
  PhotoId photo_of(FaceId face) const { return photos_of_faces(catalog_).at(face); }
  std::vector<std::string> facts() const {
    std::vector<std::string> facts;
    for (const FactRecord& fact : catalog_.facts())
      facts.push_back(describe_fact(fact) + (fact.undone ? " (undone)" : ""));
    return facts;
  }
  bool has_person(PersonId id) const { return name_of(id) != "nobody"; }

  std::vector<FaceId> f_;
  PersonId a_ = 0, b_ = 0, c_ = 0;
};

TEST_F(ForgetPlanTest, APersonGoesAndTheOthersOfAPhotoStay) {
  name_person(catalog_, a_, "Ann");
  name_person(catalog_, b_, "Bob");
  hide_person(catalog_, a_, true);
  const ForgetPlan plan = forget({a_});
  EXPECT_EQ(plan.faces, 3);
  EXPECT_EQ(plan.face_photos, 3);
  EXPECT_EQ(plan.names, 1);
  EXPECT_EQ(plan.facts, 1);
  EXPECT_THAT(plan.rows.faces, ElementsAre(f_[0], f_[1], f_[2]));
  EXPECT_THAT(facts(), ElementsAre(fmt::format("person {} is \"Bob\"", b_)));
  EXPECT_FALSE(has_person(a_));
  EXPECT_EQ(person_of(f_[5]), b_);
  EXPECT_EQ(catalog_.photos().size(), 6U) << "photos stay, as others may be in them";
  EXPECT_EQ(catalog_.counts().forgotten_faces, 3);
}

TEST_F(ForgetPlanTest, WhoWasMergedGoesToo) {
  name_person(catalog_, a_, "Ann");
  name_person(catalog_, c_, "Anna-Maria");
  merge_people(catalog_, a_, c_);
  const ForgetPlan plan = forget({a_});
  EXPECT_EQ(plan.faces, 4);
  EXPECT_EQ(plan.names, 2);
  EXPECT_THAT(facts(), IsEmpty());
  EXPECT_FALSE(has_person(c_));
  EXPECT_THAT(plan.people, testing::SizeIs(1)) << "the other is no person any more";
}

TEST_F(ForgetPlanTest, WhatIsUndoneGoesAndWhoWasMergedByMistakeStays) {
  name_person(catalog_, b_, "Bob");
  merge_people(catalog_, a_, b_);
  undo_fact(catalog_, {});
  name_person(catalog_, a_, "Ann");
  undo_fact(catalog_, {});
  forget({a_});
  EXPECT_THAT(facts(), ElementsAre(fmt::format("person {} is \"Bob\"", b_)));
  EXPECT_EQ(name_of(b_), "Bob");
  EXPECT_EQ(person_of(f_[3]), b_);
}

TEST_F(ForgetPlanTest, FactsAboutOthersSurvive) {
  name_person(catalog_, b_, "Bob");
  const PersonId split = split_person(catalog_, a_, std::vector{f_[1]}).person;  // b's, in truth
  move_faces(catalog_, std::vector{f_[0]}, b_);
  reject_faces(catalog_, std::vector{f_[0]});
  tell_apart(catalog_, b_, c_);
  tell_apart(catalog_, a_, c_);
  allow_same_photo(catalog_, photo_of(f_[2]));
  forget({a_});  // of whom f_[2] is left
  EXPECT_THAT(
      facts(),
      ElementsAre(fmt::format("person {} is \"Bob\"", b_),
                  fmt::format("face {} is not person {} but person {}", f_[1], a_, split),
                  fmt::format("face {} is person {}", f_[0], b_),
                  fmt::format("face {} is not person {}", f_[0], b_),
                  fmt::format("person {} is not person {}", b_, c_),
                  fmt::format("photo {} may show a person more than once", photo_of(f_[5]))));
  EXPECT_EQ(person_of(f_[1]), split);
  EXPECT_EQ(knowledge_from(catalog_.facts()).held.at(f_[1]), split);
}

TEST_F(ForgetPlanTest, APhotoGoesWithItsFacesAndWhoHasNoOther) {
  name_person(catalog_, c_, "Cem");
  name_person(catalog_, a_, "Ann");
  allow_same_photo(catalog_, photo_of(f_[6]));
  const PhotoId shared = photo_of(f_[2]);
  const ForgetPlan plan = forget({}, {photo_of(f_[6]), shared});
  EXPECT_EQ(plan.faces, 3);
  EXPECT_EQ(plan.people.size(), 1U);
  EXPECT_EQ(plan.people[0].name, "Cem");
  EXPECT_THAT(facts(), ElementsAre(fmt::format("person {} is \"Ann\"", a_)));
  EXPECT_THAT(catalog_.facts()[0].faces, ElementsAre(f_[0], f_[1]));
  EXPECT_TRUE(catalog_.paths_of(shared).empty());
  EXPECT_EQ(catalog_.paths().size(), 4U);
  EXPECT_EQ(catalog_.counts().forgotten_photos, 2);
  EXPECT_EQ(catalog_.counts().forgotten_faces, 0);
}

TEST_F(ForgetPlanTest, FacesHeldAsSomebodyWithoutANameStayTogetherElsewhere) {
  move_faces(catalog_, std::vector{f_[0]}, c_);
  // As a clustering may have it: nobody is called c.
  catalog_.set_memberships(
      std::vector{std::pair(f_[0], b_), std::pair(f_[6], b_), std::pair(f_[3], c_)});
  const ForgetPlan plan = forget({c_});
  EXPECT_THAT(plan.rows.faces, ElementsAre(f_[3]));
  EXPECT_THAT(facts(), ElementsAre(fmt::format("face {} is person {}", f_[0], c_)));
  EXPECT_THAT(knowledge_from(catalog_.facts()).held, ElementsAre(Pair(f_[0], c_), Pair(f_[6], c_)));
}

TEST_F(ForgetPlanTest, ANameThatSomebodyElseOnceHadIsGoneEverywhere) {
  name_person(catalog_, b_, "Ann");  // a slip
  name_person(catalog_, b_, "Bob");
  name_person(catalog_, c_, "Ann");  // another, taken back
  undo_fact(catalog_, {});
  name_person(catalog_, a_, "Ann");
  forget({a_});
  EXPECT_THAT(facts(), ElementsAre(fmt::format("person {} is \"forgotten-1\"", b_),
                                   fmt::format("person {} is \"Bob\"", b_),
                                   fmt::format("person {} is \"forgotten-3\" (undone)", c_),
                                   "fact 3 does not count"));
  EXPECT_EQ(name_of(b_), "Bob");
}

TEST_F(ForgetPlanTest, ANameThatSomebodyElseHasNowStays) {
  name_person(catalog_, a_, "Bob");  // a slip
  name_person(catalog_, a_, "Ann");
  name_person(catalog_, b_, "Bob");
  forget({a_});
  EXPECT_EQ(name_of(b_), "Bob");
}

TEST_F(ForgetPlanTest, WhoOrWhatIsNotThereIsSaid) {
  EXPECT_THAT(error_of([&] { plan_forgetting(catalog_, std::vector<PersonId>{77}, {}); }),
              HasSubstr("there is no person 77"));
  EXPECT_THAT(error_of([&] { plan_forgetting(catalog_, {}, std::vector<PhotoId>{77}); }),
              HasSubstr("there is no photo 77"));
  merge_people(catalog_, a_, c_);
  EXPECT_THAT(error_of([&] { plan_forgetting(catalog_, std::vector{c_}, {}); }),
              AllOf(HasSubstr("was merged into person"), HasSubstr(std::to_string(a_))));
}

TEST_F(ForgetPlanTest, NumbersAreNotGivenAgain) {
  forget({c_});
  EXPECT_GT(catalog_.add_person(), c_);
  const auto fresh = add_photo(9, 1);
  EXPECT_GT(fresh[0], f_[6]);
}

TEST_F(ForgetPlanTest, AStepGoesWithTheLastOfItsFacts) {
  std::int64_t first = 0;
  {
    const Catalog::Step step(catalog_, {.kind = fact_kind::kImport});
    first = step.first();
    name_faces(catalog_, std::vector{f_[0]}, "Ann");
    name_faces(catalog_, std::vector{f_[3]}, "Bob");
  }
  undo_fact(catalog_, first);
  undo_fact(catalog_, 4);
  const PersonId ann = person_of(f_[0]);
  const PersonId bob = person_of(f_[3]);
  ASSERT_EQ(name_of(bob), "Bob");
  forget({ann});
  EXPECT_FALSE(catalog_.facts().empty());
  EXPECT_EQ(catalog_.facts()[0].kind, fact_kind::kImport);
  forget({bob});
  EXPECT_THAT(catalog_.facts(), IsEmpty());
}

TEST_F(ForgetPlanTest, AMarkThatWasWithdrawnGoesWithWhatWasSaidOfIt) {
  FaceRecord record = make_face(300, 5);
  record.photo = photo_of(f_[0]);
  record.by_hand = true;
  const FaceId mark = catalog_.add_face(record);
  catalog_.bring_back_face(mark, catalog_.add_person());
  name_person(catalog_, a_, "Ann");
  move_faces(catalog_, std::vector{mark}, a_);
  undo_fact(catalog_, {});
  ASSERT_EQ(catalog_.withdrawn_faces().size(), 1U);
  forget({b_});
  EXPECT_EQ(catalog_.withdrawn_faces().size(), 1U) << "of somebody else";
  forget({a_});
  EXPECT_THAT(catalog_.withdrawn_faces(), IsEmpty());
}

}  // namespace
}  // namespace facenet
