#include "people/grouping/regroup.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using RegroupTest = AlbumTest;

// ---- what is clustered

std::vector<float> direction_of(float x, float y) {
  const float length = std::hypot(x, y);
  return {x / length, y / length};
}

/// All that a clustering sees, without the catalog's ids.
std::vector<std::pair<float, float>> content(const Catalog& catalog, const ClusteringInput& input) {
  std::map<FaceId, FaceRecord> faces;
  for (const FaceRecord& face : catalog.faces()) faces.emplace(face.id, face);
  std::vector<std::pair<float, float>> content;
  for (const FaceId id : input.faces) content.emplace_back(faces.at(id).x, faces.at(id).y);
  return content;
}

TEST_F(RegroupTest, TheInputDoesNotDependOnTheOrderOfDiscovery) {
  // In each photo the faces lie elsewhere, so that their places tell which photo comes when.
  const auto fill = [](Catalog& catalog, std::vector<int> order) {
    const ModelId model = catalog.put_model({.name = "m", .dimension = 2});
    for (const int number : order) {
      const auto at = static_cast<float>(number);
      std::vector records = {make_face(at, 1), make_face(at, 2), make_face(at + 0.5F, 1)};
      if (number % 2 == 0) std::reverse(records.begin(), records.end());
      std::vector<FaceId> faces;
      const PhotoId photo = catalog.add_photo(make_photo(number), records, &faces);
      catalog.put_path({.path = fmt::format("/{}", order[0] * 100 + number), .photo = photo});
      for (std::size_t i = 0; i < 3; ++i)
        catalog.put_embedding(faces[i], model, direction_of(records[i].x, records[i].y));
    }
    return clustering_input(catalog, model);
  };
  const ClusteringInput forwards = fill(catalog_, {1, 2, 3, 4, 5, 6});
  Catalog other(folder_.path() + "/other.db", Catalog::Mode::kCreate);
  const ClusteringInput backwards = fill(other, {6, 5, 4, 3, 2, 1});
  EXPECT_EQ(content(catalog_, forwards), content(other, backwards));
  const std::vector<float> vectors = load_vectors(catalog_, model_, forwards);
  EXPECT_EQ(vectors, load_vectors(other, 1, backwards));
  ASSERT_EQ(vectors.size(), 36U);
  for (std::size_t i = 0; i < 18; ++i) {
    const auto [x, y] = content(catalog_, forwards)[i];
    EXPECT_THAT(direction_of(x, y), ElementsAre(vectors[2 * i], vectors[2 * i + 1]));
  }
  // Inside a photo: from top to bottom, then from left to right.
  const auto faces = content(catalog_, forwards);
  for (std::size_t i = 0; i < 18; i += 3) {
    EXPECT_LT(faces[i].first, faces[i + 1].first);
    EXPECT_EQ(faces[i + 2].second, 2);
  }
}

TEST_F(RegroupTest, TheInputIsFacesOnDiskAndThoseThatANameHolds) {
  const auto here = add_photo(1, 2);
  const auto away = add_photo(2, 2);
  const auto twice = add_photo(3, 1);
  std::vector<FaceId> without_vector;
  const PhotoId bare =
      catalog_.add_photo(make_photo(4), std::vector{make_face(1, 1)}, &without_vector);
  catalog_.put_path({.path = "/4.jpg", .photo = bare});
  catalog_.put_path({.path = "/copy.jpg", .photo = catalog_.find_photo(make_photo(3).sha256)});
  regroup({{here[0], away[0]}, {here[1]}, {away[1]}, {twice[0]}});
  name_person(catalog_, person_of(away[0]), "Ann");
  set_missing(2, true);
  set_missing(3, true);

  const ClusteringInput input = clustering_input(catalog_, model_);
  EXPECT_THAT(input.faces, UnorderedElementsAre(here[0], here[1], away[0], twice[0]));
  const PersonId ann = person_of(away[0]);
  for (std::size_t i = 0; i < input.faces.size(); ++i) {
    const bool held = input.faces[i] == here[0] || input.faces[i] == away[0];
    EXPECT_EQ(input.block[i], held ? ann : -1);
    EXPECT_EQ(input.label[i], held ? ann : -1);
  }
  const auto photo_of = [&](FaceId face) {
    return input.photo[static_cast<std::size_t>(
        std::find(input.faces.begin(), input.faces.end(), face) - input.faces.begin())];
  };
  EXPECT_EQ(photo_of(here[0]), photo_of(here[1]));
  EXPECT_NE(photo_of(here[0]), photo_of(twice[0]));
}

TEST_F(RegroupTest, AnEmptyCatalogGivesNothingToDo) {
  const ClusteringInput input = clustering_input(catalog_, model_);
  EXPECT_THAT(input.faces, IsEmpty());
  const Regrouping result = store_groups(catalog_, plan_groups(catalog_, input, {}));
  EXPECT_EQ(result.people, 0);
}

