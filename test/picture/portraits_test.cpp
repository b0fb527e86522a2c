#include "picture/portraits.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/people/album.h"

namespace facenet {
namespace {

using testing::ElementsAre;

class PortraitsTest : public AlbumTest {
 protected:
  /// A photo of one face whose vector stands at this angle, with a file of four bytes.
  FaceId add(const std::string& name, double angle) {
    std::vector<FaceId> faces;
    const PhotoId photo =
        catalog_.add_photo(make_photo(++photos_), std::vector{make_face(1, 1)}, &faces);
    catalog_.put_path({.path = folder_.write(name, "four"), .size = 4, .photo = photo});
    catalog_.put_embedding(faces[0], model_,
                           std::vector{float(std::cos(angle)), float(std::sin(angle))});
    return faces[0];
  }
  Portraits portraits(FaceId face) {
    const PeopleVectors vectors(catalog_, model_);
    return PortraitBook(catalog_, vectors).of(person_of(face));
  }
  static std::vector<FaceId> faces_of(const Portraits& portraits) {
    std::vector<FaceId> faces;
    for (const FaceInPhoto& there : portraits.faces) faces.push_back(there.face.id);
    return faces;
  }

  int photos_ = 0;
};

TEST_F(PortraitsTest, TheMostTypicalComesFirstAndTheMostDoubtfulLast) {
  const FaceId far = add("a", 1.2), near = add("b", 0.1), middle = add("c", 0.0),
               other = add("d", -0.4), stranger = add("e", 3);
  regroup({{far, near, middle, other}, {stranger}});
  EXPECT_THAT(faces_of(portraits(far)), ElementsAre(near, middle, other, far));
  EXPECT_THAT(faces_of(portraits(stranger)), ElementsAre(stranger));
}

TEST_F(PortraitsTest, PhotosThatAreAwayAreCounted) {
  const FaceId there = add("a", 0), gone = add("b", 0.1), other_size = add("c", 0.2);
  regroup({{there, gone, other_size}});
  std::filesystem::remove(folder_.path("b"));
  folder_.write("c", "not four");
  const Portraits now = portraits(there);
  EXPECT_THAT(faces_of(now), ElementsAre(there));
  EXPECT_EQ(now.away.size(), 2U);
  EXPECT_EQ(now.faces[0].path, folder_.path("a"));
  EXPECT_EQ(now.faces[0].photo_width, catalog_.photo(now.faces[0].face.photo).width);
}

FaceInPhoto face_in(FaceId id) {
  return {.face = {.id = id}};
}

TEST(FaceStacks, StandInTheOrderOfTheirFirsts) {
  const std::vector faces = {face_in(10), face_in(11), face_in(12), face_in(13)};
  const auto stacks = face_stacks(faces, std::vector<std::size_t>{0, 1, 0, 1});
  ASSERT_EQ(stacks.size(), 2U);
  EXPECT_EQ(stacks[0].first.face.id, 10);
  ASSERT_EQ(stacks[0].others.size(), 1U);
  EXPECT_EQ(stacks[0].others[0].face.id, 12);
  EXPECT_EQ(stacks[1].first.face.id, 11);
  EXPECT_EQ(face_stacks(faces, {}).size(), 4U);
}

TEST(PortraitRow, LeavesOutStacksWithAllTheirFaces) {
  const Portraits portraits{.faces = {face_in(10), face_in(11), face_in(12), face_in(13)},
                            .stacks = {0, 1, 1, 3},
                            .away = {}};
  const PortraitRow all = portrait_row(portraits, 3);
  EXPECT_EQ(all.stacks.size(), 3U);
  EXPECT_EQ(all.left_out, 0);
  const PortraitRow row = portrait_row(portraits, 2);
  ASSERT_EQ(row.stacks.size(), 2U);
  EXPECT_EQ(row.stacks[0].first.face.id, 10);
  EXPECT_EQ(row.stacks[1].first.face.id, 13);
  EXPECT_EQ(row.left_out, 2);
}

}  // namespace
}  // namespace facenet
