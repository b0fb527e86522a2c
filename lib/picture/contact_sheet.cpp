#include "picture/contact_sheet.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "image/draw.h"

namespace facenet {
namespace {

constexpr int kGap = 8;        // between faces, and at the edges
constexpr int kLabel = 230;    // the column of names
constexpr int kOmission = 64;  // where faces are left out
constexpr int kStep = kSheetFace + kGap;

constexpr Colour kPaper = {255, 255, 255};
constexpr Colour kInk = {20, 20, 20};
constexpr Colour kPaleInk = {105, 105, 105};
constexpr Colour kBlank = {225, 225, 225};

int width_of(const SheetRow& row) {
  return kLabel + 2 * kGap + static_cast<int>(row.faces.size()) * kStep +
         (row.left_out > 0 ? kOmission : 0);
}

void draw_label(Image& sheet, const SheetRow& row, int top) {
  constexpr int kHeading = 20, kSmall = 15, kLine = 22, kMostName = 69;
  TextPlace place{.left = kGap, .top = top + 4, .width = kLabel - kGap, .height = kMostName};
  const auto write = [&](const std::string& text, const TextStyle& style) {
    if (const int used = draw_text(sheet, text, place, style); used > 0)
      place.top += std::max(used + 8, kLine);
    place.height = kLine;
  };
  const bool has_name = !row.name.empty();
  if (has_name) write(row.name, {.pixels = kHeading, .bold = true, .colour = kInk});
  write(row.number, {.pixels = has_name ? kSmall : kHeading,
                     .bold = !has_name,
                     .colour = has_name ? kPaleInk : kInk});
  write(row.count, {.pixels = kSmall, .colour = kPaleInk});
}

/// "+2" in the corner of the face at (left, top).
void draw_like_it(Image& sheet, std::size_t like_it, int left, int top) {
  constexpr int kHeight = 22, kDigit = 9, kInset = 4;
  const std::string text = fmt::format("+{}", like_it);
  const int width = kDigit * static_cast<int>(text.size()) + 2 * kInset;
  left += kSheetFace - width - kInset;
  top += kSheetFace - kHeight - kInset;
  paste(sheet, plain_picture(width, kHeight, kPaper), left, top);
  draw_text(sheet, text, {.left = left + kInset, .top = top + 3, .width = width, .height = kHeight},
            {.pixels = 15, .colour = kInk});
}

void draw_row(Image& sheet, const SheetRow& row, int top) {
  draw_label(sheet, row, top);
  int left = kLabel + kGap;
  for (std::size_t i = 0; i <= row.faces.size(); ++i) {
    if (row.left_out > 0 && i == row.left_out_after) {
      const std::string more = fmt::format("+{}", with_thousands(row.left_out));
      draw_text(sheet, more,
                {.left = left, .top = top + kSheetFace / 2 - 8, .width = kOmission, .height = 20},
                {.pixels = 15, .colour = kPaleInk});
      left += kOmission;
    }
    if (i == row.faces.size()) return;
    const Image& face = row.faces[i];
    paste(sheet, face.empty() ? plain_picture(kSheetFace, kSheetFace, kBlank) : face, left, top);
    if (i < row.like_it.size() && row.like_it[i] > 0)
      draw_like_it(sheet, row.like_it[i], left, top);
    left += kStep;
  }
}

}  // namespace

RowChoice choose_for_row(std::size_t faces, std::size_t room) {
  if (faces <= room) return {.first = faces, .last = 0};
  return {.first = room - room / 2, .last = room / 2};
}

Image draw_sheet(std::span<const SheetRow> rows) {
  int width = kLabel + 2 * kGap;
  for (const SheetRow& row : rows) width = std::max(width, width_of(row));
  Image sheet = plain_picture(width, kGap + static_cast<int>(rows.size()) * kStep, kPaper);
  for (std::size_t i = 0; i < rows.size(); ++i)
    draw_row(sheet, rows[i], kGap + static_cast<int>(i) * kStep);
  return sheet;
}

}  // namespace facenet
