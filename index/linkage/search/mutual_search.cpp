#include "index/linkage/search/mutual_search.h"

#include <algorithm>
#include <span>
#include <utility>

#include "index/parallel.h"
#include "index/tile_products.h"

namespace facenet {
namespace {

/// Something that was seen from a cluster of a tile.
struct Meeting {
  std::size_t of;  ///< place in the tile
  NearCandidate candidate;
};

/// A tile of rows, ready for many products.
struct RowTile {
  std::int64_t number;
  MeanBlock block;
  TileProducts products;
};

}  // namespace

MutualSide::MutualSide(std::int64_t count, float half_reach, MeanSearch::MakeBlock make)
    : make_(std::move(make)),
      best_(index(count), NearFew(half_reach)),
      mutex_(index((count + kTile - 1) / kTile)) {}

void MutualSearch::within(MutualSide& side) const {
  look(side, side, [](std::int64_t row, std::int64_t column) { return row <= column; });
}

void MutualSearch::between(MutualSide& rows, MutualSide& columns, const Wanted& wanted) const {
  look(rows, columns, wanted);
}

/// Several tiles of rows together, so that a tile of columns is made and rounded once for them all;
/// few enough that every thread has some groups to do.
void MutualSearch::look(MutualSide& rows, MutualSide& columns, const Wanted& wanted) const {
  constexpr std::int64_t kMostTiles = 8, kGroupsPerThread = 8;
  const std::int64_t size =
      std::clamp<std::int64_t>(rows.tiles() / (kGroupsPerThread * threads_), 1, kMostTiles);
  parallel_for_pieces(rows.tiles(), size, threads_, [&](std::int64_t begin, std::int64_t end) {
    look_at_group(rows, columns, wanted, begin, end);
  });
}

void MutualSearch::look_at_group(MutualSide& rows, MutualSide& columns, const Wanted& wanted,
                                 std::int64_t begin, std::int64_t end) const {
  const auto add = [](MutualSide& side, std::int64_t tile, std::span<const Meeting> meetings) {
    const std::lock_guard lock(side.mutex_[index(tile)]);
    for (const auto& [of, candidate] : meetings) {
      side.best_[index(tile * kTile) + of].add(candidate);
    }
  };
  const auto reaches = [](MutualSide& side, std::int64_t tile, std::int64_t count) {
    const std::lock_guard lock(side.mutex_[index(tile)]);
    std::vector<float> result;
    for (std::int64_t i = 0; i < count; ++i) {
      result.push_back(side.best_[index(tile * kTile + i)].half_reach());
    }
    return result;
  };

  std::vector<RowTile> group;
  group.reserve(index(end - begin));
  for (std::int64_t t = begin; t < end; ++t) {
    group.push_back({t, rows.make(t), TileProducts(clusters_.dimension(), largest_norm_)});
    group.back().products.set_rows(group.back().block.means.data(), group.back().block.size());
  }
  TileColumns prepared;
  for (std::int64_t u = &rows == &columns ? begin : 0; u < columns.tiles(); ++u) {
    const MeanBlock block = columns.make(u);
    prepared.set(block.means.data(), block.size(), clusters_.dimension());
    for (auto& [t, row_block, products] : group) {
      if (!wanted(t, u)) continue;
      products.multiply(prepared);
      const bool is_own = &rows == &columns && t == u;
      const std::vector<float> row_reach = reaches(rows, t, row_block.size());
      std::vector<float> column_cut = reaches(columns, u, block.size());
      for (std::size_t j = 0; j < column_cut.size(); ++j) {
        column_cut[j] = block.half_norms[j] - column_cut[j];
      }
      std::vector<Meeting> of_rows, of_columns;
      for (std::size_t i = 0; i < row_block.ids.size(); ++i) {
        const float half_norm = row_block.half_norms[i];
        const ProductCut of_row{block.half_norms.data(), half_norm - row_reach[i]};
        const ProductCut of_column{column_cut.data(), half_norm};
        products.look(
            static_cast<std::int64_t>(i), of_row, of_column, [&](std::int64_t j, float product) {
              if (is_own && i >= index(j)) return;
              const std::int32_t id = row_block.ids[i], other = block.ids[index(j)];
              if (!clusters_.may_join(id, other)) return;
              const float half_distance = half_norm - (product - block.half_norms[index(j)]);
              if (of_row.takes(product, j)) of_rows.push_back({i, {half_distance, other}});
              if (of_column.takes(product, j)) {
                of_columns.push_back({index(j), {half_distance, id}});
              }
            });
      }
      add(rows, t, of_rows);
      add(columns, u, of_columns);
    }
  }
}

}  // namespace facenet
