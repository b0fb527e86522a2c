#include "pipeline/video/face_tracks.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::FloatNear;
using testing::Pointwise;
using testing::SizeIs;

constexpr TrackRule kTrackRule{.anywhere = 0.5, .in_place = 1.0, .recognisability = {}};

/// A face whose vector points at `degrees`: 41 degrees are a squared distance of 0.5, 60 of 1.
SeenFace seen(double degrees, float x = 0, float edge = 100) {
  const double angle = degrees / 180 * M_PI;
  return {.face = {.box = {x, 0, edge, edge}, .score = 1, .landmarks = {}},
          .vector = {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))},
          .evidence = {.length = 1, .sharpness = 1}};
}

std::vector<std::int64_t> times_of(const Face& face) {
  std::vector<std::int64_t> times;
  for (const Sighting& sighting : face.sightings) times.push_back(sighting.time_ms);
  return times;
}

TEST(FaceTracks, JoinFacesThatLookAlikeWhereverTheyAre) {
  FaceTracks tracks(kTrackRule);
  tracks.add_frame(0, {seen(0)});
  tracks.add_frame(2000, {});
  tracks.add_frame(4000, {seen(20, 500)});
  const auto people = tracks.finish();
  ASSERT_THAT(people, SizeIs(1));
  EXPECT_THAT(times_of(people[0].face), ElementsAre(0, 4000));
  EXPECT_NEAR(std::atan2(people[0].vector[1], people[0].vector[0]), 10.0 / 180 * M_PI, 1e-5);
}

TEST(FaceTracks, JoinFacesThatLookLessAlikeOnlyInPlace) {
  FaceTracks moved(kTrackRule);
  moved.add_frame(0, {seen(0)});
  moved.add_frame(2000, {seen(50, 300)});
  EXPECT_THAT(moved.finish(), SizeIs(2));

  FaceTracks in_place(kTrackRule);
  in_place.add_frame(0, {seen(0)});
  in_place.add_frame(2000, {seen(50, 20)});
  EXPECT_THAT(in_place.finish(), SizeIs(1));

  FaceTracks later(kTrackRule);
  later.add_frame(0, {seen(0)});
  later.add_frame(2000, {});
  later.add_frame(4000, {seen(50, 20)});
  EXPECT_THAT(later.finish(), SizeIs(2));
}

TEST(FaceTracks, KeepTwoFacesOfOneFrameApart) {
  FaceTracks tracks(kTrackRule);
  tracks.add_frame(0, {seen(0), seen(5, 300)});
  tracks.add_frame(2000, {seen(5, 300), seen(0)});
  const auto people = tracks.finish();
  ASSERT_THAT(people, SizeIs(2));
  for (const SeenFace& person : people) {
    const Sighting& last = person.face.sightings.back();
    EXPECT_EQ(last.box.x, person.face.sightings.front().box.x);
  }
}

TEST(FaceTracks, ShowThePersonInTheBestFrame) {
  FaceTracks tracks(kTrackRule);
  tracks.add_frame(0, {seen(0, 0, 50)});
  tracks.add_frame(2000, {seen(10, 7, 200)});
  tracks.add_frame(4000, {seen(20, 9, 100)});
  const auto people = tracks.finish();
  ASSERT_THAT(people, SizeIs(1));
  EXPECT_EQ(people[0].face.time_ms, 2000);
  EXPECT_EQ(people[0].face.box.x, 7);
}

TEST(FaceTracks, PreferFacesThatTheModelCanTell) {
  // Sharpness alone counts.
  FaceTracks tracks({.anywhere = 0.5,
                     .in_place = 1,
                     .recognisability = {.length = 0, .sharpness = 5, .offset = 0}});
  SeenFace blurred = seen(0, 0, 120);
  blurred.evidence.sharpness = 0.2;
  tracks.add_frame(0, {blurred});
  tracks.add_frame(2000, {seen(10, 7, 100)});
  const auto people = tracks.finish();
  ASSERT_THAT(people, SizeIs(1));
  EXPECT_EQ(people[0].face.time_ms, 2000);
  EXPECT_EQ(people[0].evidence.sharpness, 1);
}

TEST(FaceTracks, TakeTheMeanOfTheFiveBestFaces) {
  FaceTracks tracks(kTrackRule);
  for (int i = 0; i < 5; ++i) tracks.add_frame(i, {seen(0, 0, 100)});
  for (int i = 5; i < 10; ++i) tracks.add_frame(i, {seen(30, 0, 60)});
  const auto people = tracks.finish();
  ASSERT_THAT(people, SizeIs(1));
  EXPECT_THAT(people[0].vector, ElementsAre(FloatNear(1, 1e-6F), FloatNear(0, 1e-6F)));
  EXPECT_THAT(people[0].face.sightings, SizeIs(10));
}

TEST(FaceTracks, AreInAnOrderThatDependsOnTheFacesAlone) {
  FaceTracks tracks(kTrackRule);
  tracks.add_frame(0, {seen(0, 0, 50), seen(180, 300, 90)});
  const auto people = tracks.finish();
  ASSERT_THAT(people, SizeIs(2));
  EXPECT_EQ(people[0].face.box.width, 90);
}

}  // namespace
}  // namespace facenet
