#pragma once

#include <array>
#include <span>

namespace facenet {

/// A row of the paper's tables 4 to 6: VAL at a FAR of 1e-3 on its own hold-out images.
struct PaperRow {
  double at;  ///< what the table varies
  double val;
  double standard_error;  ///< 0 where the table gives none
};

/// Table 4: JPEG quality, NN1.
inline constexpr std::array kPaperQuality = {PaperRow{10, 0.673, 0}, PaperRow{20, 0.814, 0},
                                             PaperRow{30, 0.839, 0}, PaperRow{50, 0.855, 0},
                                             PaperRow{70, 0.861, 0}, PaperRow{90, 0.865, 0}};

/// Table 4: pixels of the image, NN1.
inline constexpr std::array kPaperPixels = {PaperRow{1'600, 0.378, 0}, PaperRow{6'400, 0.795, 0},
                                            PaperRow{14'400, 0.845, 0}, PaperRow{25'600, 0.857, 0},
                                            PaperRow{65'536, 0.864, 0}};

/// Table 5: numbers of a vector, NN1.
inline constexpr std::array kPaperEmbedding = {
    PaperRow{64, 0.868, 0.017}, PaperRow{128, 0.879, 0.019}, PaperRow{256, 0.877, 0.019},
    PaperRow{512, 0.856, 0.020}};

/// Table 6: training images, a network like NN2 of 96 x 96 pixels, on personal photos.
inline constexpr std::array kPaperTrainingImages = {
    PaperRow{2'600'000, 0.763, 0}, PaperRow{26'000'000, 0.851, 0}, PaperRow{52'000'000, 0.851, 0},
    PaperRow{260'000'000, 0.862, 0}};

/// The row at exactly this value; null where the paper has none.
inline const PaperRow* find_row(std::span<const PaperRow> table, double at) {
  for (const PaperRow& row : table) {
    if (row.at == at) return &row;
  }
  return nullptr;
}

}  // namespace facenet
