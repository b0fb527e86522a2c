#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// A face of a person, for showing.
struct PersonFace {
  FaceRecord face;
  std::vector<std::string> paths;  ///< of its photo, present ones only, sorted
  bool recognisable = true;        ///< by the last grouping
  /// Where in the person's faces its stack begins (people/stacks/stacks.h): here, unless its photo
  /// is one with an earlier one.
  std::size_t stack = 0;
};

struct Person {
  PersonId id = 0;
  std::string name;
  bool hidden = false;
  std::vector<PersonFace>
      faces;  ///< by photo path, then time and position; photos that are away left out

  /// Faces that are no mere copies of others, or of the same moment.
  std::int64_t stack_count() const;
};

struct PeopleList {
  std::vector<Person> people;
  /// People without a name none of whose faces is recognisable: faces that are with nobody.
  std::vector<Person> unrecognisable;
};

/// People with at least `min_faces` faces to show, those of one stack counted once, the largest
/// first (ties by id); named ones are listed even when all their photos are away, hidden ones only
/// when asked for. Those who are `unrecognisable` are listed apart, however few faces they have.
PeopleList list_people(const Catalog& catalog, std::int64_t min_faces, bool with_hidden = false);

/// Throws Error when there is no such person, or it was merged into another.
Person find_person(const Catalog& catalog, PersonId id);

}  // namespace facenet
