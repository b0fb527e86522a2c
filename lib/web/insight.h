#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

#include "catalog/catalog.h"
#include "library/library.h"
#include "people/review.h"

namespace facenet {

/// What takes too long to be found out while somebody waits.
struct Insight {
  std::int64_t version = 0;  ///< of the view that it is about
  ReviewQueue queue{};       ///< its first pairs
  std::string no_queue{};    ///< why there is none; else empty
  /// Of each person with several faces those that have vectors, the most typical first.
  std::unordered_map<PersonId, std::vector<FaceId>> order{};
  /// Faces that are hardly the person whom they are with, and how probably they are.
  std::map<FaceId, double> doubts{};
};

/// Compares everybody with everybody: reads all vectors.
Insight find_insight(const Catalog& catalog, const CatalogModel& model, int threads);

/// For another process, which gets it by insight_from(). That throws Error for anything else.
nlohmann::json to_json(const Insight& insight);
Insight insight_from(const std::string& json);

}  // namespace facenet
