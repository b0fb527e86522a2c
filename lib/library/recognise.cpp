#include "library/recognise.h"

#include <algorithm>

namespace facenet {

Recogniser::Recogniser(const Catalog& catalog, const CatalogModel& model,
                       std::optional<double> threshold)
    : vectors_(catalog, model.id),
      points_(model.points),
      dimension_(static_cast<std::size_t>(model.info.embedding)),
      threshold_(threshold ? threshold : model.threshold) {}

double Recogniser::threshold(double share_by_other) const {
  return threshold_.value_or(points_.between(0, share_by_other).clustering);
}

Recognition Recogniser::of_member(const PeopleVectors::Member& member, double distance) const {
  const double share = member.share_by_other();
  return {.person = member.id,
          .distance = std::max(0.0, distance),
          .threshold = threshold(share),
          .probability = points_.between(0, share).probability(distance)};
}

Recognition Recogniser::nearest(std::span<const float> vector) const {
  return nearest_in_photo(vector).front();
}

std::vector<Recognition> Recogniser::nearest_in_photo(std::span<const float> vectors) const {
  struct Candidate {
    std::size_t face;
    Recognition who;
    double excess() const { return *who.distance - who.threshold; }
  };
  std::vector<Recognition> result(vectors.size() / dimension_);
  std::vector<Candidate> candidates;
  for (std::size_t face = 0; face < result.size(); ++face) {
    const auto vector = vectors.subspan(face * dimension_, dimension_);
    for (const PeopleVectors::Member& member : vectors_.people()) {
      const Recognition who = of_member(member, vectors_.mean_distance(vector, member));
      if (*who.distance <= who.threshold) candidates.push_back({face, who});
    }
  }
  std::ranges::stable_sort(candidates, {}, &Candidate::excess);
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
  Recognition result{.person = person, .threshold = threshold(0)};
  const PeopleVectors::Member* const member = vectors_.find(person);
  if (member == nullptr || member->rows.size() < 2) return result;
  const auto& faces = vectors_.input().faces;
  const auto row = std::ranges::find(member->rows, face, [&](std::size_t at) { return faces[at]; });
  if (row == member->rows.end()) return result;  // it has no vector of this model yet
  // The face is one of those that its distance is the mean over, at distance 0.
  const auto size = static_cast<double>(member->rows.size());
  const double others = vectors_.mean_distance(vectors_.vector(*row), *member) * size / (size - 1);
  return of_member(*member, others);
}

}  // namespace facenet
