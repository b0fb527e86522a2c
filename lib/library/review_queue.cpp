#include "library/review_queue.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "index/neighbours.h"

namespace facenet {
namespace {

using Member = PeopleVectors::Member;

/// Pairs less likely than this are not asked about.
constexpr double kLeastProbability = 0.05;

/// How the odds rise with the cosine, for mobilefacenet-512.
constexpr double kSlope = 38;

double cosine_at(double squared_distance) {
  return 1 - squared_distance / 2;
}

/// Where single faces of mobilefacenet-512 are as likely one person as not.
const double kMidpointCosine = cosine_at(1.403);

}  // namespace

OddsOfPeople::OddsOfPeople(const PairPoints& points, const PeopleVectors& vectors)
    : points_(points), mixed_(vectors.input().count_by_other() > 0) {
  for (const Member& member : vectors.people())
    (member.rows.size() == 1 ? of_one_face_ : of_more_) += 1;
}

double OddsOfPeople::even_cosine(std::size_t smaller, std::size_t larger) const {
  const double rivals = smaller == 1 ? of_one_face_ : of_more_;
  return 0.385 + 0.036 * std::log(1 + rivals) - 0.19 / static_cast<double>(smaller) +
         0.05 / static_cast<double>(larger);
}

double OddsOfPeople::scale(double share_a, double share_b) const {
  return cosine_at(points_.between(share_a, share_b).midpoint) / kMidpointCosine;
}

double OddsOfPeople::probability(const Member& a, const Member& b) const {
  const auto [smaller, larger] = std::minmax({a.rows.size(), b.rows.size()});
  const double cosine = PeopleVectors::cosine(a, b) / scale(a.share_by_other(), b.share_by_other());
  return 1 / (1 + std::exp(-kSlope * (cosine - even_cosine(smaller, larger))));
}

double OddsOfPeople::least_cosine(double probability) const {
  constexpr std::size_t kMany = 1U << 30;
  const double even = std::min(even_cosine(1, kMany), even_cosine(2, kMany));
  const double least = even + std::log(probability / (1 - probability)) / kSlope;
  double lowest = least * scale(0, 0);
  if (mixed_)
    for (const double share : {0.0, 1.0}) lowest = std::min(lowest, least * scale(share, 1));
  return lowest;
}

ReviewQueue review_queue(const Catalog& catalog, ModelId model, const PairPoints& points,
                         std::size_t limit, int threads) {
  const PeopleVectors vectors(catalog, model);
  const double share = vectors.input().share_by_other();
  if (std::isnan(points.between(share, share).probability(0)))
    fail(
        "{}: its model does not say how likely two faces are one person, by which pairs are chosen",
        catalog.path());
  const OddsOfPeople odds(points, vectors);
  const std::vector<float> directions = vectors.directions();
  const Points centres{directions, std::ssize(vectors.people()),
                       static_cast<int>(vectors.dimension())};
  std::vector<NearPeople> near;
  if (centres.count > 0) {
    const double farthest = std::min(4.0, 2 - 2 * odds.least_cosine(kLeastProbability) + 1e-6);
    for (const Pair& pair : pairs_within(centres, farthest, threads))
      near.push_back({pair.first, pair.second});
  }
  return rank_review(
      catalog, vectors, near,
      [&](const Member& a, const Member& b) { return odds.probability(a, b); }, kLeastProbability,
      limit);
}

}  // namespace facenet
