#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// A face of a person, for showing.
struct PersonFace {
  FaceRecord face;
  std::vector<std::string> paths;  ///< of its photo, present ones only, sorted
};

struct Person {
  PersonId id = 0;
  std::string name;
  bool hidden = false;
  std::vector<PersonFace> faces;  ///< by photo path, then position; photos that are away left out
};

/// People with at least `min_faces` faces to show, the largest first (ties by id); named ones are
/// listed even when all their photos are away, hidden ones only when asked for.
std::vector<Person> list_people(const Catalog& catalog, std::int64_t min_faces,
                                bool with_hidden = false);

/// Throws Error when there is no such person, or it was merged into another.
Person find_person(const Catalog& catalog, PersonId id);

}  // namespace facenet
