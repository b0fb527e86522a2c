#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "exchange/takeout_files.h"
#include "metadata/face_region.h"
#include "metadata/picasa_contacts.h"

namespace facenet {

/// A face that another program has marked, with a name.
struct MarkedFace {
  FaceRegion region;  ///< in the upright photo
  /// Some programs mark faces in the upright picture, others in the stored one, as they should, and
  /// not all say which. Where that leaves two meanings, this is the first.
  std::optional<FaceRegion> as_drawn{};
  std::string file;  ///< that says so: the photo itself, or a sidecar
};

/// Who is in a photo, by a program that does not say where.
struct PhotoNames {
  std::string file;                ///< that says so
  std::vector<std::string> names;  ///< each once
};

/// What other programs say of the faces in a photo.
struct PhotoMarks {
  std::string photo;
  std::vector<MarkedFace> faces;
  std::vector<PhotoNames> people{};
  std::int64_t unnamed = 0;                                   ///< marks without a name
  std::vector<std::pair<std::string, std::string>> problems;  ///< file and reason
};

/// Picasa's marks, by list and photo.
using PicasaLists = std::map<std::string, std::map<std::string, FaceRegions>>;

/// Reads them from photos' own metadata, from the sidecars beside them, from Google Takeout's JSON,
/// and from Picasa's list of the folder. What belongs to a folder is read once.
class MarkReader {
 public:
  /// `contacts`: for what Picasa's lists lack, besides a contacts.xml that stands beside one.
  explicit MarkReader(PicasaContacts contacts = {}) : contacts_(std::move(contacts)) {}

  /// Of photos at these paths. Each face comes once where several files say the same. Throws
  /// Interrupted.
  std::vector<PhotoMarks> read(std::span<const std::string> photos);

 private:
  PicasaContacts contacts_;
  TakeoutFiles takeout_;
  PicasaLists picasa_;
};

}  // namespace facenet
