#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"
#include "people/facts.h"

namespace facenet {

/// "Anna", or "person 7" for one without a name.
std::string call_person(const PersonRecord& person);

/// Throws Error: there is no such person, or it was merged into another.
PersonRecord require_person(const Catalog& catalog, PersonId id);
/// Throws Error: there is no such face, or it was never clustered.
PersonId require_person_of(const Catalog& catalog, FaceId face);
/// Who the person is by now, after all merges.
PersonId successor_of(const Catalog& catalog, PersonId person);

std::unordered_map<FaceId, PhotoId> photos_of_faces(const Catalog& catalog);

/// Held faces that are together although they are of one photo that may not show a person twice:
/// one line for each person for whom `concerns` is true, and photo.
std::vector<std::string> same_photo_conflicts(const Catalog& catalog, const Knowledge& knowledge,
                                              const std::function<bool(PersonId)>& concerns);

/// What of the facts the memberships break: held faces that are apart, faces apart that are
/// together, two names in one person. One line each. Nothing after a clustering, and nothing after
/// any statement or undoing.
std::vector<std::string> broken_facts(const Catalog& catalog);

}  // namespace facenet
