#include "library/grouping_rule.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/distance.h"
#include "base/error.h"

namespace facenet {
namespace {

/// Changes when the rule itself does, so that people are grouped anew.
constexpr double kRuleVersion = 2;

constexpr std::size_t kLeastPairs = 300;

/// Of the distances of strangers one in 10,000 lies so many standard deviations below their mean.
constexpr double kRareDeviation = 3.719;

double rounded(double value) {
  return std::round(value * 100) / 100;
}

/// Squared distances of faces that are of one photo, and not known to be one person.
std::vector<double> distances_of_strangers(LateVectors& vectors) {
  const ClusteringInput& input = vectors.input();
  std::map<std::int64_t, std::vector<std::size_t>> photos;
  for (std::size_t row = 0; row < input.faces.size(); ++row)
    if (input.photo[row] != kNone && input.by_other[row] == 0)
      photos[input.photo[row]].push_back(row);
  std::erase_if(photos, [](const auto& photo) { return photo.second.size() < 2; });
  if (photos.empty()) return {};

  const std::size_t dimension = vectors.dimension();
  const auto vector = [&](std::size_t row) {
    return std::span(vectors.values()).subspan(row * dimension, dimension);
  };
  std::vector<double> distances;
  for (const auto& [photo, rows] : photos)
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t k = i + 1; k < rows.size(); ++k)
        if (input.block[rows[i]] == kNone || input.block[rows[i]] != input.block[rows[k]])
          distances.push_back(squared_distance(vector(rows[i]), vector(rows[k])));
  return distances;
}

/// One a row of the input: the face alone, or, for the first of a block, the whole block.
std::vector<FaceGroup> groups_of_rows(LateVectors& vectors, const Shots& shots,
                                      const JoinConstantsByKind& joins) {
  const ClusteringInput& input = vectors.input();
  std::vector<FaceGroup> groups(input.faces.size());
  std::map<std::int64_t, std::vector<std::size_t>> blocks;
  for (std::size_t row = 0; row < groups.size(); ++row) {
    groups[row].by_other = input.by_other[row];
    if (input.block[row] != kNone) blocks[input.block[row]].push_back(row);
  }
  for (const auto& [block, rows] : blocks)
    if (rows.size() > 1) groups[rows.front()] = group_of(vectors.sum(rows), rows, shots, joins);
  return groups;
}

}  // namespace

std::vector<double> GroupingRule::numbers() const {
  if (threshold) return {*threshold};
  std::vector<double> numbers{kRuleVersion};
  for (const JoinConstants& kind : {joins.own, joins.across, joins.other})
    numbers.insert(numbers.end(), {kind.strangers, kind.even, kind.crowd, kind.fewer, kind.more,
                                   kind.slope, kind.ceiling});
  return numbers;
}

GroupingRule grouping_rule(const Catalog& catalog, const PairPoints& points,
                           std::optional<double> threshold, LateVectors& vectors) {
  const double share = vectors.input().share_by_other();
  const double usual = points.between(share, share).clustering;
  GroupingRule rule{.threshold = threshold, .joins = {}, .ceiling = 0};
  const bool is_measured = points.own.joins.is_measured();
  if (!is_measured && usual > 0) {  // weights of before the rule
    if (!threshold) rule.threshold = usual;
    rule.ceiling = std::max(points.highest_cut(share) + kTreeMargin, *rule.threshold);
    return rule;
  }
  if (is_measured || (!threshold && !vectors.input().faces.empty())) {
    const auto joins = joins_of(points, vectors);
    if (!joins)
      fail<UsageError>(
          "{}: the model does not say which distances mean the same person, and too few photos "
          "show several faces to measure it: give --threshold",
          catalog.path());
    rule.joins = *joins;
    rule.ceiling = joins->farthest(share);
  }
  if (threshold) rule.ceiling = std::max(rule.ceiling, *threshold);
  return rule;
}

std::optional<JoinConstants> measure_joins(LateVectors& vectors) {
  const std::vector<double> distances = distances_of_strangers(vectors);
  if (distances.size() < kLeastPairs) return {};
  const auto count = static_cast<double>(distances.size());
  const double mean = std::accumulate(distances.begin(), distances.end(), 0.0) / count;
  double squares = 0;
  for (const double distance : distances) squares += (distance - mean) * (distance - mean);
  if (!(mean > 0) || !(squares > 0)) return {};
  const double deviation = std::sqrt(squares / count);
  return joins_of_strangers(rounded(mean), rounded(mean - kRareDeviation * deviation));
}

std::optional<JoinConstantsByKind> joins_of(const PairPoints& points, LateVectors& vectors) {
  if (points.own.joins.is_measured()) {
    JoinConstantsByKind joins = points.joins();
    // Of an older model's weights from before the rule nothing is known but that it is comparable.
    for (JoinConstants* kind : {&joins.across, &joins.other})
      if (!kind->is_measured()) *kind = joins.own;
    return joins;
  }
  const auto measured = measure_joins(vectors);
  if (!measured) return {};
  return JoinConstantsByKind::all(*measured);
}

FaceGroup group_of(const std::vector<double>& sum, const std::vector<std::size_t>& rows,
                   const Shots& shots, const JoinConstantsByKind& joins) {
  FaceGroup group{.faces = static_cast<double>(rows.size())};
  for (const std::size_t row : rows) group.by_other += shots.input().by_other[row];
  if (rows.size() < 2) return group;
  // Of unit vectors, the squared distances over all pairs sum to n^2 - |sum|^2.
  const double squared = std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0);
  const double share = group.share_by_other();
  const JoinConstants constants = joins.between(share, share);
  group.pair_sum = std::max(0.0, group.faces * group.faces - squared) * 2 / constants.strangers;
  group.shots = shots.count(rows);
  return group;
}

JoinCut cut_by_rule(LateVectors& vectors, const JoinConstantsByKind& joins,
                    std::span<const Merge> merges) {
  const ClusteringInput& input = vectors.input();
  const Shots shots(input, vectors.values(), joins);
  const std::vector<FaceGroup> groups = groups_of_rows(vectors, shots, joins);
  return cut_by_join_rule({.block = input.block,
                           .groups = groups,
                           .joins = joins,
                           .is_one_shot =
                               [&](std::int64_t a, std::int64_t b) {
                                 return shots.is_one_by_moment(static_cast<std::size_t>(a),
                                                               static_cast<std::size_t>(b));
                               }},
                          merges);
}

}  // namespace facenet
