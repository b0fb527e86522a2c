#include "image/perceptual_hash.h"

#include <algorithm>
#include <array>

namespace facenet {
namespace {

constexpr int kRows = 8;
constexpr int kColumns = 9;

/// Pixels of one row or column of cells; of a picture with fewer pixels than cells, the nearest.
struct Range {
  int begin = 0, end = 0;
};

Range cell_range(int cell, int cells, int pixels) {
  const auto edge = [&](int at) {
    return static_cast<int>(static_cast<std::int64_t>(at) * pixels / cells);
  };
  const int begin = std::min(edge(cell), pixels - 1);
  return {begin, std::max(edge(cell + 1), begin + 1)};
}

/// Mean brightness, by the weights of ITU-R BT.601 in thousandths.
double brightness_of(const Image& image, Range columns, Range rows) {
  std::int64_t sum = 0;
  for (int y = rows.begin; y < rows.end; ++y) {
    const std::uint8_t* pixel = image.row(y) + std::ptrdiff_t{3} * columns.begin;
    for (int x = columns.begin; x < columns.end; ++x, pixel += 3)
      sum += 299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2];
  }
  const std::int64_t count = std::int64_t{columns.end - columns.begin} * (rows.end - rows.begin);
  return static_cast<double>(sum) / static_cast<double>(count);
}

}  // namespace

std::uint64_t perceptual_hash(const Image& image) {
  if (image.empty()) return 0;
  std::uint64_t hash = 0;
  for (int row = 0; row < kRows; ++row) {
    const Range rows = cell_range(row, kRows, image.height);
    std::array<double, kColumns> cells{};
    for (int column = 0; column < kColumns; ++column)
      cells[static_cast<std::size_t>(column)] =
          brightness_of(image, cell_range(column, kColumns, image.width), rows);
    for (std::size_t column = 1; column < cells.size(); ++column)
      hash = hash << 1 | (cells[column] > cells[column - 1] ? 1U : 0U);
  }
  return hash;
}

}  // namespace facenet
