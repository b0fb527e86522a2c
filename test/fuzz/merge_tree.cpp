// Merge trees as a catalog may hold them: what passes the check can be cut at any height.
#include "index/linkage/merge_tree.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include "index/linkage/join_cut.h"
#include "test/fuzz/fuzz.h"

using namespace facenet;

namespace {

/// Every cut has fewer clusters than the one below it, and never parts what that has together.
void expect_nested_cuts(std::int64_t count, std::span<const std::int64_t> block,
                        std::span<const Merge> merges) {
  std::vector<std::int32_t> finer;
  for (const double threshold : {-1.0, 0.1, 0.5, 1.0, 4.0, 1e300}) {
    const Clustering clustering = cut(count, block, merges, threshold);
    FUZZ_EXPECT(std::ssize(clustering.cluster) == count);
    const std::set<std::int32_t> numbers(clustering.cluster.begin(), clustering.cluster.end());
    FUZZ_EXPECT(static_cast<std::int32_t>(numbers.size()) == clustering.clusters);
    FUZZ_EXPECT(numbers.empty() || *numbers.rbegin() == clustering.clusters - 1);
    for (std::size_t i = 0; i < finer.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        FUZZ_EXPECT(finer[i] != finer[j] || clustering.cluster[i] == clustering.cluster[j]);
    finer = clustering.cluster;
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices({data, size});
  const auto count = static_cast<std::int64_t>(1 + choices.below(24));
  const std::size_t blocks = choices.below(6);
  std::vector<std::int64_t> block;
  std::vector<std::int64_t> photo;
  for (std::int64_t i = 0; i < count && blocks > 0; ++i) {
    block.push_back(static_cast<std::int64_t>(choices.below(blocks + 1)) - 1);
    photo.push_back(static_cast<std::int64_t>(choices.below(4)) - 1);
  }
  std::vector<Merge> merges;
  while (!choices.at_end() && merges.size() < 64) {
    Merge merge{};
    const bool is_wild = choices.below(16) == 15;
    merge.first = is_wild ? choices.integer() : static_cast<std::int64_t>(choices.below(26));
    merge.second = is_wild ? choices.integer() : static_cast<std::int64_t>(choices.below(26));
    merge.height = is_wild ? choices.number() : static_cast<double>(choices.byte()) / 64;
    merge.size = is_wild ? choices.integer() : static_cast<std::int64_t>(choices.below(26));
    merges.push_back(merge);
  }
  const bool fit = fits(count, {.photo = photo, .block = block}, merges);
  try {
    expect_nested_cuts(count, block, merges);
  } catch (const std::invalid_argument&) {
    FUZZ_EXPECT(!fit);
    return 0;
  }
  if (!fit) return 0;
  const std::vector<FaceGroup> alone(static_cast<std::size_t>(count), FaceGroup{});
  const JoinCut by_rule = cut_by_join_rule(
      {.block = block, .groups = alone, .joins = JoinConstantsByKind::all(kReferenceJoins)},
      merges);
  FUZZ_EXPECT(std::ssize(by_rule.clustering.cluster) == count);
  if (block.empty()) FUZZ_EXPECT(std::ssize(scipy_linkage(count, merges)) == 4 * (count - 1));
  return 0;
}
