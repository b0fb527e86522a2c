#pragma once

#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"
#include "people/facts.h"

namespace facenet {

/// Who everybody is now, and what was said: what a statement is checked against.
struct Partition {
  explicit Partition(const Catalog& catalog);

  std::vector<FaceId> faces_of(PersonId person) const;  ///< sorted
  /// Throws Error: there is no such person, or it was merged into another.
  const PersonRecord& require_person(PersonId id) const;
  /// Throws Error: there is no such face, or it was never clustered.
  PersonId person_of(FaceId face) const;

  const Catalog& catalog;
  std::vector<PersonRecord> people;
  std::map<FaceId, PersonId> memberships;
  std::vector<FactRecord> facts;
};

std::unordered_map<FaceId, PhotoId> photos_of_faces(const Catalog& catalog);

/// Held faces that are together although they are of one photo that may not show a person twice:
/// one line for each person and photo.
std::vector<std::string> same_photo_conflicts(const Knowledge& knowledge,
                                              const std::unordered_map<FaceId, PhotoId>& photo_of);

/// What of the facts the memberships break: held faces that are apart, faces apart that are
/// together, two names in one person. One line each. Nothing after a clustering, and nothing after
/// any statement or undoing.
std::vector<std::string> broken_facts(const Catalog& catalog);

}  // namespace facenet
