#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace facenet {

/// What a search for near clusters by their means needs to know of them. A cluster is named by its
/// smallest point. Threads may ask at the same time. Internal to index/.
class ClusterMeans {
 public:
  using Id = std::int32_t;

  virtual ~ClusterMeans() = default;

  virtual int dimension() const = 0;
  /// Of points, so that names lie below it.
  virtual Id count() const = 0;
  virtual bool is_cluster(Id id) const = 0;
  /// Ascending.
  std::vector<Id> clusters() const {
    std::vector<Id> result;
    for (Id i = 0; i < count(); ++i) {
      if (is_cluster(i)) result.push_back(i);
    }
    return result;
  }
  /// See ConstraintSet.
  virtual bool may_join(Id a, Id b) const = 0;
  /// The mean of the points, in single precision.
  virtual void mean(Id cluster, std::span<float> mean) const = 0;
  /// The mean squared norm of the points.
  virtual double mean_square(Id cluster) const = 0;
};

}  // namespace facenet
