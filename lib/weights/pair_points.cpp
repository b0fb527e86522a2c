#include "weights/pair_points.h"

#include <algorithm>
#include <array>

namespace facenet {
namespace {

struct Weighted {
  const OperatingPoint& point;
  double weight;
};

std::array<Weighted, 3> weighted(const PairPoints& points, double a, double b) {
  return {{{points.own, (1 - a) * (1 - b)},
           {points.across, a * (1 - b) + b * (1 - a)},
           {points.other, a * b}}};
}

}  // namespace

OperatingPoint PairPoints::between(double share_a, double share_b) const {
  OperatingPoint mean;
  double log_odds = 0;  // at distance 0
  bool fitted = true;
  for (const auto& [point, weight] : weighted(*this, share_a, share_b)) {
    if (weight == 1) return point;
    if (weight == 0) continue;
    mean.verification += weight * point.verification;
    mean.clustering += weight * point.clustering;
    mean.steepness += weight * point.steepness;
    log_odds += weight * point.steepness * point.midpoint;
    fitted &= point.steepness != 0;
  }
  mean.joins = joins().between(share_a, share_b);
  if (!fitted) mean.steepness = 0;
  if (fitted) mean.midpoint = log_odds / mean.steepness;
  return mean;
}

double PairPoints::highest_cut(double share) const {
  double highest = 0;
  for (const auto& [point, weight] : weighted(*this, share, share))
    if (weight > 0) highest = std::max(highest, point.clustering);
  return highest;
}

}  // namespace facenet
