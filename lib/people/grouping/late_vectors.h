#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "catalog/catalog.h"
#include "people/grouping/clustering_input.h"

namespace facenet {

/// The vectors of a clustering's faces, read when they are first asked for: a run that only cuts
/// the kept tree elsewhere may need none. Both `catalog` and `input` must outlive this.
class LateVectors {
 public:
  LateVectors(const Catalog& catalog, ModelId model, const ClusteringInput& input)
      : catalog_(catalog), model_(model), input_(input) {}

  const ClusteringInput& input() const { return input_; }
  const std::vector<float>& values();
  /// 0 without faces.
  std::size_t dimension();
  std::vector<double> sum(std::span<const std::size_t> rows);

 private:
  const Catalog& catalog_;
  ModelId model_;
  const ClusteringInput& input_;
  std::vector<float> values_;
};

}  // namespace facenet
