#include "base/join_rule.h"

#include <algorithm>
#include <cmath>

namespace facenet {
namespace {

/// Keeps the length of a mean vector away from 0.
constexpr double kLeastTightness = 1e-9;

double mean_length(const FaceGroup& a, const FaceGroup& b) {
  return std::sqrt(std::max(a.tightness() * b.tightness(), kLeastTightness));
}

JoinConstants constants_of(const FaceGroup& a, const FaceGroup& b,
                           const JoinConstantsByKind& joins) {
  return joins.between(a.share_by_other(), b.share_by_other());
}

}  // namespace

JoinConstants scaled_joins(const JoinConstants& reference, double strangers, double scale) {
  return {.strangers = strangers,
          .even = reference.even * scale,
          .crowd = reference.crowd * scale,
          .fewer = reference.fewer * scale,
          .more = reference.more * scale,
          .slope = reference.slope / scale,
          .ceiling = reference.ceiling * scale};
}

JoinConstants joins_of_strangers(double mean, double rare) {
  constexpr double kRareCosine = 0.4215;  // of the reference
  return scaled_joins(kReferenceJoins, mean, (1 - rare / mean) / kRareCosine);
}

JoinConstants JoinConstantsByKind::between(double share_a, double share_b) const {
  const double both = share_a * share_b;
  const double none = (1 - share_a) * (1 - share_b);
  if (none == 1) return own;
  if (both == 1) return other;
  const double one = 1 - both - none;
  const auto mean = [&](double JoinConstants::*member) {
    return none * own.*member + one * across.*member + both * other.*member;
  };
  return {.strangers = mean(&JoinConstants::strangers),
          .even = mean(&JoinConstants::even),
          .crowd = mean(&JoinConstants::crowd),
          .fewer = mean(&JoinConstants::fewer),
          .more = mean(&JoinConstants::more),
          .slope = mean(&JoinConstants::slope),
          .ceiling = mean(&JoinConstants::ceiling)};
}

double JoinConstantsByKind::farthest(double share) const {
  if (share == 0) return own.farthest();
  if (share == 1) return other.farthest();
  return std::max({own.farthest(), across.farthest(), other.farthest()});
}

double JoinEvidence::probability() const {
  return 1 / (1 + std::exp(-slope * (cosine - even_cosine)));
}

double even_cosine(const JoinConstants& joins, double shots_a, double shots_b,
                   const Rivals& rivals) {
  const auto [fewer, more] = std::minmax(shots_a, shots_b);
  return joins.even + joins.crowd * std::log1p(rivals.of(fewer)) - joins.fewer / fewer +
         joins.more / more;
}

JoinEvidence weigh_join(const FaceGroup& a, const FaceGroup& b, double mean_distance,
                        const JoinConstantsByKind& joins, const Rivals& rivals) {
  const JoinConstants constants = constants_of(a, b, joins);
  return {.cosine = constants.cosine(mean_distance) / mean_length(a, b),
          .even_cosine = even_cosine(constants, a.shots, b.shots, rivals),
          .slope = constants.slope,
          .is_near = mean_distance <= constants.farthest(),
          .is_burst = mean_distance <= constants.burst()};
}

double farthest_join(const FaceGroup& a, const FaceGroup& b, const JoinConstantsByKind& joins,
                     const Rivals& rivals) {
  const JoinConstants constants = constants_of(a, b, joins);
  const double cosine = even_cosine(constants, a.shots, b.shots, rivals) * mean_length(a, b);
  return std::max(std::min(constants.strangers * (1 - cosine), constants.farthest()),
                  constants.burst());
}

FaceGroup joined(const FaceGroup& a, const FaceGroup& b, double mean_distance,
                 const JoinConstantsByKind& joins) {
  const JoinConstants constants = constants_of(a, b, joins);
  return {.faces = a.faces + b.faces,
          .shots = mean_distance <= constants.burst() ? 1 : a.shots + b.shots,
          .pair_sum =
              a.pair_sum + b.pair_sum + a.faces * b.faces * mean_distance * 2 / constants.strangers,
          .by_other = a.by_other + b.by_other};
}

double least_cosine(double probability, const JoinConstants& joins, const Rivals& rivals) {
  constexpr double kMany = 1e9;
  double even = even_cosine(joins, kMany, kMany, rivals);
  for (const double fewer : {1.0, 2.0})
    for (const double more : {fewer, kMany})
      even = std::min(even, even_cosine(joins, fewer, more, rivals));
  return even + std::log(probability / (1 - probability)) / joins.slope;
}

}  // namespace facenet
