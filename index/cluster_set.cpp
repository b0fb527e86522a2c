#include "index/cluster_set.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <stdexcept>

#include "index/distance.h"

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

bool have_common(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  const auto& few = a.size() < b.size() ? a : b;
  const auto& many = a.size() < b.size() ? b : a;
  return std::any_of(few.begin(), few.end(), [&many](std::int64_t value) {
    return std::binary_search(many.begin(), many.end(), value);
  });
}

template <class T>
void add_to(std::vector<double>& sum, std::span<const T> values) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(values[i]);
}

}  // namespace

ClusterSet::ClusterSet(const Points& points, const Constraints& constraints)
    : points_(points),
      parent_(static_cast<std::size_t>(points.count)),
      size_(parent_.size(), 1),
      sum_(parent_.size()),
      scatter_(parent_.size(), 0) {
  check_size(constraints.photo, points.count);
  check_size(constraints.block, points.count);
  check_size(constraints.label, points.count);
  std::iota(parent_.begin(), parent_.end(), Id{0});
  label_.assign(constraints.label.begin(), constraints.label.end());
  photos_.resize(constraints.photo.size());
  for (std::size_t i = 0; i < photos_.size(); ++i) {
    if (constraints.photo[i] != kNone) photos_[i] = {constraints.photo[i]};
  }
}

ClusterSet::Id ClusterSet::find(Id point) {
  while (!is_cluster(point)) {
    parent_[index(point)] = parent_[index(parent_[index(point)])];
    point = parent_[index(point)];
  }
  return point;
}

bool ClusterSet::may_join(Id a, Id b) const {
  if (!label_.empty()) {
    const std::int64_t label_a = label_[index(a)];
    const std::int64_t label_b = label_[index(b)];
    const bool both = label_a != kNone && label_b != kNone;
    if (both && (label_a != label_b || label_a == kMixed)) return false;
  }
  return photos_.empty() || !have_common(photos_[index(a)], photos_[index(b)]);
}

// With s the sum of a cluster's vectors and S its scatter, the sum over all pairs of A and B is
// |A||B| |s_A/|A| - s_B/|B||^2 + |B|/|A| S_A + |A|/|B| S_B. Every term is 0 or more, so nothing
// cancels: copies of one vector are exactly 0 apart. Over a common denominator, vectors of small
// integers have exact numerators, so that equal heights compare equal.
double ClusterSet::sum_of_distances(Id a, Id b) const {
  const auto size_a = static_cast<double>(size(a));
  const auto size_b = static_cast<double>(size(b));
  const std::span<const double> sum_a = sum_[index(a)];
  const std::span<const double> sum_b = sum_[index(b)];
  double between = 0;
  if (sum_a.empty() && sum_b.empty()) {
    between = scaled_squared_distance(points_.row(a), size_b, points_.row(b), size_a);
  } else if (sum_a.empty()) {
    between = scaled_squared_distance(points_.row(a), size_b, sum_b, size_a);
  } else if (sum_b.empty()) {
    between = scaled_squared_distance(sum_a, size_b, points_.row(b), size_a);
  } else {
    between = scaled_squared_distance(sum_a, size_b, sum_b, size_a);
  }
  const double within = size_b * size_b * scatter_[index(a)] + size_a * size_a * scatter_[index(b)];
  return (between + within) / (size_a * size_b);
}

double ClusterSet::distance(Id a, Id b) const {
  return sum_of_distances(a, b) / (static_cast<double>(size(a)) * static_cast<double>(size(b)));
}

void ClusterSet::join(Id first, Id second) {
  scatter_[index(first)] += scatter_[index(second)] + sum_of_distances(first, second);
  join_sums(first, second);
  if (!photos_.empty()) join_photos(first, second);
  if (!label_.empty()) join_labels(first, second);
  size_[index(first)] += size_[index(second)];
  parent_[index(second)] = first;
}

void ClusterSet::join_sums(Id first, Id second) {
  auto& sum = sum_[index(first)];
  auto& other = sum_[index(second)];
  // Only a single point has no sum yet; its row is added to the other's, or to zero.
  if (sum.empty()) {
    sum = std::move(other);
    sum.resize(static_cast<std::size_t>(points_.dimension), 0.0);
    add_to(sum, points_.row(first));
    if (size(second) == 1) add_to(sum, points_.row(second));
  } else if (other.empty()) {
    add_to(sum, points_.row(second));
  } else {
    add_to(sum, std::span<const double>(other));
  }
  std::vector<double>().swap(other);
}

void ClusterSet::join_photos(Id first, Id second) {
  auto& photos = photos_[index(first)];
  auto& others = photos_[index(second)];
  const auto middle = std::ssize(photos);
  photos.insert(photos.end(), others.begin(), others.end());
  std::inplace_merge(photos.begin(), photos.begin() + middle, photos.end());
  std::vector<std::int64_t>().swap(others);
}

void ClusterSet::join_labels(Id first, Id second) {
  std::int64_t& label = label_[index(first)];
  const std::int64_t other = label_[index(second)];
  if (label == kNone) {
    label = other;
  } else if (other != kNone && other != label) {
    label = kMixed;
  }
}

}  // namespace facenet
