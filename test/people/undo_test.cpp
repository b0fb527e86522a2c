#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "people/facts.h"
#include "people/partition.h"
#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// People a (faces 0, 1, 2), b (3, 4) and c (5), from six photos.
class UndoTest : public AlbumTest {
 protected:
  /// All that a statement may change.
  struct State {
    std::map<FaceId, PersonId> memberships;
    std::map<PersonId, std::pair<std::string, bool>> people;  ///< name, hidden
    std::map<FaceId, PersonId> held;

    friend bool operator==(const State&, const State&) = default;
  };

  UndoTest() {
    for (int photo = 1; photo <= 6; ++photo) f_.push_back(add_photo(photo, 1)[0]);
    regroup({{f_[0], f_[1], f_[2]}, {f_[3], f_[4]}, {f_[5]}});
    a_ = person_of(f_[0]);
    b_ = person_of(f_[3]);
    c_ = person_of(f_[5]);
  }

  State state() const {
    State state;
    state.memberships = catalog_.memberships();
    for (const PersonRecord& person : catalog_.people())
      if (!person.name.empty() || person.hidden)
        state.people[person.id] = {person.name, person.hidden};
    state.held = knowledge_from(catalog_.facts()).held;
    return state;
  }
  /// Says something, undoes it, and compares; then the same by undoing the undoing.
  void expect_undone(const std::function<Statement()>& say) {
    const State before = state();
    const Statement said = say();
    const State after = state();
    const Statement undo = undo_fact(catalog_, {});
    EXPECT_EQ(state(), before);
    EXPECT_THAT(undo.warnings, IsEmpty());
    undo_fact(catalog_, undo.fact);
    EXPECT_EQ(state(), after);
    undo_fact(catalog_, said.fact);
    EXPECT_EQ(state(), before);
    EXPECT_THAT(catalog_.check(), IsEmpty());
    EXPECT_THAT(broken_facts(catalog_), IsEmpty());
  }

  std::vector<FaceId> f_;
  PersonId a_ = 0, b_ = 0, c_ = 0;
};

TEST_F(UndoTest, EveryStatementCanBeUndoneAndRedone) {
  expect_undone([&] { return name_person(catalog_, a_, "Ann"); });
  expect_undone([&] { return merge_people(catalog_, a_, b_); });
  name_person(catalog_, a_, "Ann");
  name_person(catalog_, b_, "Bob");
  expect_undone([&] { return merge_people(catalog_, b_, a_); });
  expect_undone([&] { return name_person(catalog_, a_, "Anna"); });
  expect_undone([&] { return name_person(catalog_, a_, ""); });
  expect_undone([&] { return split_person(catalog_, a_, std::vector{f_[1], f_[2]}); });
  expect_undone([&] { return move_faces(catalog_, std::vector{f_[2], f_[5]}, b_); });
  expect_undone([&] { return reject_faces(catalog_, std::vector{f_[0], f_[1]}); });
  expect_undone([&] { return tell_apart(catalog_, a_, c_); });
  expect_undone([&] { return hide_person(catalog_, c_, true); });
  hide_person(catalog_, a_, true);
  expect_undone([&] { return hide_person(catalog_, a_, false); });
  expect_undone([&] { return allow_same_photo(catalog_, 1); });
}

TEST_F(UndoTest, WhoIsHeldTogetherLeavesTogetherAndTheNamedPersonStays) {
  const auto faces = add_photo(20, 3);
  regroup({f_, {faces[0]}, {faces[1]}, {faces[2]}});
  const PhotoId photo = catalog_.photos().back().id;
  const PersonId bob = name_person(catalog_, person_of(faces[1]), "Bob").person;
  const auto allowed = allow_same_photo(catalog_, photo).fact;
  move_faces(catalog_, std::vector{faces[0]}, person_of(faces[2]));
  regroup({f_, faces});  // the clustering made them one
  ASSERT_EQ(person_of(faces[0]), bob);
  undo_fact(catalog_, allowed);
  EXPECT_EQ(person_of(faces[1]), bob);
  EXPECT_NE(person_of(faces[0]), bob);
  EXPECT_EQ(person_of(faces[0]), person_of(faces[2]));
  EXPECT_THAT(broken_facts(catalog_), testing::IsEmpty());
}

