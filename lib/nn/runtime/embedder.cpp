#include "nn/runtime/embedder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>

#include <ATen/ATen.h>

#include "base/error.h"
#include "nn/runtime/graph_network.h"
#include "nn/runtime/precision.h"
#include "nn/runtime/script_network.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

/// A byte's value after normalisation, for each channel of the network's order.
class PixelTable {
 public:
  explicit PixelTable(const Normalisation& normalisation) : bgr_(normalisation.bgr) {
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t value = 0; value < 256; ++value) {
        table_[c][value] =
            (static_cast<float>(value) - normalisation.mean[c]) / normalisation.divisor[c];
      }
    }
  }

  /// Writes a chip as rows of pixels, channels interleaved; mirrored from left to right on request.
  void write(const Image& chip, bool mirror, float* out) const {
    for (int y = 0; y < chip.height; ++y) {
      const std::uint8_t* row = chip.row(y);
      for (int x = 0; x < chip.width; ++x, out += 3) {
        const std::uint8_t* pixel = row + std::ptrdiff_t{3} * (mirror ? chip.width - 1 - x : x);
        out[0] = table_[0][pixel[bgr_ ? 2 : 0]];
        out[1] = table_[1][pixel[1]];
        out[2] = table_[2][pixel[bgr_ ? 0 : 2]];
      }
    }
  }

 private:
  bool bgr_;
  std::array<std::array<float, 256>, 3> table_{};
};

/// Writes `sum` scaled to length 1, or zeros where it has no direction; returns the length that it
/// had.
double normalise(const std::vector<float>& sum, float* out) {
  double square = 0;
  for (const float value : sum) square += static_cast<double>(value) * value;
  const double length = std::sqrt(square);
  std::transform(sum.begin(), sum.end(), out, [&](float value) {
    return length == 0 ? 0.0F : static_cast<float>(value / length);
  });
  return length;
}

}  // namespace

struct Embedder::Impl {
  EmbedderOptions options;
  std::string path;
  std::string weights_sha256;
  ModelInfo info;
  std::optional<GraphNetwork> network;  ///< one of the two
  std::optional<ScriptNetwork> script;
  PixelTable pixels;

  Impl(const EmbedderOptions& chosen, const EmbedderFile& file)
      : options(chosen),
        path(file.path),
        weights_sha256(file.weights_sha256),
        info(file.info),
        pixels(info.normalisation) {
    if (is_script(file.path)) {
      script.emplace(file.path);
    } else {
      network.emplace(SafetensorsFile(file.path), "",
                      GraphNetworkOptions{.precision = parse_precision(chosen.precision)});
    }
    const at::Tensor trial = run(at::zeros({1, info.channels, info.height, info.width}));
    if (!trial.isfinite().all().item<bool>()) fail_not_finite();
  }

  [[noreturn]] void fail_not_finite() const {
    fail(
        "{}: its network gives numbers that are not finite: the weights are damaged, or need "
        "--precision fp32; get them again",
        path);
  }

  /// [faces, embedding]
  at::Tensor run(const at::Tensor& input) const {
    const at::Tensor vectors = script ? script->run(input) : network->run_batch(input).at(0);
    if (vectors.dim() != 2 || vectors.size(0) != input.size(0) ||
        vectors.size(1) != info.embedding) {
      fail(
          "{}: its network does not return {} numbers for each face; make it again with \"facenet "
          "model "
          "import\"",
          path, info.embedding);
    }
    return vectors;
  }

  /// Unit vectors of a batch of chips: all images first, then all mirror images.
  void embed(std::span<const Image> chips, float* out, float* lengths) const {
    const auto views = options.flip ? 2 : 1;
    const auto faces = std::ssize(chips);
    const at::Tensor input =
        at::empty({views * faces, info.channels, info.height, info.width},
                  at::TensorOptions(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
    const std::int64_t size = input.numel() / input.size(0);
    for (std::int64_t row = 0; row < input.size(0); ++row) {
      pixels.write(chips[static_cast<std::size_t>(row % faces)], row >= faces,
                   input.data_ptr<float>() + row * size);
    }
    const at::Tensor vectors = run(input);
    std::vector<float> sum(static_cast<std::size_t>(info.embedding));
    for (std::int64_t face = 0; face < faces; ++face) {
      std::fill(sum.begin(), sum.end(), 0.0F);
      for (std::int64_t row = face; row < input.size(0); row += faces) {
        const float* vector = vectors.data_ptr<float>() + row * info.embedding;
        std::transform(sum.begin(), sum.end(), vector, sum.begin(), std::plus<>());
      }
      const double length = normalise(sum, out + face * info.embedding);
      if (!std::isfinite(length)) fail_not_finite();
      lengths[face] = static_cast<float>(length / views);
    }
  }
};

Embedder::Embedder(const EmbedderOptions& options) {
  options.validate();
  const EmbedderFile described = describe_embedder(options);
  impl_ = std::make_unique<Impl>(options, described);
}

Embedder::~Embedder() = default;

const ModelInfo& Embedder::model() const {
  return impl_->info;
}

const OperatingPoint& Embedder::operating_point() const {
  return impl_->info.operating_point(impl_->options.flip);
}

const std::string& Embedder::weights_sha256() const {
  return impl_->weights_sha256;
}

const EmbedderOptions& Embedder::options() const {
  return impl_->options;
}

std::vector<float> Embedder::embed(std::span<const Image> chips,
                                   std::vector<float>* lengths) const {
  for (const Image& chip : chips) {
    if (chip.width != model().width || chip.height != model().height) {
      throw std::logic_error("a chip is not of the model's input size");
    }
  }
  const auto dimension = static_cast<std::size_t>(this->dimension());
  const auto batch = static_cast<std::size_t>(impl_->options.batch);
  std::vector<float> vectors(chips.size() * dimension);
  std::vector<float> all_lengths(chips.size());
  for (std::size_t first = 0; first < chips.size(); first += batch) {
    const std::size_t count = std::min(batch, chips.size() - first);
    impl_->embed(chips.subspan(first, count), vectors.data() + first * dimension,
                 all_lengths.data() + first);
  }
  if (lengths != nullptr) *lengths = std::move(all_lengths);
  return vectors;
}

}  // namespace facenet
