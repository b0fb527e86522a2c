#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <ATen/ATen.h>

#include "nn/graph/graph_builder.h"
#include "nn/runtime/graph_network.h"

// The operators again, as plain loops over NCHW: the witness for the interpreter and the importers.
namespace facenet::reference {

/// How far it may lie from sums in another order.
constexpr double kRounding = 1e-5;

struct Images {
  std::int64_t n = 1, c = 1, h = 1, w = 1;
  std::vector<float> values;

  Images(std::int64_t n_, std::int64_t c_, std::int64_t h_, std::int64_t w_)
      : n(n_), c(c_), h(h_), w(w_), values(static_cast<std::size_t>(n_ * c_ * h_ * w_)) {}

  float& at(std::int64_t i, std::int64_t channel, std::int64_t y, std::int64_t x) {
    return values[static_cast<std::size_t>(((i * c + channel) * h + y) * w + x)];
  }
  float at(std::int64_t i, std::int64_t channel, std::int64_t y, std::int64_t x) const {
    return values[static_cast<std::size_t>(((i * c + channel) * h + y) * w + x)];
  }
  bool has(std::int64_t y, std::int64_t x) const { return y >= 0 && y < h && x >= 0 && x < w; }
};

inline std::vector<float> random_values(std::size_t count, unsigned seed, float low = -1,
                                        float high = 1) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> distribution(low, high);
  std::vector<float> values(count);
  for (float& value : values) value = distribution(engine);
  return values;
}

inline Images random_images(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w,
                            unsigned seed) {
  Images images(n, c, h, w);
  images.values = random_values(images.values.size(), seed);
  return images;
}

/// Adds a tensor of random numbers to a graph; gives its name.
inline std::string add_random_tensor(GraphBuilder& builder, const std::string& name,
                                     const std::vector<std::int64_t>& shape, unsigned seed,
                                     float low = -1, float high = 1) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return builder.add_tensor(name, shape,
                            random_values(static_cast<std::size_t>(count), seed, low, high));
}

struct Window {
  std::int64_t kernel_y, kernel_x;
  std::int64_t stride_y = 1, stride_x = 1;
  std::int64_t dilation_y = 1, dilation_x = 1;
  std::int64_t top = 0, left = 0, bottom = 0, right = 0;
};

inline std::int64_t positions(std::int64_t size, std::int64_t pads, std::int64_t kernel,
                              std::int64_t stride, std::int64_t dilation) {
  return (size + pads - ((kernel - 1) * dilation + 1)) / stride + 1;
}

/// `weight` is [out, in / groups, kernel_y, kernel_x].
inline Images conv(const Images& in, const std::vector<float>& weight,
                   const std::vector<float>& bias, std::int64_t out_channels, std::int64_t groups,
                   const Window& k) {
  Images out(in.n, out_channels,
             positions(in.h, k.top + k.bottom, k.kernel_y, k.stride_y, k.dilation_y),
             positions(in.w, k.left + k.right, k.kernel_x, k.stride_x, k.dilation_x));
  const std::int64_t in_group = in.c / groups;
  const std::int64_t out_group = out_channels / groups;
  for (std::int64_t i = 0; i < out.n; ++i)
    for (std::int64_t o = 0; o < out.c; ++o)
      for (std::int64_t y = 0; y < out.h; ++y)
        for (std::int64_t x = 0; x < out.w; ++x) {
          double sum = bias.empty() ? 0 : bias[static_cast<std::size_t>(o)];
          for (std::int64_t c = 0; c < in_group; ++c)
            for (std::int64_t ky = 0; ky < k.kernel_y; ++ky)
              for (std::int64_t kx = 0; kx < k.kernel_x; ++kx) {
                const std::int64_t sy = y * k.stride_y - k.top + ky * k.dilation_y;
                const std::int64_t sx = x * k.stride_x - k.left + kx * k.dilation_x;
                if (!in.has(sy, sx)) continue;
                const auto at = ((o * in_group + c) * k.kernel_y + ky) * k.kernel_x + kx;
                sum += static_cast<double>(weight[static_cast<std::size_t>(at)]) *
                       in.at(i, o / out_group * in_group + c, sy, sx);
              }
          out.at(i, o, y, x) = static_cast<float>(sum);
        }
  return out;
}

