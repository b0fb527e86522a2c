// What others say while a regrouping is planned.
#include "people/grouping/changed_since.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/format.h"
#include "people/partition.h"
#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::IsEmpty;

constexpr int kPhotos = 20;
constexpr int kFacesOfPhoto = 2;

class ChangedSinceTest : public AlbumTest {
 protected:
  struct Plan {
    RegroupPlan plan;
    PlanBasis basis;
  };

  void add_album() {
    for (int photo = 1; photo <= kPhotos; ++photo)
      for (const FaceId face : add_photo(photo, kFacesOfPhoto)) faces_.push_back(face);
  }
  FaceId somebodys_face() {
    return faces_[static_cast<std::size_t>(draw(random_, static_cast<int>(faces_.size())))];
  }

  /// Groups at random that obey all facts.
  std::vector<std::int32_t> groups_at_random(const ClusteringInput& input) {
    const auto count = static_cast<std::int32_t>(input.faces.size());
    std::vector<std::int32_t> group(input.faces.size());
    std::iota(group.begin(), group.end(), 0);
    const auto join = [&](std::int32_t a, std::int32_t b) {
      const std::int32_t left = group[static_cast<std::size_t>(a)];
      const std::int32_t right = group[static_cast<std::size_t>(b)];
      std::ranges::replace(group, left, right);
    };
    for (std::int32_t i = 0; i < count; ++i)
      for (std::int32_t j = 0; j < i; ++j)
        if (const auto block = input.block[static_cast<std::size_t>(i)];
            block != kNone && block == input.block[static_cast<std::size_t>(j)])
          join(i, j);
    for (int tries = 0; tries < 10; ++tries) {
      const auto before = group;
      join(draw(random_, count), draw(random_, count));
      if (!obeys(input, group)) group = before;
    }
    return group;
  }

