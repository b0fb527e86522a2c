#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// What a clustering starts from: one row a face, in an order that depends on the photos' bytes and
/// not on when or where they were found, so that the same photos give the same partition.
struct ClusteringInput {
  std::vector<FaceId> faces;
  std::vector<float> vectors;       ///< faces.size() * dimension
  std::vector<std::int64_t> photo;  ///< same number: same photo
  std::vector<std::int64_t> block;  ///< faces that a name holds together; -1: none
  std::vector<std::int64_t> label;  ///< the named person; -1: none
};

/// Faces with a vector of this model whose photo is on disk, and those that a name was given to
/// even when their photo is away: they keep the name alive. A name holds the faces that its person
/// had each time it was given or changed, until it is taken away.
ClusteringInput clustering_input(const Catalog& catalog, ModelId model);

/// How the new groups relate to the people of before.
struct Regrouping {
  std::int64_t people = 0, new_people = 0, vanished_people = 0;
  std::int64_t moved_faces = 0;  ///< faces that were in another person before
};

/// Makes `cluster` (one number for each of `input.faces`) the catalog's partition. A group is the
/// person whose name it holds, else the person with whom it shares most faces, else a new one;
/// names never move because of a re-run. Faces outside the input stay with their person of before.
/// Throws std::logic_error when the clustering broke a block or joined two labels.
Regrouping store_groups(Catalog& catalog, const ClusteringInput& input,
                        std::span<const std::int32_t> cluster);

/// Gives (or, when `name` is empty, takes away) a name: a fact that every later clustering
/// respects. The person's faces of this moment stay together, and apart from people of other names.
/// Throws Error: no such person, a name that another person has, or one that is blank, not UTF-8 or
/// has line breaks.
void name_person(Catalog& catalog, PersonId person, const std::string& name);

/// A face of a person, for showing.
struct PersonFace {
  FaceRecord face;
  std::vector<std::string> paths;  ///< of its photo, present ones only, sorted
};

struct Person {
  PersonId id = 0;
  std::string name;
  std::vector<PersonFace> faces;  ///< by photo path, then position; photos that are away left out
};

/// People with at least `min_faces` faces to show, the largest first (ties by id); named ones are
/// listed even when all their photos are away.
std::vector<Person> list_people(const Catalog& catalog, std::int64_t min_faces);

/// Throws Error when there is no such person.
Person find_person(const Catalog& catalog, PersonId id);

}  // namespace facenet
