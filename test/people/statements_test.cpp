#include "people/statements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "people/facts.h"
#include "people/partition.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class NamesTest : public AlbumTest {
 protected:
  NamesTest() { regroup({{faces_[0], faces_[1]}, {faces_[2]}}); }

  std::string error_of_naming(PersonId person, const std::string& name) {
    const std::size_t facts = catalog_.facts().size();
    std::string error = error_of([&] { name_person(catalog_, person, name); });
    EXPECT_EQ(catalog_.facts().size(), facts + (error.empty() ? 1 : 0));
    return error;
  }

  std::vector<FaceId> faces_ = add_photo(1, 3);
};

TEST_F(NamesTest, ANameIsAFactAboutTheFacesOfTheMoment) {
  const PersonId person = person_of(faces_[0]);
  name_person(catalog_, person, "Zo\xc3\xab O'Neil");
  EXPECT_EQ(name_of(person), "Zo\xc3\xab O'Neil");
  ASSERT_EQ(catalog_.facts().size(), 1U);
  EXPECT_EQ(catalog_.facts()[0].kind, "name");
  EXPECT_EQ(catalog_.facts()[0].person, person);
  EXPECT_THAT(catalog_.facts()[0].faces, ElementsAre(faces_[0], faces_[1]));
}

TEST_F(NamesTest, NamesCanBeChangedAndTakenAway) {
  const PersonId person = person_of(faces_[0]);
  name_person(catalog_, person, "Ann");
  name_person(catalog_, person, "Anna");
  EXPECT_EQ(name_of(person), "Anna");
  name_person(catalog_, person, "");
  EXPECT_EQ(name_of(person), "");
  EXPECT_EQ(catalog_.facts().size(), 3U);
  name_person(catalog_, person, "");
  EXPECT_EQ(catalog_.facts().size(), 3U) << "there was no name to take away";
}

TEST_F(NamesTest, ANameBelongsToOnePersonAtATime) {
  const PersonId ann = person_of(faces_[0]);
  const PersonId other = person_of(faces_[2]);
  name_person(catalog_, ann, "Ann");
  EXPECT_THAT(error_of_naming(other, "Ann"),
              AllOf(HasSubstr(fmt::format("person {} is Ann already", ann)),
                    HasSubstr(fmt::format("`facenet people merge {} {}`", ann, other))));
  EXPECT_EQ(error_of_naming(ann, "Ann"), "");
  EXPECT_EQ(error_of_naming(ann, ""), "");
  EXPECT_EQ(error_of_naming(other, "Ann"), "");
}

TEST_F(NamesTest, ANumberIsNoNameAndAnothersInOtherCaseHasToBeMeant) {
  const PersonId ann = person_of(faces_[0]);
  const PersonId other = person_of(faces_[2]);
  EXPECT_THAT(error_of_naming(other, "18"),
              HasSubstr(fmt::format("`facenet people merge {} 18`", other)));
  EXPECT_THROW(name_person(catalog_, other, "18", true), Error);
  name_person(catalog_, ann, "\u00c5sa");
  EXPECT_THAT(error_of_naming(other, "\u00e5SA"), HasSubstr("is \u00c5sa already"));
  name_person(catalog_, other, "\u00e5SA", true);
  EXPECT_EQ(name_of(other), "\u00e5SA");
  EXPECT_EQ(error_of_naming(other, "\u00e5SA"), "") << "its own name";
}

TEST_F(NamesTest, ANameIsFoundWithoutRegardToCase) {
  const PersonId ann = person_of(faces_[0]);
  const PersonId other = person_of(faces_[2]);
  name_person(catalog_, ann, "J\u00dcRGEN");
  EXPECT_EQ(find_named(catalog_, "J\u00fcrgen"), ann);
  EXPECT_EQ(find_named(catalog_, "Jurgen"), std::nullopt);
  name_person(catalog_, other, "j\u00fcrgen", true);
  EXPECT_EQ(find_named(catalog_, "j\u00fcrgen"), other) << "exactly so";
  EXPECT_EQ(find_named(catalog_, "J\u00dcRGEN"), ann);
  EXPECT_THAT(error_of([&] { find_named(catalog_, "J\u00fcrgen"); }),
              HasSubstr(fmt::format("may be person {} J\u00dcRGEN or person {} j", ann, other)));
}

