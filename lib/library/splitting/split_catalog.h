#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "library/splitting/plan_split.h"

namespace facenet {

struct SplitOptions {
  SplitBy by = SplitBy::kPath;
  bool overwrite = false;
  /// Called for each catalog that is made, with how many there will be.
  std::function<void(std::size_t done, std::size_t all)> progress = [](std::size_t, std::size_t) {};
};

/// A catalog that was made.
struct SplitCatalog {
  std::string file{};  ///< absolute
  SplitPart part{};
  CatalogCounts counts{};
};

struct SplitReport {
  std::vector<SplitCatalog> catalogs;
  std::int64_t shared_photos = 0;  ///< SplitPlan
};

/// Makes several catalogs of one, as it is at one moment, in a folder that is made if there is
/// none: merge_catalog() of all of them, in any order, gives it back. Of people and facts that are
/// in several, each knows the faces that it has. The catalog itself does not change. All are made
/// before the first gets its name. Nothing is made when there is nothing to split
/// (plan_split()). Throws Error, also for a file that is there already, unless `overwrite`, and
/// Interrupted.
SplitReport split_catalog(const std::string& catalog, const std::string& folder,
                          const SplitOptions& options);

}  // namespace facenet
