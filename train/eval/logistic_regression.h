#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace facenet {

/// What a logistic regression learns from: the log-odds of `right` are a weighted sum of the terms.
template <std::size_t kTerms>
struct LogisticSample {
  using Terms = std::array<double, kTerms>;

  Terms terms = {};
  bool right = false;
  double weight = 1;
};

/// Internal to logistic_regression.h.
namespace logistic {

template <std::size_t kTerms>
using Terms = std::array<double, kTerms>;

template <std::size_t kTerms>
double log_odds(const LogisticSample<kTerms>& sample, const Terms<kTerms>& weights) {
  double sum = 0;
  for (std::size_t i = 0; i < kTerms; ++i) sum += weights[i] * sample.terms[i];
  return sum;
}

/// Of a symmetric, positive definite matrix, by Gaussian elimination.
template <std::size_t kTerms>
Terms<kTerms> solve(std::array<Terms<kTerms>, kTerms> matrix, Terms<kTerms> right) {
  for (std::size_t i = 0; i < kTerms; ++i)
    for (std::size_t row = i + 1; row < kTerms; ++row) {
      const double factor = matrix[row][i] / matrix[i][i];
      for (std::size_t k = i; k < kTerms; ++k) matrix[row][k] -= factor * matrix[i][k];
      right[row] -= factor * right[i];
    }
  for (std::size_t i = kTerms; i-- > 0;) {
    for (std::size_t k = i + 1; k < kTerms; ++k) right[i] -= matrix[i][k] * right[k];
    right[i] /= matrix[i][i];
  }
  return right;
}

/// Minus the logarithm of the posterior.
template <std::size_t kTerms>
double loss(const std::vector<LogisticSample<kTerms>>& samples, const Terms<kTerms>& weights,
            const Terms<kTerms>& prior, double precision) {
  double sum = 0;
  for (std::size_t i = 0; i < kTerms; ++i)
    sum += precision / 2 * (weights[i] - prior[i]) * (weights[i] - prior[i]);
  for (const auto& sample : samples) {
    const double z = (sample.right ? 1 : -1) * log_odds(sample, weights);
    sum += sample.weight * (z > 0 ? std::log1p(std::exp(-z)) : std::log1p(std::exp(z)) - z);
  }
  return sum;
}

template <std::size_t kTerms>
Terms<kTerms> newton_step(const std::vector<LogisticSample<kTerms>>& samples,
                          const Terms<kTerms>& weights, const Terms<kTerms>& prior,
                          double precision) {
  Terms<kTerms> gradient{};
  std::array<Terms<kTerms>, kTerms> curvature{};
  for (std::size_t i = 0; i < kTerms; ++i) {
    gradient[i] = precision * (weights[i] - prior[i]);
    curvature[i][i] = precision;
  }
  for (const auto& sample : samples) {
    const double p = 1 / (1 + std::exp(-log_odds(sample, weights)));
    const double error = sample.weight * (p - (sample.right ? 1 : 0));
    const double curve = sample.weight * p * (1 - p);
    for (std::size_t i = 0; i < kTerms; ++i) {
      gradient[i] += error * sample.terms[i];
      for (std::size_t k = 0; k < kTerms; ++k)
        curvature[i][k] += curve * sample.terms[i] * sample.terms[k];
    }
  }
  return solve(curvature, gradient);
}

}  // namespace logistic

/// The weights of the terms: the maximum of the posterior with a normal prior at `prior`, of this
/// precision, by Newton's method, with steps that are halved until they lead down.
template <std::size_t kTerms>
std::array<double, kTerms> regress(const std::vector<LogisticSample<kTerms>>& samples,
                                   const std::array<double, kTerms>& prior, double precision) {
  constexpr int kMostSteps = 60;
  constexpr double kLeastGain = 1e-9;
  auto weights = prior;
  double value = logistic::loss(samples, weights, prior, precision);
  for (int step = 0; step < kMostSteps; ++step) {
    const auto move = logistic::newton_step(samples, weights, prior, precision);
    auto next = weights;
    double next_value = 0;
    double share = 1;
    do {
      for (std::size_t i = 0; i < kTerms; ++i) next[i] = weights[i] - share * move[i];
      next_value = logistic::loss(samples, next, prior, precision);
      share /= 2;
    } while (!(next_value < value) && share > 1e-6);
    if (!(next_value < value - kLeastGain)) break;
    weights = next;
    value = next_value;
  }
  return weights;
}

}  // namespace facenet
