#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "exchange/photos_below.h"
#include "metadata/face_region.h"
#include "pipeline/analyse.h"

namespace facenet {

/// Faces that somebody marked where none was found. Until they are in the catalog they have numbers
/// below 0 here.
class AddedFaces {
 public:
  static bool is_added(FaceId face) { return face < 0; }

  /// A face in this place, in fractions of the upright photo, besides those that are known there;
  /// again the same where it has been noted already. 0 for a place that can hold no face: outside
  /// the photo, or of a few pixels.
  FaceId note(const PhotoPlace& place, const PhotoRecord& photo,
              const std::vector<FaceRecord>& known, const FaceRegion& region);
  bool is_any() const { return !places_.empty(); }
  std::vector<FaceId> in_photo(PhotoId photo) const;

  /// Looks at the photos: where exactly the faces are, and their vectors. `problems`: what could
  /// not be read, with the reason. Throws Interrupted.
  void look(const Analyser& analyser, std::vector<std::pair<std::string, std::string>>& problems);

  /// Faces that cannot come into the catalog: there look() found nothing, or no face is to be kept,
  /// or another process has found faces since.
  std::vector<FaceId> unusable(const Catalog& catalog) const;
  /// Puts it there, as a person of its own, with a vector of the model if look() was called.
  /// Returns its number, which is that of before where it was there and was withdrawn.
  FaceId store(Catalog& catalog, ModelId model, FaceId face) const;

 private:
  struct MarkedPlace {
    PhotoPlace photo;
    Sha256 sha256{};
    std::vector<FaceRecord> known{};
    Face face{};
    bool is_unusable = false;
    std::vector<float> vector{};
    VectorEvidence evidence{};
  };

  bool is_usable(const Catalog& catalog, const MarkedPlace& place) const;
  void take(const std::vector<std::size_t>& places, const PhotoAnalysis& analysis,
            std::vector<std::pair<std::string, std::string>>& problems);

  std::vector<MarkedPlace> places_;  ///< of face -1, -2, ...
  std::map<PhotoId, std::vector<std::size_t>> of_photo_;
};

}  // namespace facenet
