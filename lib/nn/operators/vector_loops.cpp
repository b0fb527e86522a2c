#include "nn/operators/vector_loops.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include <ATen/Parallel.h>

#include "base/vector_clones.h"

namespace facenet {
namespace {

constexpr std::int64_t kGrain = 32768;  // numbers that are worth a thread

/// A choice between x and its multiple says the same, but GCC does not vectorise that one.
FACENET_VECTOR_CLONES void prelu_rows(float* __restrict data, const float* __restrict slope,
                                      std::int64_t rows, std::int64_t channels) {
  for (std::int64_t row = 0; row < rows; ++row) {
    float* __restrict x = data + row * channels;
    for (std::int64_t c = 0; c < channels; ++c) {
      const float positive = x[c] > 0 ? x[c] : 0;
      const float negative = x[c] > 0 ? 0 : x[c];
      x[c] = positive + negative * slope[c];
    }
  }
}

/// Rounds to nearest, ties to even, as oneDNN does.
FACENET_VECTOR_CLONES void prelu_rows(std::uint16_t* __restrict data, const float* __restrict slope,
                                      std::int64_t rows, std::int64_t channels) {
  for (std::int64_t row = 0; row < rows; ++row) {
    std::uint16_t* __restrict x = data + row * channels;
    for (std::int64_t c = 0; c < channels; ++c) {
      const float value = std::bit_cast<float>(static_cast<std::uint32_t>(x[c]) << 16);
      const float positive = value > 0 ? value : 0;
      const float negative = value > 0 ? 0 : value;
      const auto bits = std::bit_cast<std::uint32_t>(positive + negative * slope[c]);
      x[c] = static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
    }
  }
}

/// `square` has room for the window on both sides, filled with zeros.
FACENET_VECTOR_CLONES void response_norm_row(const float* __restrict x, float* __restrict y,
                                             float* __restrict square, std::int64_t channels,
                                             const ResponseNorm& norm) {
  const auto [below, above, scale, bias, beta] = norm;
  for (std::int64_t c = 0; c < channels; ++c) {
    square[below + c] = x[c] * x[c];
    y[c] = 0;
  }
  for (std::int64_t offset = 0; offset <= below + above; ++offset) {
    for (std::int64_t c = 0; c < channels; ++c) y[c] += square[offset + c];
  }
  if (beta == 0.75F) {  // everybody's choice; two roots are far cheaper than a power
    for (std::int64_t c = 0; c < channels; ++c) {
      const float root = std::sqrt(bias + scale * y[c]);
      y[c] = x[c] / (root * std::sqrt(root));
    }
  } else {
    for (std::int64_t c = 0; c < channels; ++c) y[c] = x[c] * std::pow(bias + scale * y[c], -beta);
  }
}

template <class T>
void run(T* x, const float* slope, std::int64_t count, std::int64_t channels) {
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / channels);
  at::parallel_for(0, count / channels, grain, [&](std::int64_t begin, std::int64_t end) {
    prelu_rows(x + begin * channels, slope, end - begin, channels);
  });
}

}  // namespace

void prelu_in_place(float* x, const float* slope, std::int64_t count, std::int64_t channels) {
  run(x, slope, count, channels);
}

void prelu_in_place(std::uint16_t* x, const float* slope, std::int64_t count,
                    std::int64_t channels) {
  run(x, slope, count, channels);
}

void response_norm_rows(const float* x, float* y, std::int64_t count, std::int64_t channels,
                        const ResponseNorm& norm) {
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / channels / 8);
  at::parallel_for(0, count / channels, grain, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> square(static_cast<std::size_t>(channels + norm.below + norm.above));
    for (std::int64_t row = begin; row < end; ++row) {
      response_norm_row(x + row * channels, y + row * channels, square.data(), channels, norm);
    }
  });
}

}  // namespace facenet