TEST_F(NamesTest, ANameThatWasMeantIsOffered) {
  name_person(catalog_, person_of(faces_[0]), "Anna");
  EXPECT_EQ(name_meant(catalog_, "ana"), "Anna");
  EXPECT_EQ(name_meant(catalog_, "Ben"), std::nullopt);
  EXPECT_THAT(error_of([&] { resolve_person(catalog_, "Anan"); }),
              HasSubstr("no person named \"Anan\"; did you mean \"Anna\"?"));
}

TEST_F(NamesTest, NamesThatCannotBeShownAreRefused) {
  const PersonId person = person_of(faces_[0]);
  EXPECT_THAT(error_of_naming(99, "Ann"), AllOf(HasSubstr(file()), HasSubstr("no person 99")));
  EXPECT_THAT(error_of_naming(person, "A\xff"), HasSubstr("is not UTF-8"));
  EXPECT_THAT(error_of_naming(person, "   "), HasSubstr("spaces"));
  for (const std::string breaking :
       {"\t", "\r", "\x7f", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"})
    EXPECT_THAT(error_of_naming(person, "A" + breaking + "B"), HasSubstr("line breaks"));
  EXPECT_THROW(name_person(catalog_, person, "A\nB"), Error);
  EXPECT_EQ(name_of(person), "");
}

TEST_F(NamesTest, NamesThatLookAlikeAreOne) {
  const PersonId ann = person_of(faces_[0]);
  const PersonId other = person_of(faces_[2]);
  name_person(catalog_, ann, " \u00a0A\u030asa\u00a0 Berg ");
  EXPECT_EQ(name_of(ann), "\u00c5sa Berg") << "composed, and with plain spaces between words";
  for (const std::string same : {"A\u030asa Berg", "\u00c5sa Berg ", "\u00c5sa\u2003Berg"}) {
    EXPECT_THAT(error_of_naming(other, same), HasSubstr("already")) << same;
    EXPECT_THROW(name_person(catalog_, other, same, true), Error) << same;
    EXPECT_EQ(find_named(catalog_, same), ann) << same;
  }
  for (const std::string unseen : {"\u200b", "\u00ad", "\ufeff", "\u202e", "\u2066", "\u3164"}) {
    EXPECT_THAT(error_of_naming(other, "\u00c5sa" + unseen), HasSubstr("cannot be seen"));
    EXPECT_THAT(error_of_naming(other, unseen), HasSubstr("cannot be seen"));
  }
  for (const std::string number : {"7", " 7", "+7", "007", "\uff17", "\u0667"})
    EXPECT_THROW(name_person(catalog_, other, number, true), Error) << number;
  EXPECT_EQ(find_named(catalog_, "\u200d"), std::nullopt) << "not whoever has no name";
  // Joiners belong to Persian, and make no other name.
  name_person(catalog_, other, "\u0645\u06cc\u200c\u0631\u0627");
  EXPECT_EQ(find_named(catalog_, "\u0645\u06cc\u0631\u0627"), other);
}

TEST_F(NamesTest, ANameIsUndoneWithTheTransactionAroundIt) {
  {
    Catalog::Transaction transaction(catalog_);
    name_person(catalog_, person_of(faces_[0]), "Ann");
  }
  EXPECT_THAT(catalog_.facts(), IsEmpty());
}

/// Two people of three faces each, from six photos.
class StatementsTest : public AlbumTest {
 protected:
  StatementsTest() {
    for (int photo = 1; photo <= 6; ++photo) faces_.push_back(add_photo(photo, 1)[0]);
    regroup({{faces_[0], faces_[1], faces_[2]}, {faces_[3], faces_[4], faces_[5]}});
    a_ = person_of(faces_[0]);
    b_ = person_of(faces_[3]);
  }
  Knowledge knowledge() const { return knowledge_from(catalog_.facts()); }
  std::vector<PersonId> everybody() const {
    std::vector<PersonId> people;
    for (const auto& [face, person] : catalog_.memberships()) people.push_back(person);
    return people;
  }

  std::vector<FaceId> faces_;
  PersonId a_ = 0, b_ = 0;
};

TEST_F(StatementsTest, APersonIsMeantByNumberOrName) {
  name_person(catalog_, a_, "Ann");
  EXPECT_EQ(resolve_person(catalog_, "Ann"), a_);
  EXPECT_EQ(resolve_person(catalog_, std::to_string(b_)), b_);
  EXPECT_THAT(error_of([&] { resolve_person(catalog_, "Bob"); }), HasSubstr("named \"Bob\""));
  EXPECT_THAT(error_of([&] { resolve_person(catalog_, ""); }), HasSubstr("no person named"));
}

TEST_F(StatementsTest, FacesBecomeANewPersonWithAName) {
  const auto before = everybody();
  const Statement said = name_faces(catalog_, std::vector{faces_[2], faces_[3]}, "Cem");
  EXPECT_EQ(said.moved_faces, 2);
  EXPECT_EQ(person_of(faces_[2]), said.person);
  EXPECT_EQ(person_of(faces_[3]), said.person);
  EXPECT_EQ(name_of(said.person), "Cem");
  EXPECT_EQ(knowledge().held.at(faces_[2]), said.person);
  name_person(catalog_, said.person, "");
  EXPECT_EQ(knowledge().held.at(faces_[2]), said.person) << "pointed at, not only named";
  undo_fact(catalog_, {});
  undo_fact(catalog_, said.fact);
  EXPECT_EQ(everybody(), before);
  EXPECT_EQ(name_of(said.person), "");

  name_person(catalog_, a_, "Ann");
  const std::size_t facts = catalog_.facts().size();
  EXPECT_THAT(error_of([&] {
                name_faces(catalog_, std::vector{faces_[0], faces_[1], faces_[2]}, "Cem");
              }),
              HasSubstr("leaves no face of Ann"));
  EXPECT_THAT(error_of([&] { name_faces(catalog_, std::vector{faces_[3]}, "Ann"); }),
              HasSubstr("is Ann already"));
  EXPECT_EQ(catalog_.facts().size(), facts);
}

TEST_F(StatementsTest, AMergeHoldsBothTogetherAsTheOneKept) {
  name_person(catalog_, b_, "Bob");
  const Statement merge = merge_people(catalog_, a_, b_);
  EXPECT_EQ(merge.moved_faces, 3);
  EXPECT_THAT(merge.warnings, IsEmpty());
  EXPECT_EQ(everybody(), std::vector<PersonId>(6, a_));
  EXPECT_EQ(name_of(b_), "") << "a name goes with its number";
  EXPECT_THAT(knowledge().held, testing::SizeIs(6));
  EXPECT_THAT(error_of([&] { merge_people(catalog_, a_, b_); }),
              HasSubstr("was merged into person"));
  EXPECT_THAT(error_of([&] { merge_people(catalog_, a_, a_); }), HasSubstr("with itself"));
  name_person(catalog_, a_, "Bob");  // the name is free again
}

TEST_F(StatementsTest, ASplitMakesANewPersonThatStaysApart) {
  const Statement split = split_person(catalog_, a_, std::vector{faces_[2]});
  EXPECT_EQ(person_of(faces_[2]), split.person);
  EXPECT_NE(split.person, a_);
  EXPECT_EQ(person_of(faces_[0]), a_);
  ASSERT_EQ(knowledge().apart.size(), 1U);
  EXPECT_THAT(knowledge().apart[0].left, ElementsAre(faces_[2]));
  EXPECT_THAT(knowledge().apart[0].right, ElementsAre(faces_[0], faces_[1]));
  EXPECT_THAT(error_of([&] { split_person(catalog_, a_, std::vector{faces_[3]}); }),
              HasSubstr(fmt::format("face {} is not of person {}", faces_[3], a_)));
  EXPECT_THAT(error_of([&] {
                split_person(catalog_, a_, std::vector{faces_[0], faces_[1]});
              }),
              HasSubstr("leaves no face of"));
}

TEST_F(StatementsTest, AMovedFaceIsHeldWithItsNewCompany) {
  EXPECT_EQ(move_faces(catalog_, std::vector{faces_[0]}, b_).moved_faces, 1);
  EXPECT_EQ(person_of(faces_[0]), b_);
  EXPECT_THAT(knowledge().held, ElementsAre(Pair(faces_[0], b_), Pair(faces_[3], b_),
                                            Pair(faces_[4], b_), Pair(faces_[5], b_)));
  EXPECT_THAT(error_of([&] { move_faces(catalog_, std::vector{faces_[0]}, b_); }),
              HasSubstr("already"));
  EXPECT_THAT(error_of([&] { move_faces(catalog_, std::vector<FaceId>{99}, b_); }),
              HasSubstr("no face 99"));
  // The last face of a named person cannot be moved away, that of another can.
  name_person(catalog_, a_, "Ann");
  EXPECT_THAT(error_of([&] {
                move_faces(catalog_, std::vector{faces_[1], faces_[2]}, b_);
              }),
              HasSubstr("leaves no face of Ann"));
}

TEST_F(StatementsTest, ARejectedFaceIsAloneAndStaysAway) {
  const Statement reject = reject_faces(catalog_, std::vector{faces_[1], faces_[2], faces_[2]});
  EXPECT_EQ(reject.person, a_);
  EXPECT_EQ(reject.moved_faces, 2);
  EXPECT_NE(person_of(faces_[1]), person_of(faces_[2]));
  ASSERT_EQ(knowledge().apart.size(), 1U);
  EXPECT_THAT(knowledge().apart[0].left, ElementsAre(faces_[1], faces_[2]));
  EXPECT_THAT(error_of([&] { reject_faces(catalog_, std::vector{faces_[0]}); }),
              HasSubstr("leaves no face"));
  EXPECT_THAT(error_of([&] {
                reject_faces(catalog_, std::vector{faces_[0], faces_[3]});
              }),
              HasSubstr("one person at a time"));
}

TEST_F(StatementsTest, RejectingWhatWasMovedByHandIsReportedAndCounts) {
  const Statement move = move_faces(catalog_, std::vector{faces_[0]}, b_);
  const Statement reject = reject_faces(catalog_, std::vector{faces_[0]});
  EXPECT_THAT(reject.warnings,
              ElementsAre(AllOf(HasSubstr(fmt::format("fact {} ", reject.fact)),
                                HasSubstr(fmt::format("contradicts fact {} ", move.fact)),
                                HasSubstr("the later one counts"))));
  EXPECT_FALSE(knowledge().held.contains(faces_[0]));
  // And back again: now the rejection is what no longer counts.
  const Statement again = move_faces(catalog_, std::vector{faces_[0]}, b_);
  EXPECT_THAT(again.warnings, ElementsAre(HasSubstr(fmt::format("fact {} ", reject.fact))));
  EXPECT_EQ(knowledge().held.at(faces_[0]), b_);
  EXPECT_THAT(knowledge().apart, IsEmpty());
}

TEST_F(StatementsTest, YesAfterNoIsReportedAndCounts) {
  const Statement no = tell_apart(catalog_, a_, b_);
  ASSERT_EQ(knowledge().apart.size(), 1U);
  EXPECT_EQ(knowledge().apart[0].left.size(), 3U);
  const Statement yes = merge_people(catalog_, a_, b_);
  EXPECT_THAT(yes.warnings, ElementsAre(HasSubstr(fmt::format("contradicts fact {} ", no.fact))));
  EXPECT_THAT(knowledge().apart, IsEmpty());
}

TEST_F(StatementsTest, ACorrectionIsNoContradiction) {
  name_person(catalog_, a_, "Ann");
  EXPECT_THAT(reject_faces(catalog_, std::vector{faces_[2]}).warnings, IsEmpty());
  tell_apart(catalog_, a_, b_);
  // The face was wrong in Ann: what was said of Ann and the other is not about it.
  EXPECT_THAT(move_faces(catalog_, std::vector{faces_[1]}, b_).warnings, IsEmpty());
  EXPECT_THAT(knowledge().apart.back().left, ElementsAre(faces_[0]));
}

TEST_F(StatementsTest, FacesOfOnePhotoPutTogetherByHandAreReported) {
  const auto twins = add_photo(7, 2);
  regroup({{faces_[0], faces_[1], faces_[2]},
           {faces_[3], faces_[4], faces_[5]},
           {twins[0]},
           {twins[1]}});
  const Statement merge = merge_people(catalog_, person_of(twins[0]), person_of(twins[1]));
  EXPECT_THAT(
      merge.warnings,
      ElementsAre(HasSubstr(fmt::format("faces {} and {} of one photo", twins[0], twins[1]))));
  undo_fact(catalog_, {});
  allow_same_photo(catalog_, *catalog_.find_photo(make_photo(7).sha256));
  EXPECT_THAT(merge_people(catalog_, person_of(twins[0]), person_of(twins[1])).warnings, IsEmpty());
  EXPECT_EQ(allow_same_photo(catalog_, *catalog_.find_photo(make_photo(7).sha256)).fact, 0);
  const ClusteringInput input = clustering_input(catalog_, model_);
  EXPECT_EQ(std::count(input.photo.begin(), input.photo.end(), -1), 2);
}

TEST_F(StatementsTest, EveryConstraintReachesTheClustering) {
  name_person(catalog_, a_, "Ann");
  hide_person(catalog_, b_, true);
  const Statement split = split_person(catalog_, a_, std::vector{faces_[2]});
  tell_apart(catalog_, split.person, b_);
  const ClusteringInput input = clustering_input(catalog_, model_);
  const auto row_of = [&](FaceId face) {
    return std::find(input.faces.begin(), input.faces.end(), face) - input.faces.begin();
  };
  const auto at = [&](const std::vector<std::int64_t>& values, FaceId face) {
    return values[static_cast<std::size_t>(row_of(face))];
  };
  EXPECT_EQ(at(input.block, faces_[0]), a_);
  EXPECT_EQ(at(input.label, faces_[0]), a_);
  EXPECT_EQ(at(input.block, faces_[2]), split.person);
  EXPECT_EQ(at(input.label, faces_[2]), -1) << "neither named nor hidden";
  EXPECT_EQ(at(input.label, faces_[5]), b_);
  ASSERT_EQ(input.apart.size(), 2U);
  EXPECT_THAT(input.apart[0].left, ElementsAre(row_of(faces_[2])));
  EXPECT_EQ(input.apart[1].right.size(), 3U);
  EXPECT_THAT(input.apart[1].left, ElementsAre(row_of(faces_[2])));
}

TEST_F(StatementsTest, ANameIsHeldByWhoeverHasItWhenNoFaceOfItsFactsIsLeft) {
  name_person(catalog_, a_, "Ann");
  const auto late = add_photo(7, 1);
  regroup({{faces_[0], faces_[1], faces_[2], late[0]}, {faces_[3], faces_[4], faces_[5]}});
  move_faces(catalog_, std::vector{faces_[0], faces_[1], faces_[2]}, b_);
  ASSERT_EQ(person_of(late[0]), a_);
  const ClusteringInput input = clustering_input(catalog_, model_);
  const auto row = std::find(input.faces.begin(), input.faces.end(), late[0]) - input.faces.begin();
  EXPECT_EQ(input.label[static_cast<std::size_t>(row)], a_);
  EXPECT_EQ(input.block[static_cast<std::size_t>(row)], a_);
}

TEST_F(StatementsTest, SignaturesTellWhatBindsAFace) {
  const auto before = clustering_input(catalog_, model_).signatures();
  tell_apart(catalog_, a_, b_);
  const auto apart = clustering_input(catalog_, model_).signatures();
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NE(apart[i], before[i]);
  undo_fact(catalog_, {});
  EXPECT_EQ(clustering_input(catalog_, model_).signatures(), before);
  const ClusteringInput input = clustering_input(catalog_, model_);
  name_person(catalog_, a_, "Ann");
  const auto named = clustering_input(catalog_, model_).signatures();
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_EQ(named[i] != before[i], person_of(input.faces[i]) == a_);
}

TEST(ClusteringInput, AFaceWithAnotherVectorHasAnotherSignature) {
  ClusteringInput input{.faces = {11, 12},
                        .revision = {0, 0},
                        .by_other = {0, 0},
                        .photo = {1, 2},
                        .block = {kNone, kNone},
                        .label = {kNone, kNone},
                        .apart = {}};
  const auto before = input.signatures();
  input.revision[1] = 1;
  const auto after = input.signatures();
  EXPECT_EQ(after[0], before[0]);
  EXPECT_NE(after[1], before[1]);
}

/// Catalogs hold signatures of earlier runs: were they computed otherwise, every face would count
/// as bound anew, and the first clustering after an update would start from nothing.
TEST(ClusteringInput, SignaturesStayWhatCatalogsHold) {
  const ClusteringInput input{.faces = {11, 12, 13, 14},
                              .other_model = 3,
                              .by_other = {0, 0, 1, 0},
                              .photo = {1, kNone, 2, 2},
                              .block = {5, 5, kNone, 6},
                              .label = {5, 5, kNone, kNone},
                              .apart = {{.fact = 9, .left = {0, 1}, .right = {3}}}};
  EXPECT_EQ(input.signatures(),
            (std::vector<std::uint64_t>{7848462731247594943U, 8314159900181115987U,
                                        16703919586365411407U, 11890486816234219005U}));
}

}  // namespace
}  // namespace facenet
