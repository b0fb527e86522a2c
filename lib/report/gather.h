#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"
#include "library/library.h"
#include "people/quality.h"
#include "people/review.h"
#include "picture/face_cutter.h"

namespace facenet {

struct ReportOptions {
  std::int64_t min_faces = 1;  ///< only people with so many, and those with a name
  int threads = 1;
};

/// A person of the report.
struct ReportPerson {
  PersonId id = 0;
  std::string name{};                ///< empty: none
  std::size_t face_count = 0;        ///< as `people list` shows
  std::vector<FaceInPhoto> faces{};  ///< in photos on the disk, the most typical first
  /// Of each face the first of its stack among `faces`; empty: each is one by itself.
  std::vector<std::size_t> stacks{};
  std::size_t away = 0;  ///< photos that are not there
};

/// A face that is hardly the person whom it is with.
struct DoubtfulFace {
  FaceInPhoto face{};
  PersonId person = 0;
  double probability = 0;
};

/// Who is where in a photo.
struct BoxedFace {
  FaceRecord face{};
  PersonId person = 0;  ///< 0: nobody yet
};

/// All that a report says.
struct Report {
  std::string catalog{};               ///< its path
  std::string created{};               ///< UTC: "2026-11-28 04:37"
  std::vector<ReportPerson> people{};  ///< the largest first
  std::map<PersonId, std::string> names{};
  std::unordered_map<PhotoId, std::vector<BoxedFace>> boxes{};
  std::int64_t unrecognisable = 0;  ///< faces that are with nobody
  std::vector<ReviewPair> same{};   ///< people who are more likely one than not
  /// Pairs that `people review` asks about; nothing where the model does not say how likely they
  /// are one.
  std::optional<std::int64_t> in_doubt{};
  std::vector<DoubtfulFace> wrong{};  ///< the most doubtful first
  std::unordered_map<FaceId, FaceInPhoto>
      listed{};  ///< of `same` and `wrong`, where they are there
  std::vector<std::pair<std::string, std::string>> figures{};  ///< of `catalog quality`

  /// Faces of all these people, in photos that are there.
  std::size_t face_count() const;
};

/// Reads the catalog, and looks on the disk. Throws Error for a catalog whose faces were never
/// grouped.
Report gather_report(const Catalog& catalog, const CatalogModel& model,
                     const ReportOptions& options);

}  // namespace facenet
