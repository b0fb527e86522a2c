#include "library/shots.h"

#include <algorithm>

#include "base/distance.h"
#include "index/linkage/join_cut.h"
#include "people/stacks/stacks.h"

namespace facenet {

bool is_one_moment(const PhotoMoment& a, const PhotoMoment& b) {
  constexpr int kMostBits = 10;
  return are_near(a, b, kMostBits);
}

Shots::Shots(const ClusteringInput& input, std::span<const float> values,
             const JoinConstantsByKind& joins)
    : input_(input),
      values_(values),
      joins_(joins),
      dimension_(input.faces.empty() ? 0 : values.size() / input.faces.size()) {}

double Shots::distance(std::size_t a, std::size_t b) const {
  return squared_distance(values_.subspan(a * dimension_, dimension_),
                          values_.subspan(b * dimension_, dimension_));
}

JoinConstants Shots::constants(std::size_t a, std::size_t b) const {
  return joins_.between(input_.by_other[a], input_.by_other[b]);
}

bool Shots::is_one_by_moment(std::size_t a, std::size_t b) const {
  if (input_.moment.empty() || !is_one_moment(input_.moment[a], input_.moment[b])) return false;
  const JoinConstants joins = constants(a, b);
  return joins.cosine(distance(a, b)) >= joins.even;
}

bool Shots::is_one(std::size_t a, std::size_t b) const {
  return is_one_by_moment(a, b) || distance(a, b) <= constants(a, b).burst();
}

double Shots::count(std::span<const std::size_t> rows) const {
  const std::vector<std::int64_t> points(rows.begin(), rows.end());
  const auto firsts = first_of_shots(points, [&](std::int64_t a, std::int64_t b) {
    return is_one(static_cast<std::size_t>(a), static_cast<std::size_t>(b));
  });
  return static_cast<double>(firsts.size());
}

bool Shots::differ(std::span<const std::size_t> rows) const {
  return std::ranges::any_of(rows, [&](std::size_t row) {
    return distance(rows.front(), row) > constants(rows.front(), row).burst();
  });
}

}  // namespace facenet
