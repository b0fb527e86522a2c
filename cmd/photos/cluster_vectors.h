#pragma once

#include <string>

#include "base/error.h"
#include "base/join_rule.h"

namespace facenet {

struct VectorClusteringOptions {
  std::string embeddings;  ///< .npy, one row a vector; a pattern for several files
  std::string groups;      ///< one photo number a line; empty: no same-photo rule
  std::string linkage = "average";
  std::string merge_tree;  ///< .npy to write; empty: none
  std::string resume;      ///< file of the joins so far; empty: none
  double threshold = 0;
  bool threshold_given = false;
  JoinConstants joins = {};  ///< of the model that made the vectors; not measured: not said
  bool approximate = false;
  bool force = false;
  int threads = 1;
  bool json = false;
};

/// `facenet cluster --embeddings`: groups vectors that came from anywhere and prints a cluster
/// number for each row. Without a threshold they are grouped by the rule for joins, for which the
/// model must be known. Where MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE name several processes,
/// they share the work, and the first of them prints. Throws Error.
ExitStatus cluster_vectors(const VectorClusteringOptions& options);

}  // namespace facenet
