#pragma once

// A catalog with a row in every table, ways to damage it, and all that reads and writes one.

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "library/recluster.h"

namespace facenet {

/// A small catalog, grouped, spoken of, and grouped again.
void make_full_catalog(const std::string& path);

ReclusterReport regroup_all(Catalog& catalog, bool allow_same_photo = false);

/// All that is read by the commands that only read.
const std::vector<std::function<void(const Catalog&)>>& catalog_readers();
/// Those that write. To be called in a transaction that is undone.
const std::vector<std::function<void(Catalog&)>>& catalog_writers();

struct Outcome {
  bool refused = false;  ///< as damaged
  std::string bug;       ///< a message that no user should see
};
Outcome outcome_of(const std::function<void()>& work);

/// How many single things `facenet catalog check` says.
std::size_t findings_of(const std::string& path);

/// Runs SQL on the tables without their types and checks, so that anything can be put into them.
/// Throws std::runtime_error where SQLite itself does not take it.
void damage_rows(const std::string& path, const std::string& sql);

/// Columns of every table that the program made.
std::vector<std::pair<std::string, std::string>> columns_of(const std::string& path);

}  // namespace facenet
