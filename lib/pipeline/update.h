#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "pipeline/analyse.h"
#include "pipeline/exclusion.h"
#include "pipeline/redetect.h"

namespace facenet {

/// What a look at the photo folders found and did. Photos are counted as files.
struct LibraryUpdate {
  std::int64_t scanned = 0;  ///< photos there: all of the following but `missing`
  std::int64_t fresh = 0;    ///< not seen before
  std::int64_t changed = 0;  ///< other bytes than before
  std::int64_t unchanged = 0;
  std::int64_t moved = 0;  ///< new path of a photo whose old path is gone
  std::int64_t unreadable = 0;
  std::int64_t waiting = 0;  ///< files that were written a moment ago; none of `scanned`
  std::int64_t missing = 0;        ///< known photos below the roots that are nowhere now
  std::int64_t without_faces = 0;  ///< of those there; not those whose faces are to be forgotten
  /// Photos left out, and faces left out of those there, as they are to be forgotten.
  std::int64_t forgotten = 0, forgotten_faces = 0;
  /// Files that stand beside the photos and are not read, by their kind (image/skipped.h).
  std::map<std::string, std::int64_t> skipped;
  std::int64_t embedded = 0;  ///< faces that got a vector in this run
  Redetection redetection;    ///< of photos that wait since the detector changed
  ExcludedCounts excluded;
  std::int64_t unfollowed_links = 0;  ///< that lead out of the folders
  /// Path and reason, sorted: photos, folders and roots that could not be read.
  std::vector<std::pair<std::string, std::string>> problems;
  /// Photos that an earlier run has reported already, for the same reason.
  std::vector<std::pair<std::string, std::string>> known_problems;
  bool interrupted = false;  ///< a signal came; the rest is for the next run
  ModelId model = 0;
  double scan_seconds = 0, embed_seconds = 0;
};

using AnalyserFactory = std::function<std::unique_ptr<Analyser>(const AnalyserOptions&)>;

/// Brings the catalog up to date with the photos under `roots`: scan, analyse what is new, store.
/// Photos that are excluded are not looked at: known ones keep their faces, and are not missing.
/// `make_analyser` is called only when there is something to analyse. One transaction for some
/// dozens of photos; whatever ends the run, what was committed is not done again. Photos that wait
/// for faces of the catalog's detector (pipeline/redetect.h) get them, wherever they are. Throws
/// Error; among others when the catalog was made with another detector or other detector settings,
/// unless `redetect` asks to go over to these. Files that were written within `settle` wait: they may
/// be half of what they will be.
LibraryUpdate update_library(Catalog& catalog, const std::vector<std::string>& roots,
                             const AnalyserOptions& options, const AnalyserFactory& make_analyser,
                             const Exclusion& exclusion = {}, bool redetect = false,
                             std::chrono::nanoseconds settle = {});

}  // namespace facenet
