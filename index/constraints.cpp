#include "index/constraints.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace facenet {
namespace {

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

/// What is together from the start: a block, or a point without one.
struct Unit {
  bool is_block;
  std::int64_t number;
  friend auto operator<=>(const Unit&, const Unit&) = default;
};

Unit unit_of(const Constraints& constraints, std::int64_t point) {
  const std::int64_t block = constraints.block.empty() ? -1 : constraints.block[index(point)];
  return block < 0 ? Unit{false, point} : Unit{true, block};
}

std::map<Unit, std::int64_t> first_of_units(const Constraints& constraints,
                                            std::span<const std::int64_t> points) {
  std::map<Unit, std::int64_t> first;
  for (const std::int64_t point : points) {
    const auto [entry, is_new] = first.emplace(unit_of(constraints, point), point);
    if (!is_new) entry->second = std::min(entry->second, point);
  }
  return first;
}

void find_on_both_sides(const Constraints& constraints, std::int64_t separation,
                        std::vector<Contradiction>& found) {
  const auto& [left, right] = constraints.apart[index(separation)];
  const auto first_left = first_of_units(constraints, left);
  const auto first_right = first_of_units(constraints, right);
  for (const auto& [unit, point] : first_left) {
    const auto other = first_right.find(unit);
    if (other != first_right.end()) found.push_back({separation, point, other->second});
  }
}

void find_different_labels(const Constraints& constraints, std::vector<Contradiction>& found) {
  if (constraints.block.empty() || constraints.label.empty()) return;
  struct Labels {
    std::int64_t first_point;
    std::vector<std::int64_t> seen;
  };
  std::unordered_map<std::int64_t, Labels> of_block;
  for (std::int64_t i = 0; i < std::ssize(constraints.block); ++i) {
    const std::int64_t block = constraints.block[index(i)];
    const std::int64_t label = constraints.label[index(i)];
    if (block < 0 || label < 0) continue;
    Labels& labels = of_block.try_emplace(block, Labels{i, {label}}).first->second;
    if (std::ranges::find(labels.seen, label) != labels.seen.end()) continue;
    labels.seen.push_back(label);
    found.push_back({-1, labels.first_point, i});
  }
}

}  // namespace

std::vector<Contradiction> contradictions(const Constraints& constraints) {
  std::vector<Contradiction> found;
  find_different_labels(constraints, found);
  for (std::int64_t s = 0; s < std::ssize(constraints.apart); ++s) {
    find_on_both_sides(constraints, s, found);
  }
  std::ranges::sort(found, {}, [](const Contradiction& contradiction) {
    return std::tuple(contradiction.separation, contradiction.left, contradiction.right);
  });
  return found;
}

}  // namespace facenet
