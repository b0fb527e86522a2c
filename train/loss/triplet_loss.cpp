#include "train/loss/triplet_loss.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include "base/error.h"

namespace facenet {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();  ///< no distance reaches it

/// All rows that triplets are made of, those that learn first, and their distances.
struct Pool {
  at::Tensor rows;       ///< [M, D]
  at::Tensor squared;    ///< [M, M] distances, with graph
  at::Tensor distances;  ///< the same as selection sees them, without
  at::Tensor positive;   ///< [M, M] bool: two rows of one person
  at::Tensor negative;   ///< [M, M] bool: of two people
  std::int64_t learned = 0;
};

/// Row numbers, [T] each.
struct Triplets {
  at::Tensor anchor, positive, negative;
};

/// A matrix product leaves some rounding where two rows are the same.
at::Tensor without_rounding(const at::Tensor& squared) {
  const double last_bit = squared.scalar_type() == at::kDouble
                              ? std::numeric_limits<double>::epsilon()
                              : static_cast<double>(std::numeric_limits<float>::epsilon());
  return squared.masked_fill(squared < 16 * last_bit, 0);
}

Pool make_pool(const at::Tensor& rows, const at::Tensor& labels, std::int64_t learned) {
  TORCH_CHECK(rows.dim() == 2 && labels.dim() == 1 && rows.size(0) == labels.size(0),
              "triplets take embeddings [N, D] and labels [N]");
  Pool pool;
  pool.rows = rows;
  const at::Tensor norms = rows.square().sum(1);
  pool.squared = norms.unsqueeze(1) + norms.unsqueeze(0) - 2 * rows.mm(rows.t());
  pool.distances = without_rounding(pool.squared.detach());
  const at::Tensor same = labels.unsqueeze(1) == labels.unsqueeze(0);
  pool.negative = same.logical_not();
  pool.positive = same.clone().fill_diagonal_(false);
  pool.learned = learned;
  return pool;
}

/// Sorts the negatives of each anchor and looks up its positives there.
Triplets select_semi_hard(const Pool& pool, double margin) {
  const at::Tensor candidates = pool.distances.masked_fill(pool.negative.logical_not(), kNever);
  const auto [sorted, order] =
      at::sort(candidates, /*stable=*/true, /*dim=*/1, /*descending=*/false);
  const at::Tensor pairs = at::nonzero(pool.positive);
  const at::Tensor anchor = pairs.select(1, 0), positive = pairs.select(1, 1);
  const at::Tensor distance = pool.distances.index({anchor, positive});

  // The positives of each anchor side by side, in as many columns as the most that one has.
  const at::Tensor counts = pool.positive.sum(1);
  const at::Tensor first = counts.cumsum(0) - counts;
  const at::Tensor column = at::arange(pairs.size(0), first.options()) - first.index({anchor});
  at::Tensor table =
      at::zeros({counts.size(0), counts.max().item<std::int64_t>()}, pool.distances.options());
  table.index_put_({anchor, column}, distance);

  // Past the end only for NaN: the anchor itself is no negative, so that each row ends in kNever.
  const at::Tensor place = at::searchsorted(sorted, table, /*out_int32=*/false, /*right=*/true)
                               .index({anchor, column})
                               .clamp_max(sorted.size(1) - 1);
  const at::Tensor nearest = sorted.index({anchor, place});
  const at::Tensor inside = at::nonzero(nearest < distance + margin).select(1, 0);
  return {anchor.index({inside}), positive.index({inside}),
          order.index({anchor, place}).index({inside})};
}

Triplets select_batch_hard(const Pool& pool) {
  const auto [farthest, positive] =
      pool.distances.masked_fill(pool.positive.logical_not(), -1).max(1);
  const auto [nearest, negative] =
      pool.distances.masked_fill(pool.negative.logical_not(), kNever).min(1);
  const at::Tensor anchor = at::nonzero((farthest >= 0).logical_and(nearest < kNever)).select(1, 0);
  return {anchor, positive.index({anchor}), negative.index({anchor})};
}

Triplets select(const Pool& pool, const TripletLossOptions& options) {
  const Triplets all = options.selection == TripletSelection::kSemiHard
                           ? select_semi_hard(pool, options.margin)
                           : select_batch_hard(pool);
  const at::Tensor first = at::minimum(at::minimum(all.anchor, all.positive), all.negative);
  const at::Tensor learns = at::nonzero(first < pool.learned).select(1, 0);
  return {all.anchor.index({learns}), all.positive.index({learns}), all.negative.index({learns})};
}

/// Of rows a and b, in the measure of the selection's source.
at::Tensor distances_of(const Pool& pool, const at::Tensor& a, const at::Tensor& b,
                        TripletSelection selection) {
  if (selection == TripletSelection::kSemiHard) return pool.squared.index({a, b});
  // From the difference, not the matrix: the root would blow up the rounding of small distances.
  const at::Tensor difference = pool.rows.index({a}) - pool.rows.index({b});
  return (difference.square().sum(1) + 1e-12).sqrt();
}

/// Of the distances of pairs whose anchor learns.
double mean_distance(const Pool& pool, const at::Tensor& pairs) {
  const at::Tensor ours = pairs.narrow(0, 0, pool.learned);
  const auto count = ours.sum().item<std::int64_t>();
  const at::Tensor distances = pool.distances.narrow(0, 0, pool.learned);
  return count == 0 ? 0 : (distances * ours).sum().item<double>() / static_cast<double>(count);
}

TripletLoss loss_of(const Pool& pool, const TripletLossOptions& options) {
  const Triplets triplets = select(pool, options);
  const at::Tensor difference =
      distances_of(pool, triplets.anchor, triplets.positive, options.selection) -
      distances_of(pool, triplets.anchor, triplets.negative, options.selection);
  const at::Tensor losses =
      options.soft_margin ? at::softplus(difference) : at::relu(difference + options.margin);
  TripletLoss result;
  result.loss = losses.sum();
  if (!options.sum) result.loss = result.loss / std::max<std::int64_t>(1, losses.size(0));
  result.statistics = {.pairs = pool.positive.sum().item<std::int64_t>(),
                       .triplets = losses.size(0),
                       .active = (losses > 0).sum().item<std::int64_t>(),
                       .mean_positive = mean_distance(pool, pool.positive),
                       .mean_negative = mean_distance(pool, pool.negative)};
  return result;
}

}  // namespace

