#include "pipeline/video/likeness.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace facenet {
namespace {

/// Pixels of a frame a cell.
constexpr int kCellPixels = 2;
/// Cells a side of what is compared. The smallest face that is found has twice as many pixels a
/// side, and so holds one such place as a whole.
constexpr int kPlace = 3;
/// Mean difference of the cells of a place, of 255, from which it shows something else. Noise and
/// compression change the mean of so many pixels by 1 to 3.
constexpr float kOther = 4;

constexpr int kChipCells = 28;
/// Cells on each side of one that its surroundings have.
constexpr int kAround = 4;

std::size_t at(const BrightnessCells& cells, int x, int y) {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(cells.columns) +
         static_cast<std::size_t>(x);
}

/// Brightness by the weights of ITU-R BT.601; the means of the cells.
BrightnessCells brightness_cells(const Image& image, int columns, int rows) {
  BrightnessCells cells{columns, rows, {}};
  cells.values.resize(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows));
  std::vector<std::int32_t> sums(static_cast<std::size_t>(columns));
  const auto edge = [](int cell, int count, int pixels) {
    return static_cast<int>(std::int64_t{cell} * pixels / count);
  };
  for (int row = 0; row < rows; ++row) {
    std::ranges::fill(sums, 0);
    const int top = edge(row, rows, image.height);
    const int bottom = edge(row + 1, rows, image.height);
    for (int y = top; y < bottom; ++y) {
      const std::uint8_t* pixel = image.row(y);
      for (int column = 0, x = 0; column < columns; ++column) {
        std::int32_t sum = 0;
        for (const int end = edge(column + 1, columns, image.width); x < end; ++x, pixel += 3)
          sum += 77 * pixel[0] + 150 * pixel[1] + 29 * pixel[2];
        sums[static_cast<std::size_t>(column)] += sum / 256;
      }
    }
    for (int column = 0; column < columns; ++column) {
      const int width = edge(column + 1, columns, image.width) - edge(column, columns, image.width);
      cells.values[at(cells, column, row)] =
          static_cast<float>(sums[static_cast<std::size_t>(column)]) /
          static_cast<float>(std::max(1, width * (bottom - top)));
    }
  }
  return cells;
}

/// Each cell less the mean of those around it.
BrightnessCells without_light(const BrightnessCells& cells) {
  BrightnessCells detail = cells;
  for (int y = 0; y < cells.rows; ++y)
    for (int x = 0; x < cells.columns; ++x) {
      float sum = 0;
      int count = 0;
      for (int v = std::max(0, y - kAround); v <= std::min(cells.rows - 1, y + kAround); ++v)
        for (int u = std::max(0, x - kAround); u <= std::min(cells.columns - 1, x + kAround); ++u) {
          sum += cells.values[at(cells, u, v)];
          ++count;
        }
      detail.values[at(cells, x, y)] -= sum / static_cast<float>(count);
    }
  return detail;
}

/// Mean 0, squares that add up to 1; zeros where all are alike.
void normalise(std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += value;
  const auto mean = static_cast<float>(sum / static_cast<double>(values.size()));
  double squares = 0;
  for (float& value : values) {
    value -= mean;
    squares += double{value} * double{value};
  }
  constexpr double kLeast = 1e-6;
  const double scale = squares > kLeast ? 1 / std::sqrt(squares) : 0;
  for (float& value : values) value = static_cast<float>(value * scale);
}

}  // namespace

BrightnessCells frame_cells(const Image& frame) {
  const auto cells = [](int pixels) { return std::max(1, pixels / kCellPixels); };
  return brightness_cells(frame, cells(frame.width), cells(frame.height));
}

bool is_same_frame(const BrightnessCells& a, const BrightnessCells& b) {
  if (a.columns != b.columns || a.rows != b.rows || a.values.empty()) return false;
  for (int top = 0; top < a.rows; top += kPlace)
    for (int left = 0; left < a.columns; left += kPlace) {
      const int right = std::min(left + kPlace, a.columns);
      const int bottom = std::min(top + kPlace, a.rows);
      float sum = 0;
      for (int y = top; y < bottom; ++y)
        for (int x = left; x < right; ++x)
          sum += std::abs(a.values[at(a, x, y)] - b.values[at(b, x, y)]);
      if (sum > kOther * static_cast<float>((right - left) * (bottom - top))) return false;
    }
  return true;
}

BrightnessCells chip_cells(const Image& chip) {
  BrightnessCells cells = without_light(brightness_cells(chip, kChipCells, kChipCells));
  normalise(cells.values);
  return cells;
}

double likeness(const BrightnessCells& a, const BrightnessCells& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size() && i < b.values.size(); ++i)
    sum += double{a.values[i]} * double{b.values[i]};
  return sum;
}

}  // namespace facenet
