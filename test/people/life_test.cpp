#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "people/people.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::IsEmpty;

/// A library that grows and shrinks, whose clusterings are as wild as names allow.
class LifeTest : public AlbumTest {
 protected:
  void step() {
    switch (draw(random_, 6)) {
      case 0:
        return add();
      case 1:
        return set_missing(1 + draw(random_, photos_), draw(random_, 2) == 0);
      case 2:
        return give_name();
      case 3:
        return draw(random_, 4) == 0 ? take_name_away() : give_name();
      default:
        return cluster();
    }
  }

  void add() { add_photo(++photos_, 1 + draw(random_, 3)); }

  PersonId any_person() {
    const std::vector<PersonRecord> people = catalog_.people();
    if (people.empty()) return -1;
    return people[static_cast<std::size_t>(draw(random_, static_cast<std::int32_t>(people.size())))]
        .id;
  }

  std::set<FaceId> faces_of(PersonId person) const {
    std::set<FaceId> faces;
    for (const auto& [face, owner] : catalog_.memberships())
      if (owner == person) faces.insert(face);
    return faces;
  }

  void give_name() {
    const PersonId person = any_person();
    if (person < 0) return;
    const std::string name = "name " + std::to_string(++names_);
    name_person(catalog_, person, name);
    name_[person] = name;
    held_[person].merge(faces_of(person));
  }

  void take_name_away() {
    const PersonId person = any_person();
    if (person < 0) return;
    name_person(catalog_, person, "");
    name_.erase(person);
    held_.erase(person);
  }

  /// Random groups, but those of a name are one, and no two names share one.
  void cluster() {
    const ClusteringInput input = clustering_input(catalog_, model_);
    const std::int32_t groups = 1 + draw(random_, 8);
    std::map<std::int64_t, std::int32_t> group_of_name;
    std::vector<std::int32_t> group;
    for (const std::int64_t label : input.label) {
      if (label < 0) {
        group.push_back(draw(random_, groups + static_cast<std::int32_t>(name_.size())));
        continue;
      }
      const auto next = static_cast<std::int32_t>(group_of_name.size());
      group.push_back(group_of_name.emplace(label, next).first->second);
    }
    const PersonId newest = newest_;
    const std::vector<PersonRecord> before = catalog_.people();
    store_groups(catalog_, input, group);
    expect_partition(input, group);
    for (const PersonRecord& person : catalog_.people()) {
      const bool old = std::any_of(before.begin(), before.end(), [&](const PersonRecord& other) {
        return other.id == person.id;
      });
      EXPECT_TRUE(old || person.id > newest) << "person " << person.id << " was given twice";
      newest_ = std::max(newest_, person.id);
    }
  }

  void expect_partition(const ClusteringInput& input,
                        const std::vector<std::int32_t>& group) const {
    const auto memberships = catalog_.memberships();
    std::map<std::int32_t, PersonId> person_of_group;
    std::map<PersonId, std::int32_t> group_of_person;
    for (std::size_t i = 0; i < group.size(); ++i) {
      const PersonId person = memberships.at(input.faces[i]);
      EXPECT_EQ(person_of_group.emplace(group[i], person).first->second, person);
      EXPECT_EQ(group_of_person.emplace(person, group[i]).first->second, group[i]);
    }
  }

  void expect_names_hold() const {
    std::map<PersonId, std::string> names;
    for (const PersonRecord& person : catalog_.people())
      if (!person.name.empty()) names.emplace(person.id, person.name);
    EXPECT_EQ(names, name_);
    const auto memberships = catalog_.memberships();
    for (const auto& [person, faces] : held_)
      for (const FaceId face : faces) EXPECT_EQ(memberships.at(face), person);
  }

  Random random_{7};
  int photos_ = 0;
  int names_ = 0;
  PersonId newest_ = 0;
  std::map<PersonId, std::string> name_;
  std::map<PersonId, std::set<FaceId>> held_;
};

TEST_F(LifeTest, NamesSurviveEverything) {
  add();
  for (int i = 0; i < 400; ++i) {
    step();
    expect_names_hold();
    if (HasFailure()) FAIL() << "after step " << i;
  }
  EXPECT_GT(name_.size(), 5U);
  EXPECT_THAT(catalog_.check(), IsEmpty());
}

}  // namespace
}  // namespace facenet