/// Largest value, or mean, of the real pixels under the window; windows that hang over the bottom
/// or right edge count when `ceil`.
inline Images pool(const Images& in, const Window& k, bool ceil, bool mean,
                   bool count_pads = false) {
  const auto count = [&](std::int64_t size, std::int64_t pads, std::int64_t kernel,
                         std::int64_t stride) {
    const std::int64_t room = size + pads - kernel;
    return (ceil ? (room + stride - 1) / stride : room / stride) + 1;
  };
  Images out(in.n, in.c, count(in.h, k.top + k.bottom, k.kernel_y, k.stride_y),
             count(in.w, k.left + k.right, k.kernel_x, k.stride_x));
  for (std::int64_t i = 0; i < out.n; ++i)
    for (std::int64_t c = 0; c < out.c; ++c)
      for (std::int64_t y = 0; y < out.h; ++y)
        for (std::int64_t x = 0; x < out.w; ++x) {
          float most = -std::numeric_limits<float>::infinity();
          double sum = 0;
          int pixels = 0;
          for (std::int64_t ky = 0; ky < k.kernel_y; ++ky)
            for (std::int64_t kx = 0; kx < k.kernel_x; ++kx) {
              const std::int64_t sy = y * k.stride_y - k.top + ky;
              const std::int64_t sx = x * k.stride_x - k.left + kx;
              if (!in.has(sy, sx)) continue;
              most = std::max(most, in.at(i, c, sy, sx));
              sum += in.at(i, c, sy, sx);
              ++pixels;
            }
          const auto divisor = count_pads ? k.kernel_y * k.kernel_x : pixels;
          out.at(i, c, y, x) = mean ? static_cast<float>(sum / static_cast<double>(divisor)) : most;
        }
  return out;
}

/// x / (bias + alpha / size * sum of squares of the `size` channels around)^beta.
inline Images response_norm(const Images& in, std::int64_t size, double alpha, double beta,
                            double bias) {
  Images out = in;
  for (std::int64_t i = 0; i < in.n; ++i)
    for (std::int64_t c = 0; c < in.c; ++c)
      for (std::int64_t y = 0; y < in.h; ++y)
        for (std::int64_t x = 0; x < in.w; ++x) {
          double sum = 0;
          for (std::int64_t k = c - (size - 1) / 2; k <= c + size / 2; ++k) {
            if (k >= 0 && k < in.c)
              sum += static_cast<double>(in.at(i, k, y, x)) * in.at(i, k, y, x);
          }
          const double scale = std::pow(bias + alpha / static_cast<double>(size) * sum, beta);
          out.at(i, c, y, x) = static_cast<float>(in.at(i, c, y, x) / scale);
        }
  return out;
}

inline at::Tensor to_tensor(const Images& images) {
  return at::from_blob(const_cast<float*>(images.values.data()),
                       {images.n, images.c, images.h, images.w})
      .clone();
}

inline std::vector<float> to_vector(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  return {dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel()};
}

/// Largest difference, relative to the larger of 1 and the expected value; infinite when the number
/// of values differs.
inline double difference(const at::Tensor& tensor, const std::vector<float>& expected) {
  const std::vector<float> actual = to_vector(tensor);
  if (actual.size() != expected.size()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double scale = std::max(1.0, std::abs(static_cast<double>(expected[i])));
    const double gap = std::abs(static_cast<double>(actual[i]) - expected[i]) / scale;
    worst = std::isnan(gap) ? std::numeric_limits<double>::infinity() : std::max(worst, gap);
  }
  return worst;
}

}  // namespace facenet::reference
