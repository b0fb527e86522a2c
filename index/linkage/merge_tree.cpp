#include "index/linkage/merge_tree.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "index/linkage/constraint_set.h"
#include "index/linkage/disjoint_sets.h"

namespace facenet {

Clustering cut(std::int64_t count, std::span<const std::int64_t> block,
               std::span<const Merge> merges, double threshold) {
  DisjointSets sets(count);
  sets.join_blocks(block, [&](auto first, auto second) { sets.join(first, second); });

  Clustering result;
  for (const Merge& merge : merges) {
    // Rounding may bring the height of a join below that of the one before, which it needs.
    if (merge.height > threshold) break;
    const bool exist = merge.first >= 0 && merge.first < merge.second && merge.second < count;
    if (!exist || !sets.is_root(static_cast<DisjointSets::Id>(merge.first)) ||
        !sets.is_root(static_cast<DisjointSets::Id>(merge.second))) {
      throw std::invalid_argument("cut: joins of another set of points");
    }
    sets.join(static_cast<DisjointSets::Id>(merge.first),
              static_cast<DisjointSets::Id>(merge.second));
    result.merges.push_back(merge);
  }
  sets.number(result);
  return result;
}

bool fits(std::int64_t count, const Constraints& constraints, std::span<const Merge> merges) {
  DisjointSets sets(count);
  ConstraintSet rules(count, constraints);
  const auto join = [&](DisjointSets::Id first, DisjointSets::Id second) {
    sets.join(first, second);
    rules.join(first, second);
  };
  sets.join_blocks(constraints.block, join);
  for (const Merge& merge : merges) {
    const bool exist = merge.first >= 0 && merge.first < merge.second && merge.second < count;
    if (!exist || !std::isfinite(merge.height)) return false;
    const auto first = static_cast<DisjointSets::Id>(merge.first);
    const auto second = static_cast<DisjointSets::Id>(merge.second);
    if (!sets.is_root(first) || !sets.is_root(second) || !rules.may_join(first, second))
      return false;
    join(first, second);
  }
  return true;
}

std::vector<double> scipy_linkage(std::int64_t count, std::span<const Merge> merges) {
  std::vector<double> table;
  if (count == 0) return table;
  table.reserve(4 * static_cast<std::size_t>(count - 1));
  DisjointSets sets(count);
  struct Row {
    std::int64_t number, size;
  };
  std::vector<Row> row_of(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) row_of[static_cast<std::size_t>(i)] = {i, 1};
  const auto add = [&](std::int64_t first, std::int64_t second, double height) {
    Row& a = row_of[static_cast<std::size_t>(first)];
    const Row& b = row_of[static_cast<std::size_t>(second)];
    const std::int64_t size = a.size + b.size;
    const auto [low, high] = std::minmax(a.number, b.number);
    table.insert(table.end(), {static_cast<double>(low), static_cast<double>(high), height,
                               static_cast<double>(size)});
    a = {count + std::ssize(table) / 4 - 1, size};
    sets.join(static_cast<DisjointSets::Id>(first), static_cast<DisjointSets::Id>(second));
  };
  for (const Merge& merge : merges) add(merge.first, merge.second, merge.height);
  for (DisjointSets::Id i = 1; i < count; ++i) {
    if (sets.is_root(i)) add(0, i, std::numeric_limits<double>::infinity());
  }
  return table;
}

}  // namespace facenet
