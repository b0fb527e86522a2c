#pragma once

#include <set>
#include <string>
#include <unordered_map>

#include "catalog/catalog.h"
#include "catalog/database.h"

namespace facenet {

struct Catalog::Impl {
  Impl(const std::string& path, Mode mode) : database(path, mode) {}

  /// Floats in a vector of this model. Throws Error when there is no such model.
  int dimension_of(ModelId model);

  /// Throws DamagedCatalog when a row of the table names another row that does not exist. Looks
  /// once: what is written later cannot be so.
  void require_references(const std::string& table);
  /// The same where people were merged in a circle.
  void require_sound_people();

  Database database;
  std::int64_t step = 0;                        ///< the fact that began the one at hand; 0: none
  std::set<std::string> referenced;             ///< tables that require_references() has seen
  bool are_people_sound = false;                ///< seen by require_sound_people()
  std::unordered_map<ModelId, int> dimensions;  ///< of models asked for; models never change
};

}  // namespace facenet
