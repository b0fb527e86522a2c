#include "index/linkage/constraint_set.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <stdexcept>

#include "index/points.h"

namespace facenet {
namespace {

constexpr std::int64_t kNone = -1;
/// The label of a block that a user made of several labels: it differs from every label.
constexpr std::int64_t kMixed = -2;

void check_size(std::span<const std::int64_t> constraint, std::int64_t count) {
  if (!constraint.empty() && std::ssize(constraint) != count) {
    throw std::invalid_argument("Constraints: not one entry a point");
  }
}

/// Whether one holds the opposite of a mark of the other; being opposite goes both ways.
template <class Opposite>
bool have_opposites(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b,
                    const Opposite& opposite) {
  const auto& few = a.size() < b.size() ? a : b;
  const auto& many = a.size() < b.size() ? b : a;
  return std::ranges::any_of(
      few, [&](std::int64_t mark) { return std::ranges::binary_search(many, opposite(mark)); });
}

void join_marks(std::vector<std::int64_t>& marks, std::vector<std::int64_t>& others) {
  if (marks.empty()) {
    marks.swap(others);
  } else if (!others.empty()) {
    std::vector<std::int64_t> joined;
    joined.reserve(marks.size() + others.size());
    std::ranges::set_union(marks, others, std::back_inserter(joined));
    marks = std::move(joined);
  }
  std::vector<std::int64_t>().swap(others);
}

}  // namespace

ConstraintSet::ConstraintSet(std::int64_t count, const Constraints& constraints) {
  check_size(constraints.photo, count);
  check_size(constraints.block, count);
  check_size(constraints.label, count);
  label_.assign(constraints.label.begin(), constraints.label.end());
  photos_.resize(constraints.photo.size());
  for (std::size_t i = 0; i < photos_.size(); ++i) {
    if (constraints.photo[i] != kNone) photos_[i] = {constraints.photo[i]};
  }
  if (constraints.apart.empty()) return;
  sides_.resize(index(count));
  const auto mark = [&](std::span<const std::int64_t> points, std::int64_t side) {
    for (const std::int64_t point : points) {
      if (point < 0 || point >= count) {
        throw std::invalid_argument("Separation: a point that does not exist");
      }
      Marks& sides = sides_[index(point)];
      if (sides.empty() || sides.back() != side) sides.push_back(side);  // ascending, as they come
    }
  };
  for (std::int64_t s = 0; s < std::ssize(constraints.apart); ++s) {
    mark(constraints.apart[index(s)].left, 2 * s);
    mark(constraints.apart[index(s)].right, 2 * s + 1);
  }
}

bool ConstraintSet::may_join(Id a, Id b) const {
  if (!label_.empty()) {
    const std::int64_t label_a = label_[index(a)];
    const std::int64_t label_b = label_[index(b)];
    const bool both = label_a != kNone && label_b != kNone;
    if (both && (label_a != label_b || label_a == kMixed)) return false;
  }
  if (!photos_.empty() && have_opposites(photos_[index(a)], photos_[index(b)], std::identity())) {
    return false;
  }
  return sides_.empty() || !have_opposites(sides_[index(a)], sides_[index(b)],
                                           [](std::int64_t side) { return side ^ 1; });
}

void ConstraintSet::join(Id first, Id second) {
  if (!photos_.empty()) join_marks(photos_[index(first)], photos_[index(second)]);
  if (!sides_.empty()) join_marks(sides_[index(first)], sides_[index(second)]);
  if (label_.empty()) return;
  std::int64_t& label = label_[index(first)];
  const std::int64_t other = label_[index(second)];
  if (label == kNone) {
    label = other;
  } else if (other != kNone && other != label) {
    label = kMixed;
  }
}

}  // namespace facenet
