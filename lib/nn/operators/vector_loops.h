#pragma once

#include <cstdint>

// Loops over rows of channels, on LibTorch's threads, that LibTorch has no fast operator for.
namespace facenet {

/// max(x, 0) + slope * min(x, 0) over `count` numbers, rows of `channels` with one slope each, in
/// place.
void prelu_in_place(float* x, const float* slope, std::int64_t count, std::int64_t channels);

/// The same for the upper halves of floats (bfloat16).
void prelu_in_place(std::uint16_t* x, const float* slope, std::int64_t count,
                    std::int64_t channels);

/// The window and constants of local response normalisation.
struct ResponseNorm {
  std::int64_t below = 0, above = 0;  ///< channels on either side that count
  float scale = 0;                    ///< of the sum of squares
  float bias = 1;
  float beta = 0.75F;
};

/// y = x / (bias + scale * sum of squares of the channels around)^beta, rows of `channels`.
void response_norm_rows(const float* x, float* y, std::int64_t count, std::int64_t channels,
                        const ResponseNorm& norm);

}  // namespace facenet
