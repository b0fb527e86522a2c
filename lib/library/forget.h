#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "people/forget_plan.h"

namespace facenet {

/// Whom and what somebody asks to forget.
struct ForgetTargets {
  std::vector<PersonId> people;
  std::vector<PhotoId> photos;
};

/// What words name: people by number or name, photos by path, or by a file that has their bytes.
/// Throws Error for a word that names neither, or both.
ForgetTargets find_targets(const Catalog& catalog, const std::vector<std::string>& words);

/// Photos that are nowhere now: those that list_photos() lists as missing, and those that it counts
/// as replaced. Sorted.
std::vector<PhotoId> photos_not_there(const Catalog& catalog);

/// Plans and forgets, in one transaction. Where a fact that goes had contradicted one that stays,
/// the latter counts again, and faces go where it puts them. Catalog::finish_forgetting() is due
/// then.
ForgetPlan forget(Catalog& catalog, const ForgetTargets& targets);

/// What may be kept again.
struct AllowedFiles {
  std::int64_t photos = 0, faces = 0;
  std::vector<std::pair<std::string, std::string>> problems;  ///< path and reason, sorted
};

/// Of these photos, and all in these folders: neither they nor faces in them need be left out any
/// longer. The next scan finds them. Throws Error when none of the paths exists.
AllowedFiles allow_files_again(Catalog& catalog, const std::vector<std::string>& paths);

}  // namespace facenet
