#pragma once

#include <span>

#include "base/ranks.h"
#include "index/distributed/deal.h"
#include "index/linkage/agglomerate.h"
#include "index/linkage/rounds.h"

namespace facenet {

/// agglomerate() over several processes, each of which has the vectors of the points that `deal`
/// gives it and searches among its own clusters: the same joins, of the same heights to the last
/// bit, for any number of ranks. Every rank returns the whole result.
///
/// `rows`: the own points in order, `dimension` floats each. `constraints` are of all points, the
/// same everywhere. `each_round` is told by rank 0 alone. `done` are joins of an earlier attempt,
/// as `each_round` was told them, which are made without a search. A rank keeps as many points as
/// the others, those near to each other; the means of its clusters in single precision, some 700
/// bytes for each own point and some 150 for each of all points, and what is on its way: some 100
/// MiB.
///
/// Throws UsageError for options that make no sense, or for another linkage than average; Error
/// when a vector is not finite or another rank is gone.
Clustering agglomerate(Ranks& ranks, const Deal& deal, int dimension, std::vector<float> rows,
                       const Constraints& constraints, const AgglomerateOptions& options,
                       std::span<const Merge> done = {}, const EachRound& each_round = {});

}  // namespace facenet