TEST_F(UndoTest, WalksBackOneStatementAtATime) {
  std::vector<State> states = {state()};
  name_person(catalog_, a_, "Ann");
  states.push_back(state());
  merge_people(catalog_, a_, b_);
  states.push_back(state());
  reject_faces(catalog_, std::vector{f_[3]});
  states.push_back(state());
  name_person(catalog_, person_of(f_[3]), "Bob");
  while (!states.empty()) {
    undo_fact(catalog_, {});
    EXPECT_EQ(state(), states.back());
    states.pop_back();
  }
  EXPECT_THAT(error_of([&] { undo_fact(catalog_, {}); }), HasSubstr("nothing to undo"));
}

TEST_F(UndoTest, AMergeOfLongAgoCanBeUndone) {
  const Statement merge = merge_people(catalog_, a_, b_);
  name_person(catalog_, a_, "Ann");
  move_faces(catalog_, std::vector{f_[5]}, a_);
  undo_fact(catalog_, merge.fact);
  EXPECT_EQ(person_of(f_[3]), b_);
  EXPECT_EQ(person_of(f_[4]), b_);
  EXPECT_EQ(person_of(f_[5]), a_);
  EXPECT_EQ(name_of(a_), "Ann");
  const auto held = knowledge_from(catalog_.facts()).held;
  EXPECT_FALSE(held.contains(f_[3])) << "Ann was named with a face that was not hers";
  EXPECT_EQ(held.at(f_[0]), a_);
}

TEST_F(UndoTest, FacesThatALaterFactPointedAtStay) {
  const Statement merge = merge_people(catalog_, a_, b_);
  move_faces(catalog_, std::vector{f_[3]}, c_);
  undo_fact(catalog_, merge.fact);
  EXPECT_EQ(person_of(f_[3]), c_);
  EXPECT_EQ(person_of(f_[4]), b_);
}

TEST_F(UndoTest, FacesThatWentOnInAMergeComeBackFromThere) {
  const Statement merge = merge_people(catalog_, a_, b_);
  merge_people(catalog_, c_, a_);
  undo_fact(catalog_, merge.fact);
  EXPECT_EQ(person_of(f_[3]), b_);
  EXPECT_EQ(person_of(f_[0]), c_);
}

TEST_F(UndoTest, AFaceGoesBackToWhoeverItsPersonIsByNow) {
  const Statement move = move_faces(catalog_, std::vector{f_[2]}, c_);
  merge_people(catalog_, b_, a_);
  undo_fact(catalog_, move.fact);
  EXPECT_EQ(person_of(f_[2]), b_);
  EXPECT_THAT(broken_facts(catalog_), IsEmpty());
}

TEST_F(UndoTest, WhatAClusteringMovedOnStaysAndIsReported) {
  const Statement reject = reject_faces(catalog_, std::vector{f_[1], f_[2]});
  regroup({{f_[0]}, {f_[1], f_[5]}, {f_[2]}, {f_[3], f_[4]}});
  const PersonId moved_on = person_of(f_[1]);
  ASSERT_EQ(moved_on, person_of(f_[5]));
  const Statement undo = undo_fact(catalog_, reject.fact);
  // Its person of after the rejection has the smaller number or not: both are right to stay.
  EXPECT_EQ(person_of(f_[2]), a_);
  EXPECT_THAT(knowledge_from(catalog_.facts()).apart, IsEmpty());
  EXPECT_THAT(broken_facts(catalog_), IsEmpty());
  if (person_of(f_[1]) != a_) {
    EXPECT_THAT(undo.warnings, ElementsAre(HasSubstr("of the 2 faces")));
  }
}

TEST_F(UndoTest, AFaceWhosePlaceIsTakenBecomesAPersonOfItsOwn) {
  const auto twins = add_photo(7, 2);
  regroup({{f_[0], f_[1], f_[2], twins[0]}, {f_[3], f_[4]}, {f_[5]}, {twins[1]}});
  const Statement move = move_faces(catalog_, std::vector{twins[0]}, b_);
  regroup({{f_[0], f_[1], f_[2], twins[1]}, {f_[3], f_[4], twins[0]}, {f_[5]}});
  ASSERT_EQ(person_of(twins[1]), a_);
  undo_fact(catalog_, move.fact);
  EXPECT_EQ(person_of(twins[1]), a_);
  EXPECT_NE(person_of(twins[0]), a_) << "two faces of one photo";
  EXPECT_NE(person_of(twins[0]), b_);
}

