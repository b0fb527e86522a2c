#include "train/eval/recognisability_calibration.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "index/neighbours.h"
#include "train/eval/logistic_regression.h"

namespace facenet {
namespace {

constexpr std::ptrdiff_t kLeastAnswers = 50;
/// Hardly more than none: it keeps the weights finite where the answers fall apart without overlap.
constexpr double kWeakPrior = 0.01;

/// Terms: ln(length), ln(sharpness), 1.
using Answer = LogisticSample<3>;

std::vector<Answer> samples_of(const LabelledFaces& faces, int threads) {
  std::map<std::int64_t, std::int64_t> count;
  for (const std::int64_t identity : faces.identity) ++count[identity];
  const std::vector<std::int64_t> nearest = nearest_others(faces.points, threads);
  std::vector<Answer> samples;
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    const auto& [length, sharpness] = faces.evidence[i];
    if (count[faces.identity[i]] < 2 || !(length > 0) || !(sharpness > 0)) continue;
    const std::int64_t neighbour = faces.identity[static_cast<std::size_t>(nearest[i])];
    samples.push_back({{std::log(length), std::log(sharpness), 1}, neighbour == faces.identity[i]});
  }
  return samples;
}

}  // namespace

RecognisabilityConstants fit_recognisability(const LabelledFaces& faces, int threads) {
  if (faces.evidence.empty()) return {};
  const std::vector<Answer> samples = samples_of(faces, threads);
  const auto right = std::ranges::count_if(samples, &Answer::right);
  if (right < kLeastAnswers || std::ssize(samples) - right < kLeastAnswers) return {};
  const Answer::Terms weights = regress(samples, {}, kWeakPrior);
  return {.length = weights[0], .sharpness = weights[1], .offset = weights[2]};
}

}  // namespace facenet
