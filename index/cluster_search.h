#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "index/cluster_set.h"
#include "index/rounds.h"

namespace facenet {

/// The nearest clusters by average linkage, found among all: with m the mean of a cluster and q its
/// mean squared norm, D(A, B) = q_A + q_B - 2<m_A, m_B>, so that a matrix product in float32 gives
/// the candidates, which are then measured in double. Keeps no matrix of means: they are made tile
/// by tile. Internal to index/.
class ClusterSearch {
 public:
  using Id = ClusterSet::Id;

  /// Clusters of a list.
  static constexpr std::int64_t kMost = 16;

  struct Found {
    Nearest nearest;
    std::span<const Id> list;  ///< the nearest few within reach that the query may join
    double bound = 0;          ///< others are no nearer; infinite when all are in the list
  };
  using Take = std::function<void(Id query, const Found& found)>;

  ClusterSearch(const ClusterSet& clusters, double reach, int threads, double largest_norm);

  /// Calls take(query, found) for each query, from several threads.
  void search(std::span<const Id> queries, std::span<const Id> among, const Take& take) const;

 private:
  struct Candidate;
  class Best;

  void fetch(std::span<const Id> clusters, std::vector<float>& means,
             std::vector<float>& half_norms) const;
  void search_part(std::span<const Id> queries, std::span<const Id> among,
                   std::span<Best> best) const;
  void measure(Id query, Best& best, std::span<const Id> among, const Take& take) const;
  void measure_all(Id query, std::span<const Id> among, const Take& take) const;

  const ClusterSet& clusters_;
  double reach_;
  int threads_;
  double margin_;  ///< a distance in float32 is no farther than this from that in double
};

}  // namespace facenet
