#pragma once

#include <map>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/places.h"
#include "people/vectors.h"
#include "picture/contact_sheet.h"
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

/// A face that is shown for all of its stack.
struct FaceStack {
  FaceInPhoto first{};
  /// In copies of its photo, and in photos of the same moment.
  std::vector<FaceInPhoto> others{};
};

/// `stacks` as in Portraits; empty: each face is one by itself. In the order of their firsts.
std::vector<FaceStack> face_stacks(std::span<const FaceInPhoto> faces,
                                   std::span<const std::size_t> stacks);

/// What is drawn of a person in one row: of each stack its first face.
struct PortraitRow {
  std::vector<FaceStack> stacks{};  ///< those drawn
  RowChoice choice{};
  std::int64_t left_out = 0;  ///< faces of the other stacks
};
PortraitRow portrait_row(const Portraits& portraits, std::size_t room);

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
