#include "people/people.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using PeopleTest = AlbumTest;

std::vector<PersonId> ids(const std::vector<Person>& people) {
  std::vector<PersonId> ids;
  ids.reserve(people.size());
  for (const Person& person : people) ids.push_back(person.id);
  return ids;
}

std::vector<FaceId> face_ids(const Person& person) {
  std::vector<FaceId> ids;
  ids.reserve(person.faces.size());
  for (const PersonFace& shown : person.faces) ids.push_back(shown.face.id);
  return ids;
}

TEST_F(PeopleTest, AreListedByTheNumberOfFacesToShow) {
  const auto a = add_photo(1, 3);
  const auto b = add_photo(2, 3);
  regroup({{a[0], b[0]}, {a[1], b[1]}, {a[2]}, {b[2]}});
  const PersonId first = person_of(a[0]);
  const PersonId second = person_of(a[1]);
  EXPECT_THAT(ids(list_people(catalog_, 2).people),
              ElementsAre(std::min(first, second), std::max(first, second)));
  EXPECT_EQ(list_people(catalog_, 1).people.size(), 4U);

  // Away photos count for nothing: of four people with one face each, the smaller id comes first.
  set_missing(2, true);
  EXPECT_THAT(list_people(catalog_, 2).people, IsEmpty());
  const std::vector<PersonId> shown = ids(list_people(catalog_, 1).people);
  std::vector<PersonId> expected = {first, second, person_of(a[2])};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(shown, expected);
}

TEST_F(PeopleTest, CountPhotosOfAStackOnce) {
  const auto a = add_photo(1, 1);
  const auto b = add_photo(2, 1);
  const auto c = add_photo(3, 1);
  regroup({{a[0], b[0], c[0]}});
  EXPECT_EQ(list_people(catalog_, 3).people.size(), 1U) << "nothing is known of the photos";
  constexpr std::int64_t kNoon = 1'795'867'200;
  catalog_.put_moment(catalog_.face(a[0]).photo, {.taken = kNoon, .perceptual_hash = 5});
  catalog_.put_moment(catalog_.face(b[0]).photo, {.taken = kNoon + 3600, .perceptual_hash = ~5ULL});
  catalog_.put_moment(catalog_.face(c[0]).photo, {.taken = kNoon + 2, .perceptual_hash = 99});
  EXPECT_THAT(list_people(catalog_, 3).people, IsEmpty());
  const std::vector<Person> people = list_people(catalog_, 2).people;
  ASSERT_EQ(people.size(), 1U);
  EXPECT_EQ(people[0].stack_count(), 2);
  EXPECT_THAT(face_ids(people[0]), ElementsAre(a[0], b[0], c[0])) << "all are there";
  EXPECT_EQ(people[0].faces[1].stack, 1U);
  EXPECT_EQ(people[0].faces[2].stack, 0U);
  const Person found = find_person(catalog_, people[0].id);
  EXPECT_EQ(found.stack_count(), 2);
  EXPECT_EQ(found.faces[2].stack, 0U);
}

TEST_F(PeopleTest, WithNamesAreListedEvenWhenAllTheirPhotosAreAway) {
  const auto a = add_photo(1, 1);
  const auto b = add_photo(2, 1);
  regroup({{a[0]}, {b[0]}});
  name_person(catalog_, person_of(a[0]), "Ann");
  set_missing(1, true);
  const std::vector<Person> people = list_people(catalog_, 1).people;
  EXPECT_THAT(ids(people), ElementsAre(person_of(b[0]), person_of(a[0])));
  EXPECT_EQ(people[1].name, "Ann");
  EXPECT_THAT(people[1].faces, IsEmpty());
}

TEST_F(PeopleTest, WhoAreHiddenAreListedOnlyWhenAskedFor) {
  const auto a = add_photo(1, 2);
  regroup({{a[0]}, {a[1]}});
  name_person(catalog_, person_of(a[0]), "Ann");
  hide_person(catalog_, person_of(a[0]), true);
  EXPECT_THAT(ids(list_people(catalog_, 1).people), ElementsAre(person_of(a[1])));
  const std::vector<Person> all = list_people(catalog_, 1, true).people;
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].id == person_of(a[0]) ? all[0].hidden : all[1].hidden);
  hide_person(catalog_, person_of(a[0]), false);
  EXPECT_EQ(list_people(catalog_, 1).people.size(), 2U);
}

TEST_F(PeopleTest, ShowFacesByPathThenFromTopToBottom) {
  std::vector<FaceId> low;
  const std::vector records = {make_face(1, 90), make_face(50, 10), make_face(2, 10)};
  const PhotoId photo = catalog_.add_photo(make_photo(9), records, &low);
  catalog_.put_path({.path = "/z.jpg", .photo = photo});
  catalog_.put_path({.path = "/b.jpg", .photo = photo});
  catalog_.put_path({.path = "/a.jpg", .photo = photo, .missing = true});
  for (const FaceId face : low) catalog_.put_embedding(face, model_, std::vector{1.0F, 0.0F});
  const auto first = add_photo(1, 1);
  regroup({{low[0], low[1], low[2], first[0]}});

  const Person person = find_person(catalog_, person_of(first[0]));
  EXPECT_THAT(face_ids(person), ElementsAre(first[0], low[2], low[1], low[0]));
  EXPECT_THAT(person.faces[0].paths, ElementsAre("/1.jpg"));
  EXPECT_THAT(person.faces[1].paths, ElementsAre("/b.jpg", "/z.jpg"));
  EXPECT_EQ(person.faces[1].face.x, 2);
  EXPECT_EQ(person.faces[1].face.landmarks, records[2].landmarks);
}

TEST_F(PeopleTest, AreFoundByTheirId) {
  const auto a = add_photo(1, 2);
  regroup({{a[0]}, {a[1]}});
  EXPECT_THAT(face_ids(find_person(catalog_, person_of(a[1]))), ElementsAre(a[1]));
  EXPECT_THAT(error_of([&] { find_person(catalog_, 99); }),
              AllOf(HasSubstr(file()), HasSubstr("there is no person 99")));
}

}  // namespace
}  // namespace facenet
