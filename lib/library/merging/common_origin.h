#pragma once

#include <cstdint>
#include <string>

#include "catalog/catalog.h"

namespace facenet {

/// The setting of a catalog that lists the splits of which it is a part.
inline constexpr const char* kSplitsProperty = "part-of";

/// How far two catalogs are parts of one that was split: what has a number up to these was there
/// before, under the same number. 0: they are not, or there was nothing yet.
struct CommonOrigin {
  std::int64_t last_fact = 0;
  PersonId last_person = 0;

  bool has(const FactRecord& fact) const { return fact.id <= last_fact; }
};

/// Notes in a part that it is one, of a catalog that had facts and people up to these numbers.
/// `split`: the same for all parts, and never used before, without spaces. Parts of parts know all
/// splits.
void note_split(Catalog& part, const std::string& split, const CommonOrigin& last);

/// Of the last split that both come from. Facts whose numbers have changed since, by merging with
/// other catalogs, are not common.
CommonOrigin common_origin(const Catalog& a, const Catalog& b);

}  // namespace facenet
