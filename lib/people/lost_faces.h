#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// A face that the catalog's detector does not find. An earlier one did, and what was said of the
/// face keeps it.
struct LostFace {
  FaceId face = 0;
  PersonId person = 0;  ///< 0: in none
  std::string name;     ///< of the person; may be empty
  std::string photo;    ///< a path
  std::vector<FactRecord> facts;
};

/// All of the catalog, sorted by face.
std::vector<LostFace> lost_faces(const Catalog& catalog);

}  // namespace facenet
