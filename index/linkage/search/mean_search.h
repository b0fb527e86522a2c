#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "index/bfloat16.h"
#include "index/linkage/cluster_means.h"
#include "index/linkage/search/near_few.h"

namespace facenet {

/// A tile of clusters, of other processes perhaps: the means row by row, and half of the mean
/// squared norms. Internal to index/.
struct MeanBlock {
  std::vector<std::int32_t> ids;
  std::vector<float> means;
  std::vector<float> half_norms;

  MeanBlock() = default;
  MeanBlock(const ClusterMeans& clusters, std::span<const std::int32_t> of);

  std::int64_t size() const { return std::ssize(ids); }
};

/// Tile t of clusters, and how many there are.
std::span<const std::int32_t> tile_of(std::span<const std::int32_t> clusters, std::int64_t t);
std::int64_t tiles_of(std::span<const std::int32_t> clusters);

/// The nearest clusters by average linkage as far as single precision tells: with m the mean of a
/// cluster and q its mean squared norm, D(A, B) = q_A + q_B - 2<m_A, m_B>, so that a matrix product
/// gives the candidates. It keeps a matrix of the means of all clusters that are searched, rounded
/// where the processor multiplies such. Internal to index/.
class MeanSearch {
 public:
  using Id = ClusterMeans::Id;
  /// Blocks of queries, each at most a tile, made by the thread that needs them.
  using MakeBlock = std::function<MeanBlock(std::int64_t block)>;
  /// Gets the nearest few of each query of a block.
  using TakeBlock = std::function<void(std::int64_t block, const MeanBlock& queries,
                                       std::span<const NearFew> best)>;

  /// Candidates are those within `reach`, and some that lie beyond it by no more than margin(). No
  /// point has a larger squared norm.
  MeanSearch(const ClusterMeans& clusters, double reach, int threads, double largest_norm);

  /// A distance in single precision is no farther than this from that in double.
  double margin() const { return margin_; }
  float half_reach() const;
  /// Clusters that are searched; none before the first refresh().
  std::span<const Id> ids() const { return ids_; }

  /// Brings the matrix up to date: `among` are the clusters to search, and some that are none.
  void refresh(std::span<const Id> among);
  /// `second` has become part of `first`, either of which may not be in the matrix.
  void join(Id first, Id second);

  void search(std::int64_t blocks, const MakeBlock& make, const TakeBlock& take) const;
  /// All candidates of each query.
  std::vector<std::vector<Id>> near(const MeanBlock& queries) const;

 private:
  std::size_t dimension() const { return static_cast<std::size_t>(clusters_.dimension()); }
  void resize_rows(std::size_t count);
  void refresh_row(std::size_t row);
  template <class Cut, class Found>
  void look_among_rows(const MeanBlock& queries, std::size_t begin, std::size_t end, const Cut& cut,
                       const Found& found) const;

  const ClusterMeans& clusters_;
  double reach_;
  int threads_;
  double largest_norm_;  ///< squared
  double margin_;

  /// Row i of the means is cluster ids_[i], or was it before it became `stale_`.
  std::vector<Id> ids_;
  bool is_rounded_;
  std::vector<float> means_;
  std::vector<Bfloat16> rounded_means_;  ///< one of the two is empty
  std::vector<float> half_norms_;
  std::vector<Id> row_of_;  ///< -1: none
  std::vector<Id> stale_;   ///< clusters that have grown since their row was made
};

}  // namespace facenet
