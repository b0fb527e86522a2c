#include "train/eval/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/distance.h"
#include "base/error.h"
#include "train/eval/join_calibration.h"
#include "train/eval/recognisability_calibration.h"

namespace facenet {
namespace {

/// Distances of a kind with their weights, which sum to 1.
struct Kind {
  const std::vector<std::int64_t>& counts;
  double scale;
  double sign;  ///< of the logit's contribution: -1 where "same" is right

  Kind(const std::vector<std::int64_t>& histogram, double direction)
      : counts(histogram),
        scale(1 / static_cast<double>(
                      std::accumulate(histogram.begin(), histogram.end(), std::int64_t{0}))),
        sign(direction) {}

  template <class Visit>
  void each(const Visit& visit) const {
    for (std::size_t bin = 0; bin < counts.size(); ++bin) {
      if (counts[bin] <= 0) continue;
      const double distance = (static_cast<double>(bin) + 0.5) * DistanceCounts::kBinWidth;
      visit(distance, static_cast<double>(counts[bin]) * scale);
    }
  }
};

/// logit(d) = a + b d of "different".
struct Line {
  double a = 0, b = 0;
};

double loss(const std::array<Kind, 2>& kinds, const Line& line) {
  double sum = 0;
  for (const Kind& kind : kinds) {
    kind.each([&](double d, double weight) {
      const double z = kind.sign * (line.a + line.b * d);
      sum += weight * (z > 0 ? std::log1p(std::exp(-z)) : std::log1p(std::exp(z)) - z);
    });
  }
  return sum;
}

/// Newton's step downhill.
Line newton_step(const std::array<Kind, 2>& kinds, const Line& line) {
  double ga = 0, gb = 0, haa = 1e-9, hab = 0, hbb = 1e-9;  // a trace of ridge for safety
  for (const Kind& kind : kinds) {
    kind.each([&](double d, double weight) {
      const double p = 1 / (1 + std::exp(-(line.a + line.b * d)));
      const double slope = weight * (p - (kind.sign > 0 ? 1 : 0)), curve = weight * p * (1 - p);
      ga += slope;
      gb += slope * d;
      haa += curve;
      hab += curve * d;
      hbb += curve * d * d;
    });
  }
  const double determinant = haa * hbb - hab * hab;
  return {-(hbb * ga - hab * gb) / determinant, -(haa * gb - hab * ga) / determinant};
}

}  // namespace

LogisticFit fit_logistic(const DistanceCounts& counts) {
  const std::array<Kind, 2> kinds = {Kind(counts.same, -1), Kind(counts.different, 1)};
  if (!std::isfinite(kinds[0].scale) || !std::isfinite(kinds[1].scale)) return {};
  constexpr int kMostSteps = 200;
  constexpr double kLargestSteepness = 1e4;  // kinds that are apart altogether have no finite fit
  Line line;
  double value = loss(kinds, line);
  for (int i = 0; i < kMostSteps && std::abs(line.b) < kLargestSteepness; ++i) {
    const Line step = newton_step(kinds, line);
    double share = 1;
    Line next;
    double next_value = 0;
    do {
      next = {line.a + share * step.a, line.b + share * step.b};
      next_value = loss(kinds, next);
      share /= 2;
    } while (!(next_value < value) && share > 1e-9);
    if (!(next_value < value - 1e-12)) break;
    line = next;
    value = next_value;
  }
  if (!(line.b > 0)) return {};
  return {.midpoint = -line.a / line.b, .steepness = line.b};
}

namespace {

LogisticFit fit_or_fail(const DistanceCounts& counts) {
  const LogisticFit fit = fit_logistic(counts);
  if (!(fit.steepness > 0)) {
    fail("the distances of these faces do not tell people apart: there is nothing to calibrate");
  }
  return fit;
}

OperatingPoint point_of(const LogisticFit& fit, double cut, const JoinConstants& joins) {
  return {.verification = fit.midpoint,
          .clustering = cut,
          .midpoint = fit.midpoint,
          .steepness = fit.steepness,
          .joins = joins};
}

/// Distances of different people.
struct Strangers {
  double mean = 0;
  double rare = 0;  ///< that a pair in 10,000 is nearer than