TripletStatistics& TripletStatistics::operator+=(const TripletStatistics& batch) {
  pairs += batch.pairs;
  triplets += batch.triplets;
  active += batch.active;
  mean_positive += batch.mean_positive;
  mean_negative += batch.mean_negative;
  return *this;
}

void TripletLossOptions::validate() const {
  // Two unit vectors are at most 2 apart, squared 4.
  const double most = selection == TripletSelection::kSemiHard ? 4 : 2;
  if (!(margin > 0 && margin <= most)) {
    fail<UsageError>("--margin must be above 0 and at most {1}, not {0}", margin, most);
  }
}

TripletLoss triplet_loss(const at::Tensor& embeddings, const at::Tensor& labels,
                         const TripletLossOptions& options) {
  return loss_of(make_pool(embeddings, labels, embeddings.size(0)), options);
}

TripletLoss harmonic_triplet_loss(const at::Tensor& embeddings, const at::Tensor& reference,
                                  const at::Tensor& labels, const TripletLossOptions& options) {
  TORCH_CHECK(embeddings.sizes() == reference.sizes(),
              "two networks are compatible only with embeddings of one size");
  const at::Tensor rows = at::cat({embeddings, reference.detach()});
  return loss_of(make_pool(rows, at::cat({labels, labels}), embeddings.size(0)), options);
}

at::Tensor distillation_loss(const at::Tensor& embeddings, const at::Tensor& reference,
                             double similarity_weight) {
  TORCH_CHECK(embeddings.sizes() == reference.sizes(),
              "one network is drawn to another only with embeddings of one size");
  const at::Tensor target = reference.detach();
  const at::Tensor distance = (embeddings - target).square().sum(1).mean();
  const at::Tensor similarity = embeddings.mm(embeddings.t()) - target.mm(target.t());
  return distance + similarity_weight * similarity.square().mean();
}

}  // namespace facenet
