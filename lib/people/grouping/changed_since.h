#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "catalog/catalog.h"
#include "people/grouping/regroup.h"

namespace facenet {

/// The catalog as a plan saw it.
struct PlanBasis {
  std::map<FaceId, PersonId> memberships{};
  std::vector<FactRecord> facts{};
};
PlanBasis plan_basis(const Catalog& catalog);

/// Takes out of a plan what no longer fits a catalog that others have changed since: the moves to
/// and from people with other faces than they had, people of whom something was said or withdrawn,
/// and all people that these exchange faces with, directly or by way of others. Those stay as they
/// are, which is what was said of them; everybody else becomes what was planned. So the result
/// obeys the facts of before and those that came since, but not all that follows from them, which
/// is for the next clustering. Returns how many faces stay where they are.
std::int64_t leave_out_changed(const Catalog& catalog, const PlanBasis& basis, RegroupPlan& plan);

}  // namespace facenet
