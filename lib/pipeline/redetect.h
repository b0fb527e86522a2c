#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "pipeline/analyse.h"

namespace facenet {

/// Least intersection over union at which a face that a detector finds is the one that another
/// found. Detectors draw their boxes differently around a face: those of mtcnn and hog around one
/// overlap by 0.42 and more, those of two faces of one photo by 0.18 and less
/// (scripts/bench/face_overlap.py). This lies in the middle.
inline constexpr float kSameFaceOverlap = 0.3F;

/// What finding faces anew did. Photos wait for it from the day on which the catalog's detector
/// changes until they are looked at: those that are away until they come back.
struct Redetection {
  std::int64_t photos = 0;    ///< looked at in this run
  std::int64_t kept = 0;      ///< faces found again: their numbers and all that was said stay
  std::int64_t fresh = 0;     ///< faces found for the first time
  std::int64_t gone = 0;      ///< faces not found again of which nothing was said: removed
  std::int64_t lost = 0;      ///< faces not found again of which something was said: kept
  std::int64_t embedded = 0;  ///< of those kept and fresh: got a vector in this run
  std::int64_t waiting = 0;   ///< photos not looked at yet: away, or the run was stopped
  /// Path and reason, of photos that could not be read and keep the faces that they have.
  std::vector<std::pair<std::string, std::string>> problems;

  bool is_any() const { return photos + waiting > 0 || !problems.empty(); }
};

/// For each face of `before` the index of the same face in `now`, if it is there: one-to-one, the
/// largest overlaps first, none below kSameFaceOverlap.
std::vector<std::optional<std::size_t>> match_faces(std::span<const Face> before,
                                                    std::span<const Face> now);

/// Finds the faces of the photos that wait, where they are on disk, and gives each a vector of the
/// model. Each photo is a step of its own: whatever ends the run, the next goes on from there.
class Redetector {
 public:
  /// `detector`: as analyse_and_store() wants it.
  Redetector(Catalog& catalog, ModelId model, std::optional<std::string> detector);

  /// False when no photo waits, or all are away.
  bool has_work() const { return !photos_.empty(); }
  void run(const Analyser& analyser);
  Redetection result() const;

 private:
  std::int64_t store(PhotoId photo, const std::string& path, const PhotoAnalysis& analysis);
  std::vector<FaceRecord> faces_before(PhotoId photo) const;
  void replace_faces(PhotoId photo, const PhotoAnalysis& found);
  void keep_face(const FaceRecord& before, const PhotoAnalysis& analysis, std::size_t index);
  void lose_face(const FaceRecord& face);

  Catalog& catalog_;
  ModelId model_;
  std::optional<std::string> detector_;
  std::vector<PhotoId> photos_;  ///< of each request
  std::vector<AnalysisRequest> requests_;
  Redetection result_;
};

}  // namespace facenet
