#include "people/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "people/people.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

FactRecord name_fact(PersonId person, const std::string& name, std::vector<FaceId> faces) {
  return {.id = 0,
          .kind = "name",
          .person = person,
          .value = name,
          .faces = std::move(faces),
          .created = ""};
}

TEST(FacesHeldByNamesTest, AreThoseOfAllFactsSinceTheNameWasTakenAway) {
  const std::vector<FactRecord> facts = {
      name_fact(1, "Ann", {10}),   name_fact(2, "Bob", {20}), name_fact(1, "Anna", {11, 12}),
      name_fact(2, "", {20}),      name_fact(3, "Cem", {30}), name_fact(3, "", {}),
      name_fact(3, "Cemal", {31}),
  };
  EXPECT_THAT(faces_held_by_names(facts),
              ElementsAre(Pair(10, 1), Pair(11, 1), Pair(12, 1), Pair(31, 3)));
}

TEST(FacesHeldByNamesTest, LaterFactsCountAndOtherKindsDoNot) {
  FactRecord other = name_fact(3, "x", {10, 11});
  other.kind = "hide";
  EXPECT_THAT(
      faces_held_by_names({name_fact(1, "Ann", {10, 11}), name_fact(2, "Bob", {11}), other}),
      ElementsAre(Pair(10, 1), Pair(11, 2)));
}

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
              HasSubstr(fmt::format("person {} has the name \"Ann\"", ann)));
  EXPECT_EQ(error_of_naming(ann, "Ann"), "");
  EXPECT_EQ(error_of_naming(ann, ""), "");
  EXPECT_EQ(error_of_naming(other, "Ann"), "");
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

TEST_F(NamesTest, ANameIsUndoneWithTheTransactionAroundIt) {
  {
    Catalog::Transaction transaction(catalog_);
    name_person(catalog_, person_of(faces_[0]), "Ann");
  }
  EXPECT_THAT(catalog_.facts(), IsEmpty());
}

}  // namespace
}  // namespace facenet
