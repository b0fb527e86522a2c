#include "picture/contact_sheet.h"

#include <gtest/gtest.h>

#include "image/draw.h"

namespace facenet {
namespace {

Image face_of(std::uint8_t shade) {
  return plain_picture(kSheetFace, kSheetFace, {shade, 0, 0});
}

/// Whether a pixel of a face of this shade is at (x, y).
bool shows(const Image& sheet, int x, int y, std::uint8_t shade) {
  const std::uint8_t* pixel = sheet.row(y) + std::ptrdiff_t{3} * x;
  return pixel[0] == shade && pixel[1] == 0 && pixel[2] == 0;
}

/// Where the faces of a row begin, by looking for their shade.
int left_of(const Image& sheet, int y, std::uint8_t shade) {
  for (int x = 0; x < sheet.width; ++x)
    if (shows(sheet, x, y, shade)) return x;
  return -1;
}

TEST(ChooseForRow, TakesAllWhereThereIsRoom) {
  EXPECT_EQ(choose_for_row(0, 12).count(), 0U);
  EXPECT_EQ(choose_for_row(12, 12).first, 12U);
  EXPECT_EQ(choose_for_row(12, 12).last, 0U);
}

TEST(ChooseForRow, TakesBothEndsWhereThereIsNot) {
  EXPECT_EQ(choose_for_row(57, 12).first, 6U);
  EXPECT_EQ(choose_for_row(57, 12).last, 6U);
  EXPECT_EQ(choose_for_row(57, 5).first, 3U);
  EXPECT_EQ(choose_for_row(57, 5).last, 2U);
  EXPECT_EQ(choose_for_row(2, 1).first, 1U);
  EXPECT_EQ(choose_for_row(2, 1).last, 0U);
}

TEST(DrawSheet, ARowAPersonAndAColumnAFace) {
  const std::vector<SheetRow> rows = {
      {.name = "Anna",
       .number = "person 1",
       .count = "2 faces",
       .faces = {face_of(10), face_of(20)}},
      {.number = "person 2", .count = "1 face", .faces = {face_of(30)}}};
  const Image sheet = draw_sheet(rows);
  const int first = kSheetFace / 2, second = first + kSheetFace;
  const int left = left_of(sheet, first, 10);
  EXPECT_GT(left, 0);
  EXPECT_GE(left_of(sheet, first, 20), left + kSheetFace);
  EXPECT_EQ(left_of(sheet, second, 30), left) << "faces stand below each other";
  EXPECT_EQ(left_of(sheet, second, 10), -1);
  EXPECT_GT(sheet.width, left_of(sheet, first, 20) + kSheetFace);
  EXPECT_GT(sheet.height, 2 * kSheetFace);
}

TEST(DrawSheet, AGapStandsWhereFacesAreLeftOut) {
  SheetRow row{.number = "person 1", .count = "9 faces", .faces = {face_of(10), face_of(20)}};
  const int y = kSheetFace / 2;
  const Image whole = draw_sheet(std::vector{row});
  row.left_out = 7;
  row.left_out_after = 1;
  const Image cut = draw_sheet(std::vector{row});
  EXPECT_EQ(left_of(cut, y, 10), left_of(whole, y, 10));
  EXPECT_GT(left_of(cut, y, 20), left_of(whole, y, 20) + 20);
  row.left_out_after = 2;
  EXPECT_EQ(left_of(draw_sheet(std::vector{row}), y, 20), left_of(whole, y, 20));
}

TEST(DrawSheet, TheCornerOfAFaceSaysHowManyAreLikeIt) {
  SheetRow row{.number = "person 1", .count = "5 faces", .faces = {face_of(10), face_of(20)}};
  const auto pixels_of = [&](std::uint8_t shade) {
    const Image sheet = draw_sheet(std::vector{row});
    int pixels = 0;
    for (int y = 0; y < sheet.height; ++y)
      for (int x = 0; x < sheet.width; ++x) pixels += shows(sheet, x, y, shade) ? 1 : 0;
    return pixels;
  };
  row.like_it = {0, 3};
  EXPECT_EQ(pixels_of(10), kSheetFace * kSheetFace);
  const int marked = pixels_of(20);
  EXPECT_LT(marked, kSheetFace * kSheetFace);
  row.like_it = {0, 3000};
  EXPECT_LT(pixels_of(20), marked) << "which takes more room";
  EXPECT_GT(pixels_of(20), kSheetFace * kSheetFace * 3 / 4);
}

TEST(DrawSheet, FacesThatCannotBeShownLeaveTheirPlace) {
  const SheetRow row{
      .number = "person 1", .count = "3 faces", .faces = {face_of(10), Image(), face_of(30)}};
  const int y = kSheetFace / 2;
  const Image sheet = draw_sheet(std::vector{row});
  EXPECT_GE(left_of(sheet, y, 30), left_of(sheet, y, 10) + 2 * kSheetFace);
}

TEST(DrawSheet, ANameOfAnyLengthStaysOutOfTheFaces) {
  const std::string names[] = {"A", std::string(300, 'W'), "two words <b>",
                               "\u0634\u0645\u0633 \u202e"};
  for (const std::string& name : names) {
    const SheetRow row{
        .name = name, .number = "person 1", .count = "1 face", .faces = {face_of(10)}};
    const Image sheet = draw_sheet(std::vector{row, row});
    const int left = left_of(sheet, kSheetFace / 2, 10);
    for (int y = 8; y < 8 + kSheetFace; ++y) ASSERT_EQ(left_of(sheet, y, 10), left) << name;
  }
}

TEST(DrawSheet, APersonWithoutPhotosHasARow) {
  const SheetRow row{.name = "Anna", .number = "person 1", .count = "0 faces"};
  EXPECT_GT(draw_sheet(std::vector{row}).height, kSheetFace);
}

}  // namespace
}  // namespace facenet
