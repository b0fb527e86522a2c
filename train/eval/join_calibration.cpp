#include "train/eval/join_calibration.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "base/random.h"
#include "index/linkage/agglomerate.h"
#include "index/linkage/join_cut.h"
#include "train/eval/logistic_regression.h"

namespace facenet {
namespace {

/// Joins outside of these cosines, in units of the ceiling, are sure.
constexpr double kFarCosine = 0.7;
constexpr double kNearCosine = 2.4;

constexpr std::int64_t kLeastFaces = 50;
constexpr std::ptrdiff_t kLeastJoins = 50;
constexpr int kRounds = 4;
constexpr double kPriorPrecision = 0.01;

constexpr std::size_t kTerms = 5;
/// Terms: cosine, 1, ln(1 + rivals), 1 / shots of the smaller side, 1 / shots of the larger one;
/// and their weights in the log-odds.
using Sample = LogisticSample<kTerms>;
using Terms = Sample::Terms;

struct LabelledJoin {
  FaceGroup a, b;
  double distance = 0;
  bool right = false;
};

/// A library that is like no other.
struct Library {
  std::int64_t faces = 0;
  Clustering tree;
  std::vector<LabelledJoin> joins;  ///< in doubt
};

struct Cluster {
  FaceGroup group = {};
  std::map<std::int64_t, double> identities = {};  ///< how many faces of each
};

bool is_right(const Cluster& a, const Cluster& b) {
  double same = 0;
  for (const auto& [identity, faces] : a.identities)
    if (const auto other = b.identities.find(identity); other != b.identities.end())
      same += faces * other->second;
  return 2 * same > a.group.faces * b.group.faces;
}

std::vector<LabelledJoin> joins_in_doubt(const LabelledFaces& faces, const Clustering& tree,
                                         const JoinConstants& start) {
  const auto kinds = JoinConstantsByKind::all(start);
  std::vector<Cluster> clusters(static_cast<std::size_t>(faces.points.count));
  for (std::size_t i = 0; i < clusters.size(); ++i) clusters[i].identities[faces.identity[i]] = 1;
  std::vector<LabelledJoin> joins;
  for (const Merge& merge : tree.merges) {
    Cluster& into = clusters[static_cast<std::size_t>(merge.first)];
    Cluster& from = clusters[static_cast<std::size_t>(merge.second)];
    if (start.cosine(merge.height) <= kNearCosine * start.ceiling)
      joins.push_back({into.group, from.group, merge.height, is_right(into, from)});
    into.group = joined(into.group, from.group, merge.height, kinds);
    for (const auto& [identity, count] : from.identities) into.identities[identity] += count;
    from = {};
  }
  return joins;
}

/// Of the faces for which `is_in(row)`.
template <class IsIn>
void add_library(const LabelledFaces& faces, const JoinConstants& start, int threads,
                 const IsIn& is_in, std::vector<Library>& libraries) {
  std::vector<float> values;
  std::vector<std::int64_t> identity;
  for (std::int64_t row = 0; row < faces.points.count; ++row) {
    if (!is_in(static_cast<std::size_t>(row))) continue;
    const auto vector = faces.points.row(row);
    values.insert(values.end(), vector.begin(), vector.end());
    identity.push_back(faces.identity[static_cast<std::size_t>(row)]);
  }
  if (std::ssize(identity) < kLeastFaces) return;
  const LabelledFaces part{{values, std::ssize(identity), faces.points.dimension}, identity};
  const double farthest = start.strangers * (1 - kFarCosine * start.ceiling);
  Library library{.faces = part.points.count, .tree = {}, .joins = {}};
  library.tree = agglomerate(part.points, {}, {.threshold = farthest, .threads = threads});
  library.joins = joins_in_doubt(part, library.tree, start);
  libraries.push_back(std::move(library));
}

std::vector<Library> libraries_of(const LabelledFaces& faces, const JoinConstants& start,
                                  int threads) {
  std::vector<Library> libraries;
  for (const std::uint64_t parts : {1, 2, 4, 8, 16})
    add_library(
        faces, start, threads,
        [&](std::size_t row) {
          return splitmix64(static_cast<std::uint64_t>(faces.identity[row])) % parts == 0;
        },
        libraries);
  std::map<std::int64_t, std::int64_t> count;
  for (const std::int64_t identity : faces.identity) ++count[identity];
  for (const std::int64_t least : {2, 5})
    add_library(
        faces, start, threads,
        [&](std::size_t row) { return count.at(faces.identity[row]) >= least; }, libraries);
  return libraries;
}

Rivals rivals_in(const Library& library, const JoinConstants& joins) {
  const std::vector<FaceGroup> groups(static_cast<std::size_t>(library.faces));
  return cut_by_join_rule({.block = {}, .groups = groups, .joins = JoinConstantsByKind::all(joins)},
                          library.tree.merges)
      .rivals;
}

std::vector<Sample> samples_of(const std::vector<Library>& libraries, const JoinConstants& joins) {
  const auto kinds = JoinConstantsByKind::all(joins);
  std::vector<Sample> samples;
  double weights = 0;
  for (const Library& library : libraries) {
    const Rivals rivals = rivals_in(library, joins);
    const double weight = 1 / std::sqrt(static_cast<double>(library.joins.size()));
    for (const LabelledJoin& join : library.joins) {
      const auto [fewer, more] = std::minmax(join.a.shots, join.b.shots);
      const double cosine = weigh_join(join.a, join.b, join.distance, kinds, rivals).cosine;
      samples.push_back(
          {{cosine, 1, std::log1p(rivals.of(fewer)), 1 / fewer, 1 / more}, join.right, weight});
      weights += weight;
    }
  }
  for (Sample& sample : samples) sample.weight *= static_cast<double>(samples.size()) / weights;
  return samples;
}

Terms weights_of(const JoinConstants& joins) {
  return {joins.slope, -joins.slope * joins.even, -joins.slope * joins.crowd,
          joins.slope * joins.fewer, -joins.slope * joins.more};
}

JoinConstants constants_of(const Terms& weights, const JoinConstants& start) {
  return {.strangers = start.strangers,
          .even = -weights[1] / weights[0],
          .crowd = -weights[2] / weights[0],
          .fewer = weights[3] / weights[0],
          .more = -weights[4] / weights[0],
          .slope = weights[0],
          .ceiling = start.ceiling};
}

}  // namespace

JoinConstants fit_joins(const LabelledFaces& faces, const JoinConstants& start, int threads) {
  const std::vector<Library> libraries = libraries_of(faces, start, threads);
  if (libraries.empty()) return start;
  const std::vector<LabelledJoin>& all = libraries.front().joins;
  const auto right = std::ranges::count_if(all, &LabelledJoin::right);
  if (right < kLeastJoins || std::ssize(all) - right < kLeastJoins) return start;
  JoinConstants joins = start;
  for (int round = 0; round < kRounds; ++round) {
    const Terms weights = regress(samples_of(libraries, joins), weights_of(start), kPriorPrecision);
    if (!(weights[0] > 0)) return start;
    joins = constants_of(weights, start);
  }
  return joins;
}

}  // namespace facenet