TEST_F(UndoTest, ANameComesBackFromThePersonThatAClusteringMadeOfIt) {
  name_person(catalog_, c_, "Cem");
  move_faces(catalog_, std::vector{f_[4]}, c_);
  const Statement taken = name_person(catalog_, c_, "");
  name_person(catalog_, a_, "Ann");
  regroup({{f_[0], f_[1], f_[2], f_[4], f_[5]}, {f_[3]}});
  ASSERT_EQ(person_of(f_[5]), a_);
  undo_fact(catalog_, taken.fact);
  EXPECT_EQ(name_of(c_), "Cem");
  EXPECT_EQ(person_of(f_[5]), c_);
  EXPECT_EQ(person_of(f_[4]), c_);
  EXPECT_EQ(person_of(f_[0]), a_);
  EXPECT_THAT(broken_facts(catalog_), IsEmpty());
}

TEST_F(UndoTest, NamesAreNeverLostOrDoubled) {
  const Statement split = split_person(catalog_, a_, std::vector{f_[2]});
  const Statement named = name_person(catalog_, split.person, "Eve");
  EXPECT_THAT(error_of([&] { undo_fact(catalog_, split.fact); }),
              HasSubstr(fmt::format("undo fact {} first", named.fact)));
  EXPECT_EQ(person_of(f_[2]), split.person);
  const Statement ann = name_person(catalog_, a_, "Ann");
  const Statement anna = name_person(catalog_, a_, "Anna");
  name_person(catalog_, b_, "Ann");
  EXPECT_THAT(error_of([&] { undo_fact(catalog_, anna.fact); }), HasSubstr("would both be Ann"));
  undo_fact(catalog_, ann.fact);
  EXPECT_EQ(name_of(a_), "Anna");
}

TEST_F(UndoTest, WhatIsUndoneCannotBeUndoneAgain) {
  const Statement merge = merge_people(catalog_, a_, b_);
  undo_fact(catalog_, {});
  EXPECT_THAT(error_of([&] { undo_fact(catalog_, merge.fact); }), HasSubstr("undone already"));
  EXPECT_THAT(error_of([&] { undo_fact(catalog_, 99); }), HasSubstr("no fact 99"));
}

/// A step of three facts: a new person, more faces of one whom there was, a merge.
class UndoStepTest : public UndoTest {
 protected:
  std::int64_t say_step() {
    const Catalog::Step step(catalog_, {.kind = fact_kind::kImport});
    name_faces(catalog_, std::vector{f_[2]}, "Bob");
    move_faces(catalog_, std::vector{f_[5]}, a_);
    merge_people(catalog_, a_, b_);
    return step.first();
  }
};

TEST_F(UndoStepTest, IsUndoneAndRedoneAsOne) {
  name_person(catalog_, a_, "Ann");
  const State before = state();
  const std::int64_t first = say_step();
  const State after = state();
  const std::vector<FactRecord> facts = catalog_.facts();
  ASSERT_EQ(facts.size(), 5U);
  EXPECT_EQ(facts[1].step, 0);
  for (std::size_t i = 2; i < 5; ++i) EXPECT_EQ(facts[i].step, first);
  EXPECT_EQ(describe_fact(facts[1], facts), "names of 2 people were imported, for 2 faces");

  const Statement undo = undo_fact(catalog_, {});
  EXPECT_EQ(state(), before);
  EXPECT_EQ(undo.moved_faces, 4);
  EXPECT_THAT(broken_facts(catalog_), IsEmpty());
  undo_fact(catalog_, undo.fact);
  EXPECT_EQ(state(), after);
  undo_fact(catalog_, first);
  EXPECT_EQ(state(), before);
  undo_fact(catalog_, {});  // Ann's name, that was said before
  EXPECT_EQ(name_of(a_), "");
  EXPECT_THAT(catalog_.check(), IsEmpty());
}

TEST_F(UndoStepTest, WhatWasSaidSinceStaysAndGoesFirst) {
  say_step();
  name_person(catalog_, c_, "");  // says nothing
  const Statement hidden = hide_person(catalog_, a_, true);
  const State before = state();
  const Statement undo = undo_fact(catalog_, {});
  EXPECT_EQ(catalog_.facts()[static_cast<std::size_t>(undo.fact) - 1].undoes, hidden.fact)
      << "the step was not the last that was said";
  undo_fact(catalog_, undo.fact);
  EXPECT_EQ(state(), before);
  undo_fact(catalog_, 1);
  EXPECT_TRUE(catalog_.person(a_)->hidden);
  EXPECT_EQ(person_of(f_[2]), a_);
  EXPECT_EQ(person_of(f_[3]), b_);
}

