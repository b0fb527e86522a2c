#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/linkage/near_source.h"

namespace facenet {

/// The nearest clusters by average linkage, found among all: with m the mean of a cluster and q its
/// mean squared norm, D(A, B) = q_A + q_B - 2<m_A, m_B>, so that a matrix product in float32 gives
/// the candidates, which are then measured in double. After a first search of all points, or at
/// once when that is of few, it keeps a matrix of the means. Internal to index/.
class ClusterSearch : public NearSource {
 public:
  ClusterSearch(const ClusterSet& clusters, double reach, int threads, double largest_norm);

  void search(std::span<const Id> queries, std::span<const Id> among, const Take& take) override;
  void join(Id first, Id second) override;
  /// Of `among` the clusters within reach of the query, and some that lie beyond it by no more than
  /// float32 rounds. The query may be one of them.
  std::vector<Id> near(Id query, std::span<const Id> among);

 private:
  struct Candidate;
  class Best;
  struct Block;

  float half_reach() const;
  void search_all(std::span<const Id> clusters, const Take& take) const;
  void search_some(std::span<const Id> queries, const Take& take);
  void refresh(std::span<const Id> among);
  void refresh_row(std::size_t row);
  void look_among_rows(const Block& queries, std::size_t begin, std::size_t end,
                       std::span<Best> best) const;
  void measure(Id query, const Best& best, std::span<const Id> among, const Take& take) const;

  const ClusterSet& clusters_;
  double reach_;
  int threads_;
  double largest_norm_;  ///< squared
  double margin_;        ///< a distance in float32 is no farther than this from that in double

  /// Row i of the means is cluster ids_[i], or was it before it became `stale_`.
  std::vector<Id> ids_;
  std::vector<float> means_;
  std::vector<float> half_norms_;
  std::vector<Id> row_of_;  ///< -1: none
  std::vector<Id> stale_;   ///< clusters that have grown since their row was made
};

}  // namespace facenet
