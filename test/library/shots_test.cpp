// Photos of one moment count once.
#include "library/shots.h"

#include <numeric>

#include <gtest/gtest.h>

#include "people/statements.h"
#include "test/library/wide_album.h"

namespace facenet {
namespace {

constexpr std::int64_t kNoon = 1'795'867'200;

TEST(OneMoment, IsAMinuteOrTheSameScene) {
  const PhotoMoment unknown{};
  const PhotoMoment noon{.taken = kNoon};
  EXPECT_TRUE(is_one_moment(noon, {.taken = kNoon + 60}));
  EXPECT_TRUE(is_one_moment({.taken = kNoon + 60}, noon));
  EXPECT_FALSE(is_one_moment(noon, {.taken = kNoon + 61}));
  EXPECT_FALSE(is_one_moment(unknown, unknown)) << "photos of which nothing is known";
  EXPECT_FALSE(is_one_moment({.taken = 30}, unknown)) << "0 is no time";

  constexpr std::uint64_t kScene = 0x0123'4567'89ab'cdef;
  const PhotoMoment scene{.perceptual_hash = kScene};
  EXPECT_TRUE(is_one_moment(scene, {.perceptual_hash = kScene ^ 0x3ff}));   // ten bits
  EXPECT_FALSE(is_one_moment(scene, {.perceptual_hash = kScene ^ 0x7ff}));  // eleven
  EXPECT_FALSE(is_one_moment(scene, noon));
  EXPECT_FALSE(is_one_moment({.perceptual_hash = 0}, unknown)) << "no hash is not the hash 0";
  EXPECT_TRUE(is_one_moment({.taken = kNoon, .perceptual_hash = kScene},
                            {.taken = kNoon + 86'400, .perceptual_hash = kScene}))
      << "a copy that says another time";
}

class ShotsTest : public WideAlbumTest {
 protected:
  /// A photo of one face.
  FaceId add_at(const std::vector<float>& vector, const PhotoMoment& moment) {
    const FaceId face = add({vector})[0];
    move_to(face, moment);
    return face;
  }
  void move_to(FaceId face, const PhotoMoment& moment) {
    for (const FaceRecord& record : catalog_.faces())
      if (record.id == face) catalog_.put_moment(record.photo, moment);
  }
  double shots_of_all() const {
    const ClusteringInput input = clustering_input(catalog_, model_);
    const std::vector<float> values = load_vectors(catalog_, model_, input);
    std::vector<std::size_t> rows(input.faces.size());
    std::iota(rows.begin(), rows.end(), 0U);
    return Shots(input, values, JoinConstantsByKind::all(kReferenceJoins)).count(rows);
  }
};

TEST_F(ShotsTest, FacesOfOneMomentCountOnceWhereTheyAreAlike) {
  const auto ann = direction();
  for (int i = 0; i < 4; ++i) add_at(face_at(ann, 0.8F), {.taken = kNoon + i});
  EXPECT_EQ(shots_of_all(), 1) << "of one person";
  add_at(face_at(ann, 0.8F), {.taken = kNoon + 3600});
  EXPECT_EQ(shots_of_all(), 2);
  add_at(face(direction(), 0), {.taken = kNoon});
  EXPECT_EQ(shots_of_all(), 3) << "another person beside her";
  add_at(face(ann, 0), {});
  add_at(face(ann, 0.01F), {});
  EXPECT_EQ(shots_of_all(), 4) << "near-duplicates count once without a time";
}

TEST_F(ShotsTest, WhatABurstSaysOfAPersonIsWhatOnePhotoSays) {
  // Two people, so far apart that a photo of each is one person, and several photos of each are
  // two.
  const auto ann = face(direction(), 0);
  const auto bob = face_at(ann, 0.36F);
  std::vector<FaceId> anns;
  std::vector<FaceId> bobs;
  for (int i = 0; i < 3; ++i) {
    anns.push_back(add_at(face(ann, 0.06F), {.taken = kNoon + i}));
    bobs.push_back(add_at(face(bob, 0.06F), {.taken = kNoon + 86'400 + i}));
  }
  const ReclusterReport as_bursts = cluster();
  EXPECT_EQ(person_of(anns[0]), person_of(bobs[0]));
  EXPECT_EQ(as_bursts.without_moment, 6U) << "no hash was noted";
  const auto before = partition();
  cluster(kPoint, true);
  EXPECT_EQ(partition(), before) << "from scratch as well";

  // The same photos, each of another day.
  for (int i = 0; i < 3; ++i) {
    move_to(anns[static_cast<std::size_t>(i)], {.taken = kNoon + 86'400 * (2 + i)});
    move_to(bobs[static_cast<std::size_t>(i)], {.taken = kNoon + 86'400 * (9 + i)});
  }
  const ReclusterReport as_days = cluster();
  EXPECT_NE(as_days.computation, Computation::kNone) << "times are what people follow from";
  EXPECT_EQ(as_days.computation, Computation::kCut) << "but no join";
  EXPECT_NE(person_of(anns[0]), person_of(bobs[0]));
  EXPECT_EQ(person_of(anns[0]), person_of(anns[2]));
}

TEST_F(ShotsTest, APersonOfWhomMuchWasSaidCountsHerBurstsOnce) {
  const auto ann = direction();
  std::vector<FaceId> faces;
  for (int i = 0; i < 3; ++i) faces.push_back(add_at(face_at(ann, 0.8F), {.taken = kNoon + i}));
  cluster();
  ASSERT_EQ(person_of(faces[0]), person_of(faces[2]));
  name_person(catalog_, person_of(faces[0]), "Ann");
  EXPECT_EQ(cluster().rivals, (Rivals{.of_one = 1, .of_more = 0}));
  move_to(faces[2], {.taken = kNoon + 86'400});
  EXPECT_EQ(cluster().rivals, (Rivals{.of_one = 0, .of_more = 1}));
}

}  // namespace
}  // namespace facenet
