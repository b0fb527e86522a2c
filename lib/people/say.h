#pragma once

#include "people/partition.h"
#include "people/statements.h"

namespace facenet {

/// Adds the fact, does what its moves say, and compares what is known before and after. Internal to
/// lib/people; the caller holds the transaction.
Statement say(Catalog& catalog, const Partition& before, const FactRecord& fact);

/// Puts faces elsewhere by hand: the partition is no longer that of the last clustering, and the
/// next must not take it for that.
void set_people(Catalog& catalog, const std::vector<std::pair<FaceId, PersonId>>& memberships);

/// "Anna", or "person 7" for one without a name.
std::string call_person(const PersonRecord& person);

}  // namespace facenet
