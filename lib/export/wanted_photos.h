#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "catalog/catalog.h"
#include "export/bring_up_to_date.h"

namespace facenet {

/// Whose photos are meant.
struct ExportQuery {
  std::vector<PersonId> people{};  ///< empty: all whom `people list` shows
  std::int64_t min_faces = 1;      ///< of these; those with a name may have fewer
  bool named = false;              ///< only people with a name
  bool together = false;           ///< one folder, with the photos that show all of `people`
};

struct WantedPhotos {
  std::vector<WantedFile> files;  ///< sorted by folder and name
  std::int64_t folders = 0;
  std::int64_t photos = 0;                ///< each once
  std::unordered_set<std::string> there;  ///< SHA-256 of all photos of the catalog that are on disk
};

/// A folder a person, called by the name, or "person 15", and in it each photo of that person under
/// its own name. Where two would be alike, each gets the person's number, or the beginning of the
/// photo's hash. Looks on the disk, and disregards what lies below `folder`, where the export goes.
/// Throws Error when one of the people is not there.
WantedPhotos wanted_photos(const Catalog& catalog, const ExportQuery& query,
                           const std::string& folder);

}  // namespace facenet