// ---- who is who

TEST_F(RegroupTest, GroupsStayThePersonWithWhomTheyShareMostFaces) {
  const auto a = add_photo(1, 5);
  Regrouping result = regroup({{a[0], a[1], a[2]}, {a[3], a[4]}});
  EXPECT_EQ(result.people, 2);
  EXPECT_EQ(result.new_people, 2);
  EXPECT_EQ(result.vanished_people, 0);
  EXPECT_EQ(result.moved_faces, 0);
  const PersonId big = person_of(a[0]);
  const PersonId small = person_of(a[3]);

  const auto b = add_photo(2, 1);
  result = regroup({{b[0]}, {a[2], a[3], a[4]}, {a[0], a[1]}});
  EXPECT_EQ(person_of(a[0]), big);
  EXPECT_EQ(person_of(a[2]), small);
  EXPECT_NE(person_of(b[0]), big);
  EXPECT_EQ(result.people, 3);
  EXPECT_EQ(result.new_people, 1);
  EXPECT_EQ(result.moved_faces, 1);

  result = regroup({{a[0], a[1], a[2], a[3], a[4], b[0]}});
  EXPECT_EQ(result.vanished_people, 2);
  EXPECT_EQ(result.moved_faces, 3);
  EXPECT_EQ(person_of(a[0]), small) << "three of its faces against two and one";
  EXPECT_EQ(catalog_.people().size(), 1U);
}

TEST_F(RegroupTest, TiesGoToThePersonOfBefore) {
  const auto a = add_photo(1, 4);
  regroup({{a[0], a[1]}, {a[2], a[3]}});
  const PersonId first = std::min(person_of(a[0]), person_of(a[2]));
  const PersonId second = std::max(person_of(a[0]), person_of(a[2]));
  regroup({{a[0], a[2]}, {a[1], a[3]}});
  EXPECT_EQ(person_of(a[0]), first);
  EXPECT_EQ(person_of(a[1]), second);
}

TEST_F(RegroupTest, AGroupIsThePersonWhoseNameItHolds) {
  const auto a = add_photo(1, 6);
  regroup({{a[0]}, {a[1], a[2], a[3], a[4], a[5]}});
  const PersonId ann = person_of(a[0]);
  const PersonId crowd = person_of(a[1]);
  name_person(catalog_, ann, "Ann");
  const Regrouping result = regroup({{a[5]}, {a[0], a[1], a[2], a[3], a[4]}});
  EXPECT_EQ(person_of(a[1]), ann);
  EXPECT_EQ(person_of(a[5]), crowd);
  EXPECT_EQ(result.moved_faces, 4);
}

TEST_F(RegroupTest, APhotoThatComesBackFindsItsPerson) {
  const auto a = add_photo(1, 1);
  const auto b = add_photo(2, 2);
  regroup({{a[0]}, {b[0]}, {b[1]}});
  const PersonId of_a = person_of(a[0]);
  const PersonId of_b = person_of(b[1]);
  set_missing(2, true);
  const Regrouping away = regroup({{a[0]}});
  EXPECT_EQ(away.people, 1);
  EXPECT_EQ(away.vanished_people, 0);
  set_missing(2, false);
  const Regrouping back = regroup({{b[1]}, {b[0]}, {a[0]}});
  EXPECT_EQ(back.new_people, 0);
  EXPECT_EQ(person_of(a[0]), of_a);
  EXPECT_EQ(person_of(b[1]), of_b);
}

TEST_F(RegroupTest, AFaceOfAPhotoThatIsAwayMakesRoomForAnotherOfIt) {
  const FaceId a = add_photo(1, 1)[0];
  const auto b = add_photo(2, 2);
  const FaceId c = add_photo(3, 1)[0];
  regroup({{a}, {b[1]}, {b[0], c}});
  const PersonId ann = name_person(catalog_, person_of(a), "Ann").person;
  regroup({{a, b[1]}, {b[0], c}});
  set_missing(2, true);
  split_person(catalog_, person_of(c), std::vector{b[0]});
  regroup({{a, b[0]}, {c}});  // b[0] is held, so it is there; b[1] is not
  EXPECT_EQ(person_of(b[0]), ann);
  EXPECT_NE(person_of(b[1]), ann) << "a photo shows a person once";
  EXPECT_NE(person_of(b[1]), person_of(c));
}

TEST_F(RegroupTest, AChangeOfModelKeepsPeopleAndNames) {
  const auto a = add_photo(1, 2);
  regroup({{a[0]}, {a[1]}});
  const PersonId ann = person_of(a[0]);
  name_person(catalog_, ann, "Ann");
  model_ = catalog_.put_model({.name = "other", .dimension = 1});
  regroup({});
  EXPECT_EQ(person_of(a[0]), ann);
  catalog_.put_embedding(a[0], model_, std::vector{1.0F});
  catalog_.put_embedding(a[1], model_, std::vector{1.0F});
  regroup({{a[1]}, {a[0]}});
  EXPECT_EQ(person_of(a[0]), ann);
  EXPECT_EQ(name_of(ann), "Ann");
}

