#include "pipeline/video/film_faces.h"

#include <cmath>
#include <cstdint>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr TrackRule kRule{.anywhere = 0.5, .in_place = 1.0, .recognisability = {}};

/// People look like waves of their own length; its first pixel says whose picture it is.
Image picture_of(int person, double moved = 0) {
  Image chip(112, 112);
  for (int y = 0; y < chip.height; ++y)
    for (int x = 0; x < chip.width; ++x) {
      const double wave = std::sin((x + moved) / (2.0 + person)) * std::cos(y / (3.0 + person));
      for (int c = 0; c < 3; ++c)
        chip.row(y)[3 * x + c] = static_cast<std::uint8_t>(std::lround(120 + 80 * wave));
    }
  chip.pixels[0] = static_cast<std::uint8_t>(person);
  return chip;
}

Image frame_of(std::uint8_t grey) {
  Image frame(96, 54);
  std::ranges::fill(frame.pixels, grey);
  return frame;
}

Face face_at(float x) {
  return {.box = {x, 0, 100, 100}, .score = 1, .landmarks = {}};
}

class FilmFacesTest : public testing::Test {
 protected:
  /// Person n's vector is the unit vector n of eight; 0 has none.
  std::vector<float> embed(std::span<const Image> chips, std::vector<float>* lengths) {
    std::vector<float> vectors(8 * chips.size());
    for (std::size_t i = 0; i < chips.size(); ++i) {
      const auto person = std::size_t{chips[i].pixels[0]};
      if (person > 0) vectors[8 * i + person] = 1;
      embedded_.push_back(static_cast<int>(person));
    }
    lengths->assign(chips.size(), 1);
    return vectors;
  }
  static std::vector<std::int64_t> times_of(const SeenFace& seen) {
    std::vector<std::int64_t> times;
    for (const Sighting& sighting : seen.face.sightings) times.push_back(sighting.time_ms);
    return times;
  }

  std::vector<int> embedded_;
  FilmFaces film_{kRule, [this](std::span<const Image> chips, std::vector<float>* lengths) {
                    return embed(chips, lengths);
                  }};
};

TEST_F(FilmFacesTest, AFrameLikeTheOneBeforeHasItsFaces) {
  ASSERT_FALSE(film_.repeat(0, frame_of(100)));
  film_.add(0, std::vector{face_at(0), face_at(300)}, std::vector{picture_of(1), picture_of(2)});
  EXPECT_TRUE(film_.repeat(2000, frame_of(101)));
  EXPECT_TRUE(film_.repeat(4000, frame_of(99)));
  const auto people = film_.finish();
  ASSERT_THAT(people, SizeIs(2));
  for (const SeenFace& person : people) EXPECT_THAT(times_of(person), ElementsAre(0, 2000, 4000));
  EXPECT_THAT(embedded_, ElementsAre(1, 2));
}

/// So that a slow change is seen in the end.
TEST_F(FilmFacesTest, IsComparedWithTheFrameInWhichFacesWereFound) {
  ASSERT_FALSE(film_.repeat(0, frame_of(100)));
  film_.add(0, {}, {});
  EXPECT_TRUE(film_.repeat(2000, frame_of(103)));
  EXPECT_FALSE(film_.repeat(4000, frame_of(106)));
}

TEST_F(FilmFacesTest, AFaceThatLooksTheSameIsEmbeddedOnceWhereverItIs) {
  film_.add(0, std::vector{face_at(0), face_at(300)}, std::vector{picture_of(1), picture_of(2)});
  film_.add(2000, std::vector{face_at(280), face_at(580)},
            std::vector{picture_of(1), picture_of(2)});
  const auto people = film_.finish();
  ASSERT_THAT(people, SizeIs(2));
  for (const SeenFace& person : people) {
    EXPECT_THAT(times_of(person), ElementsAre(0, 2000));
    EXPECT_EQ(person.face.sightings[1].box.x, person.face.sightings[0].box.x + 280);
  }
  EXPECT_THAT(embedded_, ElementsAre(1, 2));
}

TEST_F(FilmFacesTest, AnotherFaceInThePlaceIsEmbedded) {
  film_.add(0, std::vector{face_at(0)}, std::vector{picture_of(1)});
  film_.add(2000, std::vector{face_at(0)}, std::vector{picture_of(2)});
  film_.add(4000, std::vector{face_at(0)}, std::vector{picture_of(1)});
  const auto people = film_.finish();
  ASSERT_THAT(people, SizeIs(2));
  EXPECT_THAT(times_of(people[0]), ElementsAre(0, 4000));
  EXPECT_THAT(times_of(people[1]), ElementsAre(2000));
  EXPECT_THAT(embedded_, ElementsAre(1, 2, 1));
}

TEST_F(FilmFacesTest, OneWhoIsSeenInOneFrameIsFound) {
  film_.add(0, std::vector{face_at(0)}, std::vector{picture_of(1)});
  film_.add(2000, std::vector{face_at(0), face_at(300)}, std::vector{picture_of(1), picture_of(2)});
  film_.add(4000, std::vector{face_at(0)}, std::vector{picture_of(1)});
  const auto people = film_.finish();
  ASSERT_THAT(people, SizeIs(2));
  EXPECT_THAT(times_of(people[0]), ElementsAre(0, 2000, 4000));
  EXPECT_THAT(times_of(people[1]), ElementsAre(2000));
}

TEST_F(FilmFacesTest, AFaceOfTheFrameBeforeIsOneFaceOnly) {
  film_.add(0, std::vector{face_at(0)}, std::vector{picture_of(1)});
  // In a mirror, perhaps.
  film_.add(2000, std::vector{face_at(0), face_at(300)}, std::vector{picture_of(1), picture_of(1)});
  EXPECT_THAT(film_.finish(), SizeIs(2));
  EXPECT_THAT(embedded_, ElementsAre(1, 1));
}

TEST_F(FilmFacesTest, AFaceThatChangesSlowlyIsEmbeddedAnewInTheEnd) {
  for (int frame = 0; frame < 8; ++frame)
    film_.add(frame, std::vector{face_at(0)}, std::vector{picture_of(3, 0.2 * frame)});
  ASSERT_THAT(film_.finish(), SizeIs(1));
  EXPECT_GT(embedded_.size(), 1U);
  EXPECT_LT(embedded_.size(), 8U);
}

TEST_F(FilmFacesTest, AFaceWithoutAVectorIsNone) {
  film_.add(0, std::vector{face_at(0), face_at(300)}, std::vector{picture_of(0), picture_of(1)});
  film_.add(2000, std::vector{face_at(0)}, std::vector{picture_of(0)});
  const auto people = film_.finish();
  ASSERT_THAT(people, SizeIs(1));
  EXPECT_EQ(people[0].face.box.x, 300);
}

/// Enough for several batches.
TEST_F(FilmFacesTest, KeepsTheOrderOfFrames) {
  for (int frame = 0; frame < 60; ++frame) {
    const int person = 1 + frame % 2;
    film_.add(frame, std::vector{face_at(0)}, std::vector{picture_of(person)});
  }
  const auto people = film_.finish();
  ASSERT_THAT(people, SizeIs(2));
  for (const SeenFace& person : people) {
    EXPECT_THAT(person.face.sightings, SizeIs(30));
    EXPECT_TRUE(std::ranges::is_sorted(times_of(person)));
  }
  EXPECT_THAT(embedded_, SizeIs(60));
}

}  // namespace
}  // namespace facenet
