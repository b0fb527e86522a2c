#pragma once

#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/places.h"
#include "people/vectors.h"
#include "picture/face_cutter.h"

namespace facenet {

/// What there is to see of a person now.
struct Portraits {
  /// In photos that are on the disk, the most typical first, so that the most doubtful are last;
  /// those without a vector stand behind these.
  std::vector<FaceInPhoto> faces;
  /// Of each face the first of its stack among `faces` (people/stacks/stacks.h).
  std::vector<std::size_t> stacks;
  std::set<PhotoId> away;  ///< photos of the person that are not there
};

/// The faces of everybody, for showing.
class PortraitBook {
 public:
  PortraitBook(const Catalog& catalog, const PeopleVectors& vectors);

  /// Looks on the disk. Empty for a person without faces.
  Portraits of(PersonId person) const;

 private:
  std::vector<FaceId> in_order(PersonId person) const;

  const PeopleVectors& vectors_;
  Places places_;
  std::unordered_map<FaceId, FaceRecord> faces_;
  std::unordered_map<PhotoId, PhotoRecord> photos_;
  std::map<PersonId, std::vector<FaceId>> faces_of_;
};

}  // namespace facenet
