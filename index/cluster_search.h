#pragma once

#include <cstdint>
#include <span>

#include "index/near_source.h"

namespace facenet {

/// The nearest clusters by average linkage, found among all: with m the mean of a cluster and q its
/// mean squared norm, D(A, B) = q_A + q_B - 2<m_A, m_B>, so that a matrix product in float32 gives
/// the candidates, which are then measured in double. Keeps no matrix of means: they are made tile
/// by tile. Internal to index/.
class ClusterSearch : public NearSource {
 public:
  ClusterSearch(const ClusterSet& clusters, double reach, int threads, double largest_norm);

  void search(std::span<const Id> queries, std::span<const Id> among, const Take& take) override;
  void join(Id, Id) override {}

 private:
  struct Candidate;
  class Best;

  struct Block;

  Block fetch(std::span<const Id> clusters) const;
  float half_reach() const;
  void search_part(std::span<const Id> queries, std::span<const Id> among,
                   std::span<Best> best) const;
  void search_some(std::span<const Id> queries, std::span<const Id> among, const Take& take) const;
  void search_all(std::span<const Id> clusters, const Take& take) const;
  void measure(Id query, const Best& best, std::span<const Id> among, const Take& take) const;

  const ClusterSet& clusters_;
  double reach_;
  int threads_;
  double margin_;  ///< a distance in float32 is no farther than this from that in double
};

}  // namespace facenet
