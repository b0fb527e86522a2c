#pragma once

#include "people/partition.h"
#include "people/statements.h"

namespace facenet {

/// Adds the fact, does what its moves say, and compares what is known before and after. Internal to
/// lib/people; the caller holds the transaction.
Statement say(Catalog& catalog, const Partition& before, const FactRecord& fact);

/// "Anna", or "person 7" for one without a name.
std::string call_person(const PersonRecord& person);

}  // namespace facenet
