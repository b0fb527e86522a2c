#pragma once

#include "index/distance_counts.h"
#include "train/eval/identities.h"
#include "weights/model_info.h"

namespace facenet {

/// Platt scaling of squared distances (Platt 1999, "Probabilistic outputs for support vector
/// machines"): P(same | d) = 1 / (1 + exp(steepness (d - midpoint))).
struct LogisticFit {
  double midpoint = 0, steepness = 0;
};

/// Maximum likelihood over pairs of both kinds, which weigh the same together however many there
/// are of each (equal priors), by Newton's method with halved steps (Lin, Lin and Weng 2007, "A
/// note on Platt's probabilistic outputs"), but without the smoothed targets of both papers: there
/// are thousands of pairs. Steepness 0 when distances do not tell the kinds apart or one kind is
/// missing.
LogisticFit fit_logistic(const DistanceCounts& counts);

/// Where a model separates people, measured on faces that it was not trained on: verification and
/// probabilities by fit_logistic() over all pairs, clustering by the cut of the highest B-cubed F,
/// joins by fit_joins(), recognisability by fit_recognisability(). Throws Error where distances do
/// not tell people apart.
OperatingPoint calibrate(const LabelledFaces& faces, int threads);

/// The same for distances from vectors of one model to vectors of another, `older`, for the same
/// faces in the same order; a face's two vectors are no pair. `own` is calibrate() of `faces`: the
/// cut of clusters accepts across models the share of different people's pairs that it accepts
/// within, and the constants of joins are scaled as the distances of strangers are.
OperatingPoint calibrate_across(const LabelledFaces& faces, const LabelledFaces& older,
                                const OperatingPoint& own, int threads);

}  // namespace facenet
