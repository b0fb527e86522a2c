#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "face/face.h"
#include "library/recognise.h"
#include "pipeline/analyse.h"

namespace facenet {

/// A face of a photo, and who it is.
struct NamedFace {
  FaceId id = 0;  ///< 0: the catalog does not have it
  Face face;
  Recognition who;
  std::string name;      ///< empty: the person has none, or it is nobody
  bool by_hand = false;  ///< marked in another program; no detector found it
};

/// The faces of a photo that the catalog has, the largest first: who they are there. Nothing when
/// it does not have these bytes.
std::optional<std::vector<NamedFace>> who_is_in_known_photo(const Catalog& catalog,
                                                            const CatalogModel& model,
                                                            const Sha256& bytes);

/// The faces of any other photo, analysed with the same model: whom of the catalog's people they
/// look like.
std::vector<NamedFace> who_is_in_new_photo(const Catalog& catalog, const CatalogModel& model,
                                           const PhotoAnalysis& analysis);

}  // namespace facenet
