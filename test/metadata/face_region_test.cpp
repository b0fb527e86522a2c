#include "metadata/face_region.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace facenet {
namespace {

/// A picture of 4 x 3 cells, turned as EXIF 2.3, table 5 says where the stored rows and columns are
/// in the upright picture.
using Cell = std::array<int, 2>;  // column, row

Cell upright_cell(Cell stored, int orientation) {
  constexpr int kColumns = 4;
  constexpr int kRows = 3;
  const auto [column, row] = stored;
  const int from_right = kColumns - 1 - column;
  const int from_bottom = kRows - 1 - row;
  switch (orientation) {
    case 1:  // row 0 is the top, column 0 the left side
      return {column, row};
    case 2:  // top, right
      return {from_right, row};
    case 3:  // bottom, right
      return {from_right, from_bottom};
    case 4:  // bottom, left
      return {column, from_bottom};
    case 5:  // left, top
      return {row, column};
    case 6:  // right, top
      return {from_bottom, column};
    case 7:  // right, bottom
      return {from_bottom, from_right};
    default:  // left, bottom
      return {row, from_right};
  }
}

FaceRegion region_of_cell(Cell cell, int columns, int rows) {
  return {.name = "Ann",
          .x = cell[0] / double(columns),
          .y = cell[1] / double(rows),
          .width = 1 / double(columns),
          .height = 1 / double(rows)};
}

void expect_near(const FaceRegion& a, const FaceRegion& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_NEAR(a.x, b.x, 1e-12);
  EXPECT_NEAR(a.y, b.y, 1e-12);
  EXPECT_NEAR(a.width, b.width, 1e-12);
  EXPECT_NEAR(a.height, b.height, 1e-12);
}

TEST(FaceRegion, TurnsAsThePictureDoes) {
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (int column = 0; column < 4; ++column)
      for (int row = 0; row < 3; ++row) {
        SCOPED_TRACE(fmt::format("orientation {}, cell {} {}", orientation, column, row));
        const FaceRegion stored = region_of_cell({column, row}, 4, 3);
        const bool turned = orientation >= 5;
        const FaceRegion upright = region_of_cell(upright_cell({column, row}, orientation),
                                                  turned ? 3 : 4, turned ? 4 : 3);
        expect_near(to_upright(stored, orientation), upright);
        expect_near(to_stored(upright, orientation), stored);
      }
}

TEST(FaceRegion, OverlapIsTheShareOfWhatBothCover) {
  const FaceRegion whole{.x = 0, .y = 0, .width = 1, .height = 1};
  EXPECT_DOUBLE_EQ(overlap(whole, whole), 1);
  EXPECT_DOUBLE_EQ(overlap(whole, {.x = 0.5, .y = 0, .width = 1, .height = 1}), 1.0 / 3);
  EXPECT_DOUBLE_EQ(overlap(whole, {.x = 1, .y = 0, .width = 1, .height = 1}), 0);
}

TEST(FaceRegion, LinesAreReadBack) {
  const FaceRegions regions{
      .width = 4000,
      .height = 3000,
      .regions = {
          {.name = "Ann  O'Hara \xc3\xa9", .x = 1.0 / 3, .y = -0.1, .width = 1e-7, .height = 0.25},
          {.name = "", .x = 0, .y = 0, .width = 1, .height = 1}}};
  EXPECT_EQ(regions_of_lines(to_lines(regions)), regions);
  EXPECT_EQ(regions_of_lines(to_lines({})), FaceRegions{});
  EXPECT_EQ(regions_of_lines(""), FaceRegions{});
}

TEST(FaceRegion, LinesOfAReaderThatWasTakenOverAreRefusedOrHarmless) {
  for (const char* lines :
       {"x", "1", "-99999999999 1\n", "10 10\nnan 0 1 1 Ann\n", "10 10\ninf 0 1 1 Ann\n",
        "10 10\n0 0 1e300 1 Ann\n", "10 10\n0 0 1\n", "10 10\n0,5 0 1 1 Ann\n", "\n"})
    EXPECT_THROW(regions_of_lines(lines), Error) << lines;
  EXPECT_EQ(regions_of_lines("1 1\n0 0 1 1 \xff").regions[0].name, "\xef\xbf\xbd");
}

}  // namespace
}  // namespace facenet
