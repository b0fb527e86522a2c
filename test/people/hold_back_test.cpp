#include "people/grouping/hold_back.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Ann of three faces near angle 0, and somebody without a name near angle 1; all in photos of
/// their own.
class HoldBackTest : public AlbumTest {
 protected:
  std::vector<FaceId> add_faces(double angle, int count) {
    std::vector<FaceId> faces;
    for (int i = 0; i < count; ++i) {
      faces.push_back(add_photo(++photo_, 1)[0]);
      catalog_.put_embedding(
          faces.back(), model_,
          std::vector{static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))});
    }
    return faces;
  }
  void name_ann(int others) {
    ann_ = add_faces(0, 3);
    other_ = add_faces(1, others);
    regroup({ann_, other_});
    name_person(catalog_, person_of(ann_[0]), "Ann");
  }
  /// What the clustering made one group, as it is stored.
  std::vector<HeldBack> group_all() {
    const ClusteringInput input = clustering_input(catalog_, model_);
    std::vector<std::int32_t> cluster(input.faces.size(), 0);
    LateVectors vectors(catalog_, model_, input);
    const auto held_back = hold_back(catalog_, vectors, cluster);
    store_groups(catalog_, plan_groups(catalog_, input, cluster));
    return held_back;
  }

  std::vector<FaceId> ann_, other_;
  int photo_ = 0;
};

TEST_F(HoldBackTest, APersonWithANameTakesNobodyOverUnasked) {
  name_ann(5);
  const PersonId ann = person_of(ann_[0]);
  const PersonId other = person_of(other_[0]);
  const auto near_ann = add_faces(0.2, 1);
  const auto near_other = add_faces(0.8, 1);
  EXPECT_THAT(group_all(), ElementsAre(HeldBack{ann, other, 5}));
  EXPECT_EQ(person_of(ann_[2]), ann);
  EXPECT_EQ(person_of(other_[4]), other);
  EXPECT_EQ(person_of(near_ann[0]), ann) << "a new face goes to the nearer";
  EXPECT_EQ(person_of(near_other[0]), other);
  const auto before = catalog_.memberships();
  EXPECT_THAT(group_all(), ElementsAre(HeldBack{ann, other, 6}));
  EXPECT_EQ(catalog_.memberships(), before) << "the same again";
}

TEST_F(HoldBackTest, AnAnswerDecides) {
  name_ann(5);
  const PersonId ann = person_of(ann_[0]);
  merge_people(catalog_, ann, person_of(other_[0]));
  EXPECT_THAT(group_all(), IsEmpty());
  EXPECT_EQ(person_of(other_[0]), ann);
  undo_fact(catalog_, {});
  name_person(catalog_, ann, "");
  EXPECT_THAT(group_all(), IsEmpty()) << "nobody has a name";
  EXPECT_EQ(person_of(other_[0]), person_of(ann_[0]));
}

TEST_F(HoldBackTest, FewFacesAndNewOnesJoin) {
  name_ann(4);
  const auto fresh = add_faces(1, 9);
  EXPECT_THAT(group_all(), IsEmpty());
  EXPECT_EQ(person_of(other_[0]), person_of(ann_[0]));
  EXPECT_EQ(person_of(fresh[0]), person_of(ann_[0]));
}

TEST_F(HoldBackTest, WhoNobodyIsAskedAboutJoins) {
  name_ann(5);
  hide_person(catalog_, person_of(ann_[0]), true);
  EXPECT_THAT(group_all(), IsEmpty());
  EXPECT_EQ(person_of(other_[0]), person_of(ann_[0]));
}

TEST_F(HoldBackTest, WhatWasTogetherGoesTogether) {
  name_ann(5);
  const auto two = add_faces(0.7, 2);
  const auto third = add_faces(0.1, 1);
  regroup({ann_, other_, {two[0], two[1], third[0]}});
  const auto held_back = group_all();
  EXPECT_THAT(held_back, testing::SizeIs(1));
  EXPECT_EQ(person_of(third[0]), person_of(two[0])) << "though it is nearer to Ann itself";
  EXPECT_EQ(person_of(two[0]), person_of(other_[0])) << "with whom their mean is nearer: 0.5";
}

}  // namespace
}  // namespace facenet