  explicit Strangers(const std::vector<std::int64_t>& different) {
    constexpr double kRareShare = 1e-4;
    const auto total =
        static_cast<double>(std::accumulate(different.begin(), different.end(), std::int64_t{0}));
    double below = 0;
    for (std::size_t bin = 0; bin < different.size(); ++bin) {
      const double distance = (static_cast<double>(bin) + 0.5) * DistanceCounts::kBinWidth;
      const auto pairs = static_cast<double>(different[bin]);
      mean += pairs * distance / total;
      if (below <= kRareShare * total) rare = distance;
      below += pairs;
    }
  }

  double rare_cosine() const { return 1 - rare / mean; }
};

std::size_t bin_of(double distance) {
  const auto bin = static_cast<std::size_t>(distance / DistanceCounts::kBinWidth);
  return std::min(bin, DistanceCounts::kBins - 1);
}

void subtract(DistanceCounts& from, const DistanceCounts& counts) {
  for (std::size_t bin = 0; bin < DistanceCounts::kBins; ++bin) {
    from.same[bin] -= counts.same[bin];
    from.different[bin] -= counts.different[bin];
  }
}

/// Pairs of a face by the one model with another face by the other: those of both sets together,
/// less those within each and each face with itself.
DistanceCounts count_across(const LabelledFaces& faces, const LabelledFaces& older, int threads) {
  std::vector<float> values(faces.points.values.begin(), faces.points.values.end());
  values.insert(values.end(), older.points.values.begin(), older.points.values.end());
  std::vector<std::int64_t> identity(faces.identity.begin(), faces.identity.end());
  identity.insert(identity.end(), older.identity.begin(), older.identity.end());
  const Points both{values, std::ssize(identity), faces.points.dimension};
  DistanceCounts counts = count_distances(both, identity, threads);
  subtract(counts, count_distances(faces.points, faces.identity, threads));
  subtract(counts, count_distances(older.points, older.identity, threads));
  for (std::int64_t i = 0; i < faces.points.count; ++i) {
    // Rounding may put the pair one bin beside its own, which then holds -1: no matter in the sums.
    --counts.same[bin_of(squared_distance(faces.points.row(i), older.points.row(i)))];
  }
  return counts;
}

double share_below(const std::vector<std::int64_t>& counts, std::size_t bins) {
  const auto end = counts.begin() + static_cast<std::ptrdiff_t>(bins);
  return static_cast<double>(std::accumulate(counts.begin(), end, std::int64_t{0})) /
         static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
}

}  // namespace

OperatingPoint calibrate(const LabelledFaces& faces, int threads) {
  const DistanceCounts counts = count_distances(faces.points, faces.identity, threads);
  const LogisticFit fit = fit_or_fail(counts);
  const Strangers strangers(counts.different);
  const Clustering tree = join_faces(faces, fit.midpoint, threads);
  const double cut = measure_best_cut(faces, tree).threshold.value_or(fit.midpoint);
  const JoinConstants start = joins_of_strangers(strangers.mean, strangers.rare);
  OperatingPoint point = point_of(fit, cut, fit_joins(faces, start, threads));
  point.recognisability = fit_recognisability(faces, threads);
  return point;
}

OperatingPoint calibrate_across(const LabelledFaces& faces, const LabelledFaces& older,
                                const OperatingPoint& own, int threads) {
  const DistanceCounts within = count_distances(faces.points, faces.identity, threads);
  const DistanceCounts across = count_across(faces, older, threads);
  const double far = share_below(within.different, bin_of(own.clustering));
  const auto total = static_cast<double>(
      std::accumulate(across.different.begin(), across.different.end(), std::int64_t{0}));
  std::size_t bins = 0;
  for (double accepted = 0; bins < DistanceCounts::kBins; ++bins) {
    accepted += static_cast<double>(across.different[bins]);
    if (accepted > far * total) break;
  }
  // There is no tree of pairs across alone, so that their constants follow from the tails.
  const Strangers strangers(across.different);
  const double scale = strangers.rare_cosine() / Strangers(within.different).rare_cosine();
  return point_of(fit_or_fail(across), static_cast<double>(bins) * DistanceCounts::kBinWidth,
                  scaled_joins(own.joins, strangers.mean, scale));
}

}  // namespace facenet
