#include "train/eval/verification.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "train/eval/statistics.h"

namespace facenet {
namespace {

using Pairs = std::span<const VerificationPair>;

std::vector<double> sorted_distances(Pairs pairs, bool same) {
  std::vector<double> distances;
  for (const VerificationPair& pair : pairs) {
    if (pair.same == same) distances.push_back(pair.distance);
  }
  std::ranges::sort(distances);
  return distances;
}

/// Distances that are at most the threshold (paper, section 4.1).
std::int64_t count_accepted(const std::vector<double>& sorted, double threshold) {
  return std::ranges::upper_bound(sorted, threshold) - sorted.begin();
}

/// The largest threshold that does not accept the distance.
double just_below(double distance) {
  return std::nextafter(distance, -HUGE_VAL);
}

/// Share of the pairs of one kind that are accepted.
double accepted(Pairs pairs, bool same, double threshold) {
  const std::vector<double> distances = sorted_distances(pairs, same);
  return static_cast<double>(count_accepted(distances, threshold)) /
         static_cast<double>(distances.size());
}

/// One threshold for each set of pairs that can be accepted.
std::vector<double> different_thresholds(Pairs pairs) {
  std::vector<double> distances;
  for (const VerificationPair& pair : pairs) {
    if (std::isfinite(pair.distance)) distances.push_back(pair.distance);
  }
  std::ranges::sort(distances);
  distances.erase(std::unique(distances.begin(), distances.end()), distances.end());
  if (distances.empty()) return {};
  std::vector<double> thresholds = {just_below(distances.front())};
  for (std::size_t i = 1; i < distances.size(); ++i) {
    thresholds.push_back((distances[i - 1] + distances[i]) / 2);
  }
  thresholds.push_back(distances.back());
  return thresholds;
}

/// Of a share measured on so many pairs.
double standard_error(double share, std::int64_t count) {
  return std::sqrt(share * (1 - share) / static_cast<double>(count));
}

void require_both_kinds(Pairs pairs, const char* what) {
  const auto same = std::ranges::count_if(pairs, &VerificationPair::same);
  if (same == 0 || same == std::ssize(pairs)) {
    fail("{} must have pairs of one person and pairs of two", what);
  }
}

/// The pairs of one fold, and all others.
struct Fold {
  std::vector<VerificationPair> test, rest;
};

std::vector<Fold> folds_of(Pairs pairs) {
  std::set<int> numbers;
  for (const VerificationPair& pair : pairs) numbers.insert(pair.fold);
  if (numbers.size() < 2) fail("a test over folds needs two folds, not {}", numbers.size());
  std::vector<Fold> folds;
  for (const int number : numbers) {
    Fold fold;
    for (const VerificationPair& pair : pairs) {
      (pair.fold == number ? fold.test : fold.rest).push_back(pair);
    }
    require_both_kinds(fold.test, "each fold");
    folds.push_back(std::move(fold));
  }
  return folds;
}

ValAtFar val_over_folds(const std::vector<Fold>& folds, double far) {
  std::vector<double> vals, fars, different;
  for (const Fold& fold : folds) {
    const double threshold = threshold_at_far(fold.rest, far);
    vals.push_back(accepted(fold.test, true, threshold));
    fars.push_back(accepted(fold.test, false, threshold));
    different.push_back(static_cast<double>(sorted_distances(fold.rest, false).size()));
  }
  const MeanAndError val = mean_and_error(vals);
  return {far, val.mean, val.standard_error, mean_and_error(fars).mean,
          mean_and_error(different).mean};
}

}  // namespace

double accuracy_at(Pairs pairs, double threshold) {
  const auto right = std::ranges::count_if(pairs, [&](const VerificationPair& pair) {
    return (pair.distance <= threshold) == pair.same;
  });
  return static_cast<double>(right) / static_cast<double>(pairs.size());
}

double best_threshold(Pairs pairs) {
  const std::vector<double> same = sorted_distances(pairs, true);
  const std::vector<double> different = sorted_distances(pairs, false);
  std::int64_t most = -1;
  std::vector<double> best;
  for (const double threshold : different_thresholds(pairs)) {
    const std::int64_t right =
        count_accepted(same, threshold) + std::ssize(different) - count_accepted(different, threshold);
    if (right > most) best.clear();
    most = std::max(most, right);
    if (right == most) best.push_back(threshold);
  }
  return best.empty() ? 0 : best[best.size() / 2];
}

double threshold_at_far(Pairs pairs, double far) {
  const std::vector<double> different = sorted_distances(pairs, false);
  if (different.empty()) return 0;
  const double place = far * static_cast<double>(different.size()) - 1;
  if (place < 0) return just_below(different.front());
  const auto lower = static_cast<std::size_t>(place);
  if (lower + 1 >= different.size()) return different.back();
  const double part = place - static_cast<double>(lower);
  // Without the test an infinite distance would make a NaN of a threshold that does not use it.
  return part == 0 ? different[lower]
                   : different[lower] + part * (different[lower + 1] - different[lower]);
}

double area_under_curve(Pairs pairs) {
  const std::vector<double> different = sorted_distances(pairs, false);
  const std::vector<double> same = sorted_distances(pairs, true);
  double ordered = 0;
  for (const double distance : same) {
    const auto [begin, end] = std::ranges::equal_range(different, distance);
    ordered += static_cast<double>(different.end() - end) + static_cast<double>(end - begin) / 2;
  }
  return ordered / static_cast<double>(same.size()) / static_cast<double>(different.size());
}

std::vector<RocPoint> roc_curve(Pairs pairs) {
  const std::vector<double> same = sorted_distances(pairs, true);
  const std::vector<double> different = sorted_distances(pairs, false);
  std::vector<RocPoint> points;
  for (const double threshold : different_thresholds(pairs)) {
    points.push_back(
        {threshold,
         static_cast<double>(count_accepted(different, threshold)) /
             static_cast<double>(different.size()),
         static_cast<double>(count_accepted(same, threshold)) / static_cast<double>(same.size())});
  }
  return points;
}

VerificationReport verify_folds(Pairs pairs, std::span<const double> fars) {
  const std::vector<Fold> folds = folds_of(pairs);
  VerificationReport report{.pairs = std::ssize(pairs),
                            .auc = area_under_curve(pairs),
                            .threshold = best_threshold(pairs)};
  std::vector<double> accuracies;
  for (const Fold& fold : folds) {
    report.fold_thresholds.push_back(best_threshold(fold.rest));
    accuracies.push_back(accuracy_at(fold.test, report.fold_thresholds.back()));
  }
  const MeanAndError accuracy = mean_and_error(accuracies);
  report.accuracy = accuracy.mean;
  report.standard_error = accuracy.standard_error;
  for (const double far : fars) report.val.push_back(val_over_folds(folds, far));
  return report;
}

VerificationReport verify_split(Pairs train, Pairs test, std::span<const double> fars) {
  require_both_kinds(train, "the pairs that choose the threshold");
  require_both_kinds(test, "the pairs of the test");
  const double threshold = best_threshold(train);
  const double accuracy = accuracy_at(test, threshold);
  VerificationReport report{.pairs = std::ssize(test),
                            .accuracy = accuracy,
                            .standard_error = standard_error(accuracy, std::ssize(test)),
                            .auc = area_under_curve(test),
                            .threshold = threshold};
  const auto same = std::ranges::count_if(test, &VerificationPair::same);
  const auto different = std::ssize(train) - std::ranges::count_if(train, &VerificationPair::same);
  for (const double far : fars) {
    const double limit = threshold_at_far(train, far);
    const double val = accepted(test, true, limit);
    report.val.push_back({far, val, standard_error(val, same), accepted(test, false, limit),
                          static_cast<double>(different)});
  }
  return report;
}

}  // namespace facenet
