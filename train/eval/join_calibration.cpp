#include "train/eval/join_calibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "base/random.h"
#include "index/linkage/agglomerate.h"
#include "index/linkage/join_cut.h"

namespace facenet {
namespace {

/// Joins outside of these cosines, in units of the ceiling, are sure.
constexpr double kFarCosine = 0.7;
constexpr double kNearCosine = 2.4;

constexpr std::int64_t kLeastFaces = 50;
constexpr std::ptrdiff_t kLeastJoins = 50;
constexpr int kRounds = 4;

constexpr std::size_t kTerms = 5;
/// cosine, 1, ln(1 + rivals), 1 / shots of the smaller side, 1 / shots of the larger one; and their
/// weights in the log-odds.
using Terms = std::array<double, kTerms>;

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

struct Sample {
  Terms terms = {};
  bool right = false;
  double weight = 1;
};

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

using Matrix = std::array<Terms, kTerms>;

/// Of a symmetric, positive definite matrix, by Gaussian elimination.
Terms solve(Matrix matrix, Terms right) {
  for (std::size_t i = 0; i < kTerms; ++i)
    for (std::size_t row = i + 1; row < kTerms; ++row) {
      const double factor = matrix[row][i] / matrix[i][i];
      for (std::size_t k = i; k < kTerms; ++k) matrix[row][k] -= factor * matrix[i][k];
      right[row] -= factor * right[i];
    }
  for (std::size_t i = kTerms; i-- > 0;) {
    for (std::size_t k = i + 1; k < kTerms; ++k) right[i] -= matrix[i][k] * right[k];
    right[i] /= matrix[i][i];
  }
  return right;
}

constexpr double kPriorPrecision = 0.01;

double log_odds(const Sample& sample, const Terms& weights) {
  double sum = 0;
  for (std::size_t i = 0; i < kTerms; ++i) sum += weights[i] * sample.terms[i];
  return sum;
}

/// Minus the logarithm of the posterior.
double loss(const std::vector<Sample>& samples, const Terms& weights, const Terms& prior) {
  double sum = 0;
  for (std::size_t i = 0; i < kTerms; ++i)
    sum += kPriorPrecision / 2 * (weights[i] - prior[i]) * (weights[i] - prior[i]);
  for (const Sample& sample : samples) {
    const double z = (sample.right ? 1 : -1) * log_odds(sample, weights);
    sum += sample.weight * (z > 0 ? std::log1p(std::exp(-z)) : std::log1p(std::exp(z)) - z);
  }
  return sum;
}

Terms newton_step(const std::vector<Sample>& samples, const Terms& weights, const Terms& prior) {
  Terms gradient{};
  Matrix curvature{};
  for (std::size_t i = 0; i < kTerms; ++i) {
    gradient[i] = kPriorPrecision * (weights[i] - prior[i]);
    curvature[i][i] = kPriorPrecision;
  }
  for (const Sample& sample : samples) {
    const double p = 1 / (1 + std::exp(-log_odds(sample, weights)));
    const double error = sample.weight * (p - (sample.right ? 1 : 0));
    const double curve = sample.weight * p * (1 - p);
    for (std::size_t i = 0; i < kTerms; ++i) {
      gradient[i] += error * sample.terms[i];
      for (std::size_t k = 0; k < kTerms; ++k)
        curvature[i][k] += curve * sample.terms[i] * sample.terms[k];
    }
  }
  return solve(curvature, gradient);
}

/// Newton's method, with steps that are halved until they lead down.
Terms regress(const std::vector<Sample>& samples, const Terms& prior) {
  constexpr int kMostSteps = 60;
  constexpr double kLeastGain = 1e-9;
  Terms weights = prior;
  double value = loss(samples, weights, prior);
  for (int step = 0; step < kMostSteps; ++step) {
    const Terms move = newton_step(samples, weights, prior);
    Terms next{};
    double next_value = 0;
    double share = 1;
    do {
      for (std::size_t i = 0; i < kTerms; ++i) next[i] = weights[i] - share * move[i];
      next_value = loss(samples, next, prior);
      share /= 2;
    } while (!(next_value < value) && share > 1e-6);
    if (!(next_value < value - kLeastGain)) break;
    weights = next;
    value = next_value;
  }
  return weights;
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
    const Terms weights = regress(samples_of(libraries, joins), weights_of(start));
    if (!(weights[0] > 0)) return start;
    joins = constants_of(weights, start);
  }
  return joins;
}

}  // namespace facenet
