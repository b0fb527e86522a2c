#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "people/grouping/clustering_input.h"
#include "people/grouping/hold_back.h"

namespace facenet {

/// How the new groups relate to the people of before.
struct Regrouping {
  /// Without those none of whose faces is recognisable.
  std::int64_t people = 0, new_people = 0, vanished_people = 0;
  std::int64_t moved_faces = 0;    ///< faces that were in another person before
  std::int64_t churned_faces = 0;  ///< faces that are not with exactly those they were with
  std::int64_t kept_names = 0;
  std::vector<HeldBack> held_back{};  ///< set by who made the groups
  /// Faces that left people with names, by the two people, sorted. The catalog keeps each of them
  /// as a departure until it is back; `facenet people review` asks about them.
  struct Parting {
    PersonId named = 0, other = 0;
    std::int64_t faces = 0;
  };
  std::vector<Parting> partings{};
};

/// What is to be written of a regrouping.
struct RegroupPlan {
  Regrouping result{};
  /// One entry for each, 1 when the person can be recognised.
  std::vector<std::uint8_t> new_people{};
  /// Faces that go elsewhere; -1, -2, ... stand for the people who are new.
  std::vector<std::pair<FaceId, PersonId>> moves{};
  std::vector<FaceId> returned{};     ///< faces that are back with the people they had left
  std::vector<Departure> departed{};  ///< faces that leave people with names
};

/// Reads `cluster` (one number for each of `input.faces`) as the catalog's partition. A group is
/// the person whose faces it holds by what was said (named and hidden people before others), else
/// the person with whom it shares most faces, the largest overlap first, else a new one: names
/// never move because of a re-run. Faces outside the input stay with their person of before. Throws
/// std::logic_error when the clustering broke a block or joined two labels.
RegroupPlan plan_groups(const Catalog& catalog, const ClusteringInput& input,
                        std::span<const std::int32_t> cluster);

/// Faces that are not with exactly those they were with: of the faces of `after`, those that were
/// in a person before.
std::int64_t count_churned(const std::map<FaceId, PersonId>& before,
                           std::span<const std::pair<FaceId, PersonId>> after);
/// People who had faces and have none.
std::int64_t count_vanished(const std::map<FaceId, PersonId>& before,
                            const std::map<FaceId, PersonId>& after);

/// Writes the plan, in a catalog that is as it was when the plan was made.
Regrouping store_groups(Catalog& catalog, RegroupPlan plan);

}  // namespace facenet
