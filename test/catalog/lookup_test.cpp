// What is asked of one face or person, against the tables as a whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::ThrowsMessage;

/// Five photos of two faces each; person 1 has six faces, 2 none but a name, 3 was merged into 1, 4
/// is hidden, and the last face is in nobody.
class LookupTest : public CatalogTest {
 protected:
  LookupTest() {
    for (int photo = 1; photo <= 5; ++photo) {
      std::vector<FaceId> ids;
      catalog_.add_photo(make_photo(photo), std::vector{make_face(1, 1), make_face(2, 2)}, &ids);
      faces_.insert(faces_.end(), ids.begin(), ids.end());
    }
    for (int i = 0; i < 4; ++i) people_.push_back(catalog_.add_person());
    std::vector<std::pair<FaceId, PersonId>> homes;
    for (std::size_t i = 0; i < 9; ++i) homes.emplace_back(faces_[i], people_[i % 3 == 2 ? 3 : 0]);
    catalog_.add_fact({.kind = "name", .person = people_[0], .value = "Ann"});
    catalog_.add_fact({.kind = "name", .person = people_[1], .value = "Bob"});
    catalog_.add_fact({.kind = "name", .person = people_[2], .value = "Anna"});
    catalog_.add_fact({.kind = "merge", .person = people_[0], .other = people_[2]});
    catalog_.add_fact({.kind = "hide", .person = people_[3]});
    catalog_.add_fact({.kind = "name", .person = people_[3], .value = "Eve"});
    catalog_.add_fact({.kind = "name", .person = people_[3], .value = ""});
    catalog_.set_memberships(homes);
  }

  Catalog catalog_ = create();
  std::vector<FaceId> faces_;
  std::vector<PersonId> people_;
};

auto key(const PersonRecord& person) {
  return std::tuple(person.id, person.name, person.hidden, person.merged_into);
}

TEST_F(LookupTest, APersonIsWhatTheListSays) {
  std::vector<std::tuple<PersonId, std::string, bool, PersonId>> named;
  for (const PersonRecord& person : catalog_.people()) {
    const auto one = catalog_.person(person.id);
    ASSERT_TRUE(one);
    EXPECT_EQ(key(*one), key(person));
    if (!person.name.empty()) named.push_back(key(person));
  }
  ASSERT_EQ(named.size(), 2U);
  const std::vector<PersonRecord> found = catalog_.named_people();
  ASSERT_EQ(found.size(), named.size());
  for (std::size_t i = 0; i < named.size(); ++i) EXPECT_EQ(key(found[i]), named[i]);
  EXPECT_FALSE(catalog_.person(people_.back() + 1));
}

TEST_F(LookupTest, FacesAreInThePeopleThatTheListSays) {
  std::map<PersonId, std::vector<FaceId>> members;
  for (const auto& [face, person] : catalog_.memberships()) {
    EXPECT_THAT(catalog_.person_of(face), Optional(person));
    members[person].push_back(face);
  }
  EXPECT_EQ(members[people_[0]].size(), 6U);
  for (const PersonId person : people_) {
    EXPECT_EQ(catalog_.faces_of_person(person), members[person]);
    EXPECT_EQ(catalog_.has_faces(person), !members[person].empty());
  }
  EXPECT_FALSE(catalog_.person_of(faces_.back()));
  EXPECT_FALSE(catalog_.person_of(faces_.back() + 1));
}

TEST_F(LookupTest, AFaceIsWhatTheListSays) {
  for (const FaceRecord& face : catalog_.faces()) {
    const FaceRecord one = catalog_.face(face.id);
    EXPECT_EQ(std::tie(one.id, one.photo, one.x, one.landmarks),
              std::tie(face.id, face.photo, face.x, face.landmarks));
    EXPECT_EQ(catalog_.photo_of(face.id), face.photo);
  }
  EXPECT_THAT([&] { catalog_.face(4711); }, ThrowsMessage<Error>(HasSubstr("no face 4711")));
  EXPECT_THAT([&] { catalog_.photo_of(4711); }, ThrowsMessage<Error>(HasSubstr("no face 4711")));
}

TEST_F(LookupTest, AFaceThatIsNotThereIsDamage) {
  RawDatabase(file()).execute(
      "PRAGMA foreign_keys = OFF; "
      "INSERT INTO membership (face, person) VALUES (4711, 1)");
  EXPECT_THAT([&] { catalog_.faces_of_person(1); },
              ThrowsMessage<Error>(HasSubstr("names a face that does not exist")));
}

TEST_F(LookupTest, WhoLosesTheLastFaceStaysOnlyIfAFactSpeaksOfThem) {
  const PersonId passing = catalog_.add_person();
  catalog_.set_memberships(std::vector{std::pair(faces_.back(), passing)});
  EXPECT_TRUE(catalog_.person(passing));
  catalog_.set_memberships(std::vector{std::pair(faces_.back(), people_[1])});
  EXPECT_FALSE(catalog_.person(passing));
  catalog_.set_memberships(std::vector{std::pair(faces_.back(), people_[0])});
  EXPECT_TRUE(catalog_.person(people_[1]));
  EXPECT_THAT(catalog_.faces_of_person(people_[1]), IsEmpty());
}

}  // namespace
}  // namespace facenet
