#include "library/recognise.h"

#include <algorithm>
#include <limits>

#include "library/grouping_rule.h"

namespace facenet {

namespace {

/// Of near-duplicates, which come before all others.
constexpr double kNoDoubt = -std::numeric_limits<double>::infinity();

double doubt_of(const JoinEvidence& evidence) {
  if (evidence.is_burst) return kNoDoubt;
  if (!evidence.is_near) return std::numeric_limits<double>::infinity();
  return evidence.even_cosine - evidence.cosine;
}

}  // namespace

Recogniser::Recogniser(const Catalog& catalog, const CatalogModel& model,
                       std::optional<double> threshold)
    : vectors_(catalog, model.id),
      points_(model.points),
      dimension_(static_cast<std::size_t>(model.info.embedding)),
      threshold_(threshold ? threshold : model.threshold) {
  if (threshold_) return;
  LateVectors late(catalog, model.id, vectors_.input());
  const GroupingRule rule = grouping_rule(catalog, points_, {}, late);
  if (!rule.threshold) odds_.emplace(vectors_, rule.joins);
}

double Recogniser::threshold_of(double share_by_other) const {
  return threshold_.value_or(points_.between(0, share_by_other).clustering);
}

std::optional<double> Recogniser::threshold() const {
  if (odds_) return {};
  return threshold_of(0);
}

Recognition Recogniser::by_threshold(const PeopleVectors::Member& member, double distance) const {
  const double share = member.share_by_other();
  return {.person = member.id,
          .distance = std::max(0.0, distance),
          .threshold = threshold_of(share),
          .probability = points_.between(0, share).probability(distance),
          .doubt = distance - threshold_of(share)};
}

Recognition Recogniser::of_member(const PeopleVectors::Member& member, double distance) const {
  if (!odds_) return by_threshold(member, distance);
  const auto [evidence, farthest] = odds_->weigh_face(distance, member);
  return {.person = member.id,
          .distance = std::max(0.0, distance),
          .threshold = farthest,
          .probability = evidence.probability(),
          .doubt = doubt_of(evidence)};
}

Recognition Recogniser::nearest(std::span<const float> vector) const {
  return nearest_in_photo(vector).front();
}

std::vector<Recognition> Recogniser::nearest_in_photo(std::span<const float> vectors) const {
  struct Candidate {
    std::size_t face;
    Recognition who;
  };
  std::vector<Recognition> result(vectors.size() / dimension_);
  std::vector<Candidate> candidates;
  for (std::size_t face = 0; face < result.size(); ++face) {
    const auto vector = vectors.subspan(face * dimension_, dimension_);
    for (const PeopleVectors::Member& member : vectors_.people()) {
      const Recognition who = of_member(member, vectors_.mean_distance(vector, member));
      // One who is not recognisable is near to whatever says as little, and known by copies only.
      const bool counts = member.recognisable || who.doubt == kNoDoubt;
      if (counts && who.doubt <= 0) candidates.push_back({face, who});
    }
  }
  std::ranges::stable_sort(candidates, {},
                           [](const Candidate& candidate) { return candidate.who.doubt; });
  std::vector<PersonId> taken;
  for (const Candidate& candidate : candidates) {
    Recognition& who = result[candidate.face];
    if (who.person != 0 || std::ranges::find(taken, candidate.who.person) != taken.end()) continue;
    who = candidate.who;
    taken.push_back(who.person);
  }
  return result;
}

Recognition Recogniser::known(FaceId face, PersonId person) const {
  Recognition result{.person = person};
  const PeopleVectors::Member* const member = vectors_.find(person);
  if (member == nullptr || member->rows.size() < 2) return result;
  const auto& faces = vectors_.input().faces;
  const auto row = std::ranges::find(member->rows, face, [&](std::size_t at) { return faces[at]; });
  if (row == member->rows.end()) return result;  // it has no vector of this model yet
  double others = vectors_.mean_distance(vectors_.vector(*row), *member);
  if (member->is_core(*row)) {
    // The face is one of those that its distance is the mean over, at distance 0.
    const auto size = static_cast<double>(member->core.size());
    if (size < 2) return result;
    others *= size / (size - 1);
  }
  if (!odds_) return by_threshold(*member, others);
  const auto [evidence, farthest] = odds_->weigh_own_face(*row, others, *member);
  return {.person = person,
          .distance = std::max(0.0, others),
          .threshold = farthest,
          .probability = evidence.probability()};
}

}  // namespace facenet
