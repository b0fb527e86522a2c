#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/extract.h"

namespace facenet {

enum class SplitBy {
  kPath,    ///< a part for each folder that lies directly in the folder that holds all photos
  kPerson,  ///< a part for each person with a name
};

struct SplitPart {
  std::string folder{};  ///< absolute; empty: not by path, or the rest
  PersonId person = 0;   ///< 0: not by person, or the rest
  std::string name{};    ///< of the person
  CatalogPart rows{};

  bool is_rest() const { return folder.empty() && person == 0; }
};

/// Every photo, path and fact is in a part.
struct SplitPlan {
  std::vector<SplitPart> parts;  ///< by folder or name; what belongs to none of these comes last
  /// Photos that are in further parts for the sake of what was said of them (split_facts.h).
  std::int64_t shared_photos = 0;
};

/// No parts when there are no photos or, by person, nobody has a name.
SplitPlan plan_split(const Catalog& catalog, SplitBy by);

}  // namespace facenet
