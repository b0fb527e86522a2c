#include "nn/graph/network_design.h"

#include <cmath>
#include <numbers>
#include <random>
#include <string_view>

#include "nn/graph/graph_builder.h"

namespace facenet {
namespace {

/// FNV-1a: std::hash may differ from one standard library to the next.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

/// Standard normal numbers by Box and Muller, because std::normal_distribution, too, is the
/// library's own affair.
class NormalStream {
 public:
  explicit NormalStream(std::uint64_t seed) : engine_(seed) {}

  void fill(std::vector<float>& values, double deviation) {
    for (std::size_t i = 0; i < values.size(); i += 2) {
      const double radius = deviation * std::sqrt(-2 * std::log(uniform()));
      const double angle = 2 * std::numbers::pi * uniform();
      values[i] = static_cast<float>(radius * std::cos(angle));
      if (i + 1 < values.size()) values[i + 1] = static_cast<float>(radius * std::sin(angle));
    }
  }

 private:
  /// In (0, 1], so that its logarithm is finite.
  double uniform() { return static_cast<double>((engine_() >> 11) + 1) * 0x1p-53; }

  std::mt19937_64 engine_;
};

/// Numbers that one output is the sum of: all axes but the first, which counts outputs.
double fan_in(const Parameter& parameter) {
  double count = 1;
  for (std::size_t i = 1; i < parameter.shape.size(); ++i) {
    count *= static_cast<double>(parameter.shape[i]);
  }
  return count;
}

std::vector<float> initial_values(const Parameter& parameter, std::uint64_t seed) {
  std::size_t count = 1;
  for (const std::int64_t extent : parameter.shape) count *= static_cast<std::size_t>(extent);
  std::vector<float> values(count, parameter.initialisation == Initialisation::kOne ? 1.0F : 0.0F);
  const bool is_he = parameter.initialisation == Initialisation::kHe;
  if (is_he || parameter.initialisation == Initialisation::kLinear) {
    NormalStream(seed ^ hash_of(parameter.name))
        .fill(values, std::sqrt((is_he ? 2 : 1) / fan_in(parameter)));
  }
  return values;
}

}  // namespace

ImportedGraph initialise(const NetworkDesign& design, std::uint64_t seed) {
  ImportedGraph imported;
  imported.graph = design.graph;
  for (const Parameter& parameter : design.parameters) {
    put_tensor(imported, parameter.name, parameter.shape, initial_values(parameter, seed));
  }
  return imported;
}

}  // namespace facenet
