#pragma once

#include <map>
#include <set>
#include <vector>

#include "base/hash.h"
#include "catalog/records.h"

namespace facenet {

/// What stands for a photo in the list of what is not to be kept: a hash of its bytes' hash and of
/// a number that was drawn when the catalog was made. Whoever has the photo and the catalog can
/// find it there; the catalog alone says nothing, and nor do two catalogs side by side.
Sha256 forgotten_token(const Sha256& salt, const Sha256& photo);
/// The same for a file: of its path, size and time.
Sha256 forgotten_token(const Sha256& salt, const PathRecord& file);

/// What is not to be kept, as it was when it was read. For many questions, from many threads.
struct ForgottenList {
  Sha256 salt{};
  std::set<Sha256> photos{};                               ///< tokens
  std::set<Sha256> files{};                                ///< tokens
  std::map<Sha256, std::vector<ForgottenPlace>> places{};  ///< by the token of the photo

  bool holds(const Sha256& photo) const;
  bool holds(const PathRecord& file) const;
  /// How many faces of the photo are not to be kept.
  std::int64_t count_faces(const Sha256& photo) const;
};

/// What was not to be kept, and now may be.
struct AllowedAgain {
  std::int64_t photos = 0, faces = 0;
};

}  // namespace facenet
