#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "people/statements.h"

namespace facenet {

/// Adds the fact, does what its moves say, and compares what is known before and after. Internal to
/// lib/people; the caller holds the transaction.
Statement say(Catalog& catalog, const FactRecord& fact);

/// Puts faces elsewhere by hand: the partition is no longer that of the last clustering, and the
/// next must not take it for that.
void set_people(Catalog& catalog, const std::vector<std::pair<FaceId, PersonId>>& memberships);

/// Notes in the fact that these faces go from their people of now to `person`. Throws Error when
/// one is of that person already, or when a named person would be left without a face.
void give_faces(FactRecord& fact, const Catalog& catalog, std::span<const FaceId> faces,
                PersonId person);

}  // namespace facenet
