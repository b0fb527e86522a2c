#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/join_rule.h"
#include "base/recognisability.h"
#include "index/cluster_measures.h"
#include "index/linkage/merge_tree.h"
#include "index/points.h"

namespace facenet {

/// Faces of known people, one row each.
struct LabelledFaces {
  Points points;                                  ///< unit vectors
  std::span<const std::int64_t> identity;         ///< of each
  std::span<const VectorEvidence> evidence = {};  ///< of each, where it is known
};

/// VAL at a FAR over all pairs of faces, its standard error over splits of the people (paper,
/// section 4.1).
struct AllPairsVal {
  double far = 0;
  double val = 0, standard_error = 0;
  double threshold = 0;            ///< on all faces
  std::int64_t false_accepts = 0;  ///< below it, on all faces
};

struct AllPairsReport {
  std::int64_t same = 0, different = 0;  ///< pairs of all faces
  int splits = 0;
  std::vector<AllPairsVal> val;
};

/// Which of `splits` parts a person belongs to: by a hash of the name, so that it never changes
/// when people join or leave.
int split_of(const std::string& name, int splits);

/// VAL of all pairs, and its standard error over the splits that have pairs of both kinds (0 with
/// fewer than two). `split[i]` is the split of face i. Throws Error when there are no pairs of both
/// kinds.
AllPairsReport verify_all_pairs(const LabelledFaces& faces, std::span<const int> split, int splits,
                                std::span<const double> fars, int threads);

/// Average linkage cut by the rule for joins, or at a threshold, compared with the truth.
struct ClusteringQuality {
  std::optional<double> threshold = {};  ///< nothing: by the rule
  std::int64_t clusters = 0;
  Agreement bcubed, pairwise;
};

/// All joins that a cut may ask for.
Clustering join_faces(const LabelledFaces& faces, double threshold, int threads);

/// Of `tree`, from join_faces().
ClusteringQuality measure_cut(const LabelledFaces& faces, const Clustering& tree, double threshold);
ClusteringQuality measure_rule(const LabelledFaces& faces, const Clustering& tree,
                               const JoinConstants& joins);
/// The cut of the highest B-cubed F, in steps of 0.01 up to 2: what choosing the cut on this very
/// set could give at most.
ClusteringQuality measure_best_cut(const LabelledFaces& faces, const Clustering& tree);

}  // namespace facenet
