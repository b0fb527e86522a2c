#include "index/merge_tree.h"

#include <stdexcept>

#include "index/disjoint_sets.h"

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

}  // namespace facenet
