#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// What goes when people and photos are forgotten.
struct ForgetPlan {
  Forgetting rows;  ///< for Catalog::forget()
  /// Those who were asked for, and those none of whose faces is left without the photos; not those
  /// who were merged into them. Sorted by id.
  std::vector<PersonRecord> people;
  std::int64_t faces = 0;
  std::int64_t face_photos = 0;  ///< that show these faces
  std::int64_t names = 0;        ///< facts that give a name to one of the people
  std::int64_t facts = 0;        ///< the others
};

/// A person goes with all faces, with whoever was merged into them, and with all that was said of
/// them; photos stay, as others may be in them. A photo goes with its faces, and so does a person
/// who has no other. What was said of others stays. Where such a fact names a person who goes, as
/// in "face 3 is not person 7 but person 9", the number stays in it, and nothing else. A fact that
/// once gave such a name to somebody who has another now keeps "forgotten-" and its number in place
/// of the name.
///
/// Throws Error when there is no such person or photo.
ForgetPlan plan_forgetting(const Catalog& catalog, std::span<const PersonId> people,
                           std::span<const PhotoId> photos);

}  // namespace facenet