TEST_F(RegroupTest, AClusteringThatContradictsNamesIsABug) {
  const auto a = add_photo(1, 3);
  regroup({{a[0], a[1]}, {a[2]}});
  name_person(catalog_, person_of(a[0]), "Ann");
  name_person(catalog_, person_of(a[2]), "Bob");
  const auto before = catalog_.memberships();
  EXPECT_THROW(regroup({{a[0], a[1], a[2]}}), std::logic_error);
  EXPECT_THROW(regroup({{a[0]}, {a[1]}, {a[2]}}), std::logic_error);
  const ClusteringInput input = clustering_input(catalog_, model_);
  EXPECT_THROW(plan_groups(catalog_, input, std::vector<std::int32_t>(2)), std::logic_error);
  EXPECT_THROW(plan_groups(catalog_, input, std::vector<std::int32_t>(3, -1)), std::logic_error);
  EXPECT_EQ(catalog_.memberships(), before);
}

// ---- random cases

using OverlapTable = std::vector<std::vector<int>>;  // [group][person]

/// The rule by its words: again and again the largest overlap of a free group with a free person.
std::vector<int> match_step_by_step(OverlapTable overlap) {
  std::vector<int> person_of_group(overlap.size(), -1);
  for (;;) {
    int best = 0;
    std::size_t group = 0;
    std::size_t person = 0;
    for (std::size_t p = 0; p < overlap[0].size(); ++p)
      for (std::size_t g = 0; g < overlap.size(); ++g)
        if (overlap[g][p] > best) {
          best = overlap[g][p];
          group = g;
          person = p;
        }
    if (best == 0) return person_of_group;
    person_of_group[group] = static_cast<int>(person);
    std::fill(overlap[group].begin(), overlap[group].end(), 0);
    for (auto& row : overlap) row[person] = 0;
  }
}

/// Most faces that any matching could leave where they are; tries all. Square tables only.
int best_total(const OverlapTable& overlap) {
  std::vector<std::size_t> person(overlap.size());
  std::iota(person.begin(), person.end(), 0);
  int best = 0;
  do {
    int total = 0;
    for (std::size_t g = 0; g < overlap.size(); ++g) total += overlap[g][person[g]];
    best = std::max(best, total);
  } while (std::next_permutation(person.begin(), person.end()));
  return best;
}

TEST_F(RegroupTest, MatchingFollowsTheRuleOnRandomPartitions) {
  Random random(1);
  constexpr std::int32_t kGroups = 5;
  constexpr std::int32_t kFaces = 24;
  const auto faces = add_photo(1, kFaces);
  for (int trial = 0; trial < 60; ++trial) {
    std::vector<std::vector<FaceId>> before(kGroups);
    std::vector<std::vector<FaceId>> after(kGroups);
    std::vector<std::int32_t> old_group;
    std::vector<std::int32_t> new_group;
    for (const FaceId face : faces) {
      // The first five faces see to it that no group is empty.
      const auto i = static_cast<std::int32_t>(old_group.size());
      old_group.push_back(i < kGroups ? i : draw(random, kGroups));
      new_group.push_back(i < kGroups ? i : draw(random, kGroups));
      before[static_cast<std::size_t>(old_group.back())].push_back(face);
      after[static_cast<std::size_t>(new_group.back())].push_back(face);
    }
    regroup(before);
    const auto memberships = catalog_.memberships();
    std::set<PersonId> unique;
    for (const auto& [face, person] : memberships) unique.insert(person);
    const std::vector<PersonId> people(unique.begin(), unique.end());
    ASSERT_EQ(people.size(), static_cast<std::size_t>(kGroups));

    OverlapTable overlap(kGroups, std::vector<int>(kGroups));
    for (std::size_t i = 0; i < faces.size(); ++i) {
      const auto person = std::find(people.begin(), people.end(), memberships.at(faces[i]));
      ++overlap[static_cast<std::size_t>(new_group[i])]
               [static_cast<std::size_t>(person - people.begin())];
    }
    const Regrouping result = regroup(after);
    const std::vector<int> expected = match_step_by_step(overlap);
    for (std::size_t g = 0; g < after.size(); ++g) {
      const PersonId person = person_of(after[g][0]);
      if (expected[g] >= 0)
        EXPECT_EQ(person, people[static_cast<std::size_t>(expected[g])]) << "trial " << trial;
      else
        EXPECT_GT(person, people.back());
    }
    // Taking the largest first keeps at least half of what the best matching keeps.
    const auto kept = static_cast<int>(faces.size()) - static_cast<int>(result.moved_faces);
    EXPECT_GE(2 * kept, best_total(overlap));
    EXPECT_LE(kept, best_total(overlap));
  }
}

}  // namespace
}  // namespace facenet