  /// Pair by pair.
  static bool obeys(const ClusteringInput& input, const std::vector<std::int32_t>& group) {
    const auto together = [&](std::size_t i, std::size_t j) { return group[i] == group[j]; };
    for (std::size_t i = 0; i < group.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (!together(i, j)) continue;
        const bool held = input.block[i] != kNone && input.block[i] == input.block[j];
        if (!held && input.photo[i] != kNone && input.photo[i] == input.photo[j]) return false;
        if (input.label[i] != kNone && input.label[j] != kNone && input.label[i] != input.label[j])
          return false;
      }
    }
    for (const ClusteringInput::Separation& apart : input.apart)
      for (const std::int64_t left : apart.left)
        for (const std::int64_t right : apart.right)
          if (together(static_cast<std::size_t>(left), static_cast<std::size_t>(right)))
            return false;
    return true;
  }

  Plan plan_at_random() {
    const ClusteringInput input = clustering_input(catalog_, model_);
    return {.plan = plan_groups(catalog_, input, groups_at_random(input)),
            .basis = plan_basis(catalog_)};
  }

  /// Says something; false when that could not be said.
  bool say_something() {
    const FaceId face = somebodys_face();
    const PersonId a = require_person_of(catalog_, face);
    const PersonId b = require_person_of(catalog_, somebodys_face());
    try {
      switch (draw(random_, 9)) {
        case 0:
          name_person(catalog_, a, fmt::format("Person {}", ++names_));
          break;
        case 1:
          merge_people(catalog_, a, b);
          break;
        case 2:
          tell_apart(catalog_, a, b);
          break;
        case 3:
          move_faces(catalog_, std::vector{face}, b);
          break;
        case 4:
          reject_faces(catalog_, std::vector{face});
          break;
        case 5:
          split_person(catalog_, a, std::vector{face});
          break;
        case 6:
          hide_person(catalog_, a, true);
          break;
        case 7:
          allow_same_photo(catalog_, catalog_.photo_of(face));
          break;
        default:
          undo_fact(catalog_, {});
      }
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  Random random_{5};
  std::vector<FaceId> faces_;
  int names_ = 0;
};

TEST_F(ChangedSinceTest, NothingIsLeftOutOfWhatNobodyChanged) {
  add_album();
  store_groups(catalog_, plan_at_random().plan);
  name_person(catalog_, require_person_of(catalog_, faces_[0]), "Ann");
  Plan made = plan_at_random();
  const RegroupPlan before = made.plan;
  EXPECT_EQ(leave_out_changed(catalog_, made.basis, made.plan), 0);
  EXPECT_EQ(made.plan.moves, before.moves);
  EXPECT_EQ(made.plan.new_people, before.new_people);
  EXPECT_EQ(made.plan.result.people, before.result.people);
  EXPECT_EQ(made.plan.result.moved_faces, before.result.moved_faces);
  EXPECT_EQ(made.plan.result.churned_faces, before.result.churned_faces);
  EXPECT_EQ(made.plan.result.vanished_people, before.result.vanished_people);
}

TEST_F(ChangedSinceTest, APlanNeverPutsAFaceThatIsGone) {
  const FaceId stays = add_photo(1, 1)[0];
  const FaceId goes = add_photo(2, 1)[0];
  const ClusteringInput input = clustering_input(catalog_, model_);
  Plan made{.plan = plan_groups(catalog_, input, std::vector{0, 0}), .basis = plan_basis(catalog_)};
  catalog_.remove_face(goes);
  EXPECT_EQ(leave_out_changed(catalog_, made.basis, made.plan), 2);
  store_groups(catalog_, std::move(made.plan));
  EXPECT_EQ(person_of(stays), -1);
}

/// Step by step: who was changed, and who exchanges a face with one of these.
std::set<PersonId> disturbed_step_by_step(const RegroupPlan& plan, const PlanBasis& basis,
                                          const std::set<PersonId>& changed) {
  std::set<PersonId> disturbed = changed;
  for (std::size_t before = 0; before != disturbed.size();) {
    before = disturbed.size();
    for (const auto& [face, person] : plan.moves) {
      const auto home = basis.memberships.find(face);
      if (home == basis.memberships.end()) continue;
      if (disturbed.contains(home->second) || disturbed.contains(person))
        disturbed.insert({home->second, person});
    }
  }
  return disturbed;
}

TEST_F(ChangedSinceTest, WhatWasSaidStaysAndEverybodyElseBecomesWhatWasPlanned) {
  add_album();
  store_groups(catalog_, plan_at_random().plan);
  int planned_in_part = 0;
  for (int trial = 0; trial < 200; ++trial) {
    for (int i = draw(random_, 3); i > 0; --i) say_something();
    Plan made = plan_at_random();
    const RegroupPlan whole = made.plan;
    for (int said = draw(random_, 3); said > 0;) said -= say_something() ? 1 : 0;
    if (draw(random_, 5) == 0) store_groups(catalog_, plan_at_random().plan);
    const auto now = catalog_.memberships();

    const std::int64_t left = leave_out_changed(catalog_, made.basis, made.plan);
    EXPECT_EQ(left + std::ssize(made.plan.moves), std::ssize(whole.moves));
    const auto announced = made.plan.result;
    store_groups(catalog_, std::move(made.plan));
    ASSERT_THAT(broken_facts(catalog_), IsEmpty()) << "trial " << trial;
    const auto after = catalog_.memberships();
    std::set<PersonId> moved_to;
    std::int64_t moved = 0;
    for (const auto& [face, person] : after) {
      if (person == now.at(face)) continue;
      ++moved;
      moved_to.insert(person);
    }
    EXPECT_EQ(announced.moved_faces, moved);

    // By changed faces alone; more people may be left as they are because of facts.
    std::set<PersonId> changed;
    for (const auto& [face, person] : now) {
      if (const PersonId before = made.basis.memberships.at(face); before != person)
        changed.insert({before, person});
    }
    for (const auto& [face, person] : after) {
      if (changed.contains(now.at(face))) {
        EXPECT_EQ(person, now.at(face)) << "trial " << trial << ", face " << face;
      }
    }
    if (made.basis.facts.size() == catalog_.facts().size()) {
      const auto disturbed = disturbed_step_by_step(whole, made.basis, changed);
      for (const auto& [face, person] : whole.moves) {
        const bool goes = !disturbed.contains(person);
        EXPECT_EQ(after.at(face) != now.at(face), goes) << "trial " << trial;
        if (goes && person > 0) {
          EXPECT_EQ(after.at(face), person);
        }
      }
    }
    planned_in_part += left > 0 && moved > 0 ? 1 : 0;
  }
  EXPECT_GT(planned_in_part, 20) << "the trials try both";
}

}  // namespace
}  // namespace facenet
