#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "image/image.h"

namespace facenet {

inline constexpr int kSheetFace = 128;  ///< edge of a face on a sheet, in pixels

/// A row of a contact sheet: a person.
struct SheetRow {
  std::string name{};    ///< empty: none
  std::string number{};  ///< "person 15"
  std::string count{};   ///< "17 faces"
  /// kSheetFace pixels a side, the most typical first; without pixels where a face cannot be shown.
  std::vector<Image> faces{};
  /// Of each face, how many like it stand behind it; empty: none.
  std::vector<std::size_t> like_it{};
  /// Faces that are left out, which stood behind so many of `faces`.
  std::int64_t left_out = 0;
  std::size_t left_out_after = 0;
};

/// Which of so many faces in an order are drawn in a row of `room`: all, or as many of the first as
/// of the last (or one more).
struct RowChoice {
  std::size_t first = 0, last = 0;  ///< how many from either end

  std::size_t count() const { return first + last; }
};
RowChoice choose_for_row(std::size_t faces, std::size_t room);

/// The rows below each other, all as wide as the longest. Throws Error where no text can be drawn.
Image draw_sheet(std::span<const SheetRow> rows);

}  // namespace facenet
