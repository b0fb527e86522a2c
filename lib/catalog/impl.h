#pragma once

#include <unordered_map>

#include "catalog/catalog.h"
#include "catalog/database.h"

namespace facenet {

struct Catalog::Impl {
  Impl(const std::string& path, Mode mode) : database(path, mode) {}

  /// Floats in a vector of this model. Throws Error when there is no such model.
  int dimension_of(ModelId model);

  Database database;
  std::unordered_map<ModelId, int> dimensions;  ///< of models asked for; models never change
};

}  // namespace facenet