TEST_F(UndoStepTest, OneFactOfItCanBeUndoneAloneAndTheRestLater) {
  const State before = state();
  const std::int64_t first = say_step();
  undo_fact(catalog_, first + 1);
  EXPECT_NE(name_of(person_of(f_[2])), "Bob");
  EXPECT_EQ(person_of(f_[5]), a_);
  undo_fact(catalog_, first);
  EXPECT_EQ(state(), before);
}

TEST_F(UndoStepTest, IsRefusedAsAWholeWhereANameWouldBeLost) {
  const std::int64_t first = say_step();
  name_person(catalog_, person_of(f_[2]), "Rob");
  const State before = state();
  const std::size_t facts = catalog_.facts().size();
  EXPECT_THAT(error_of([&] { undo_fact(catalog_, first); }), HasSubstr("Rob"));
  EXPECT_EQ(state(), before);
  EXPECT_EQ(catalog_.facts().size(), facts);
  merge_people(catalog_, a_, c_ == person_of(f_[5]) ? b_ : person_of(f_[2]));
  EXPECT_EQ(catalog_.facts().back().step, 0) << "the step is over";
}

/// A face that was marked by hand in a photo.
class HandMarkTest : public UndoTest {
 protected:
  HandMarkTest() {
    FaceRecord face = make_face(200, 5);
    face.photo = catalog_.photo_of(f_[0]);
    face.by_hand = true;
    mark_ = catalog_.add_face(face);
    catalog_.bring_back_face(mark_, catalog_.add_person());
    catalog_.put_embedding(mark_, model_, std::vector{1.0F, 0.0F});
  }
  bool is_there() const {
    const std::vector<FaceRecord> faces = catalog_.faces();
    return std::ranges::any_of(faces, [&](const FaceRecord& face) { return face.id == mark_; });
  }

  FaceId mark_ = 0;
};

TEST_F(HandMarkTest, GoesAndComesWithTheFactThatSaysWhoseItIs) {
  const Statement said = name_faces(catalog_, std::vector{mark_}, "Dot");
  ASSERT_TRUE(is_there());
  const std::int64_t faces = catalog_.counts().faces;
  const Statement undo = undo_fact(catalog_, {});
  EXPECT_FALSE(is_there());
  EXPECT_EQ(catalog_.counts().faces, faces - 1);
  EXPECT_EQ(person_of(mark_), -1);
  EXPECT_FALSE(catalog_.has_embedding(mark_, model_));
  EXPECT_THAT(catalog_.photos_without_embeddings(model_), IsEmpty()) << "none is wanted";
  ASSERT_EQ(catalog_.withdrawn_faces().size(), 1U);
  EXPECT_EQ(catalog_.withdrawn_faces()[0].id, mark_);
  EXPECT_THAT(catalog_.check(), IsEmpty());
  undo_fact(catalog_, undo.fact);
  EXPECT_TRUE(is_there());
  EXPECT_EQ(person_of(mark_), said.person);
  EXPECT_EQ(name_of(said.person), "Dot");
  EXPECT_THAT(catalog_.photos_without_embeddings(model_), ElementsAre(catalog_.photo_of(mark_)));
  EXPECT_THAT(broken_facts(catalog_), IsEmpty());
}

TEST_F(HandMarkTest, StaysWithAnyOtherFactThatSaysWhoseItIs) {
  const Statement said = name_faces(catalog_, std::vector{f_[1], mark_}, "Dot");
  move_faces(catalog_, std::vector{mark_}, c_);
  EXPECT_THAT(error_of([&] { undo_fact(catalog_, said.fact); }), IsEmpty());
  EXPECT_TRUE(is_there());
  EXPECT_EQ(person_of(mark_), c_);
  undo_fact(catalog_, {});
  EXPECT_FALSE(is_there());
  EXPECT_THAT(broken_facts(catalog_), IsEmpty());
}

TEST_F(HandMarkTest, FacesThatADetectorFoundStay) {
  name_faces(catalog_, std::vector{f_[1], mark_}, "Dot");
  undo_fact(catalog_, {});
  EXPECT_EQ(person_of(f_[1]), a_);
  EXPECT_EQ(person_of(mark_), -1);
}

}  // namespace
}  // namespace facenet
