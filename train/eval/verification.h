#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace facenet {

/// Two images of which it is known whether they show one person, with the squared distance of their
/// vectors: infinite where one has no face, which is called "different" at every threshold.
struct VerificationPair {
  double distance = 0;
  bool same = false;
  int fold = 0;
};

/// Share of the same people's pairs that are accepted where so many of different people's are: the
/// paper's VAL and FAR (section 4).
struct ValAtFar {
  double far = 0;  ///< that the threshold was chosen for
  double val = 0, standard_error = 0;
  double far_measured = 0;  ///< on the pairs that VAL was measured on
  double different = 0;  ///< pairs that the threshold rests on (mean over folds): far * different
                         ///< false accepts
};

struct VerificationReport {
  std::int64_t pairs = 0;
  double accuracy = 0, standard_error = 0;
  double auc = 0;
  double threshold = 0;  ///< with the fewest errors on all pairs
  std::vector<double> fold_thresholds = {};
  std::vector<ValAtFar> val = {};
};

/// A point of the ROC curve.
struct RocPoint {
  double threshold, far, val;
};

/// Share of pairs that "same where distance <= threshold" gets right.
double accuracy_at(std::span<const VerificationPair> pairs, double threshold);

/// The threshold of the highest accuracy, among all that differ in effect (no grid, no stopping at
/// the first fall); the middle one where several are best. 0 without pairs of finite distance.
double best_threshold(std::span<const VerificationPair> pairs);

/// The threshold at which a share `far` of different people's pairs is accepted, interpolated
/// between their distances; just below their least distance, where none is, for a rate out of reach
/// of so few pairs.
double threshold_at_far(std::span<const VerificationPair> pairs, double far);

/// Area under the ROC curve: the share of (same, different) pairs of pairs in the right order, ties
/// by half.
double area_under_curve(std::span<const VerificationPair> pairs);

/// FAR and VAL at every threshold that changes one of them, thresholds rising, (0, 0) first.
std::vector<RocPoint> roc_curve(std::span<const VerificationPair> pairs);

/// The protocol of LFW's View 2 (Huang et al. 2007; paper, section 5.6): each fold is judged at the
/// threshold that the others choose; means and their standard errors over folds. Throws Error
/// unless there are two folds and more, each with pairs of both kinds.
VerificationReport verify_folds(std::span<const VerificationPair> pairs,
                                std::span<const double> fars);

/// The protocol of View 1: thresholds from `train`, judged on `test`; standard errors over pairs.
/// Throws Error unless both have pairs of both kinds.
VerificationReport verify_split(std::span<const VerificationPair> train,
                                std::span<const VerificationPair> test,
                                std::span<const double> fars);

}  // namespace facenet
