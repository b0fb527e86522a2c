#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "train/loss/triplet_options.h"

namespace facenet {

/// What a batch held, for the training log. The means are of squared distances, over all pairs of
/// the batch rather than the selected ones (in a harmonic batch, those with an embedding that
/// learns): when all embeddings become one, of which the paper's section 3.2 warns, both go to 0.
struct TripletStatistics {
  std::int64_t pairs = 0;     ///< anchor and positive, each order counted
  std::int64_t triplets = 0;  ///< selected: what the loss is over
  std::int64_t active = 0;    ///< with a loss above 0
  double mean_positive = 0;   ///< of one person; 0 without such pairs
  double mean_negative = 0;   ///< of two people; 0 without such pairs

  /// Sums over several batches.
  TripletStatistics& operator+=(const TripletStatistics& batch);
};

struct TripletLoss {
  at::Tensor loss;  ///< a number; its graph leads to the embeddings, also when it is 0
  TripletStatistics statistics;
};

/// The triplet loss of a batch. `embeddings` [N, D] are unit rows, `labels` [N] int64 their people.
///
/// kSemiHard is the paper's, over squared distances (section 3.1, eq. 1; section 3.2, eq. 4).
/// kBatchHard takes distances that are not squared, sqrt(d^2 + 1e-12), as its source does: the
/// epsilon keeps the root's slope finite where two images are the same.
///
/// The loss is the mean over the selected triplets unless the options ask for the paper's sum: that
/// shrinks with the number of triplets that are left, so the rate that fits the first epoch need
/// not fit the last. It is 0 when there are none.
///
/// Selection has no gradient. Distances that rounding cannot tell from 0 count as 0, so a
/// duplicate filed under another person is never "farther" than a duplicate of the anchor's own;
/// of negatives at one distance the first in the batch is taken. Memory is O(N^2), time
/// O(N^2 (D + log N)).
TripletLoss triplet_loss(const at::Tensor& embeddings, const at::Tensor& labels,
                         const TripletLossOptions& options);

/// The harmonic triplet loss (paper, appendix 7.1): embeddings v2 that are learned become
/// comparable to those of an older network v1. `reference` [N, D] holds the v1 vectors of the same
/// faces; they are constants.
///
/// Anchor, positive and negative each come from either network (figure 9): the pairs of one person
/// within v2, within v1 and across, the two vectors of one face among them, and semi-hard negatives
/// from the whole set of both. Of the triplets so selected, those that lie all in v1 are left out:
/// nothing can be learned from them.
TripletLoss harmonic_triplet_loss(const at::Tensor& embeddings, const at::Tensor& reference,
                                  const at::Tensor& labels, const TripletLossOptions& options);

/// Draws embeddings [N, D] to the constant `reference` [N, D] of another network for the same
/// faces, all unit rows: the mean squared distance of the two vectors of a face, plus
/// `similarity_weight` times the mean squared difference of the two N x N matrices of cosines.
/// The second term is that of Tung & Mori 2019, "Similarity-Preserving Knowledge Distillation",
/// without their scaling of rows, which unit vectors do not need; it holds on to how faces lie to
/// each other while they are far from where they should be (for the idea in general see Park et al.
/// 2019, "Relational Knowledge Distillation").
at::Tensor distillation_loss(const at::Tensor& embeddings, const at::Tensor& reference,
                             double similarity_weight);

}  // namespace facenet
