#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/update.h"

namespace facenet {

/// What became of the faces that lacked a vector.
struct VectorUpgrade {
  std::int64_t embedded = 0;  ///< got a vector in this run
  /// Kept their vector; it was noted whether they are recognisable, and when they were taken.
  std::int64_t assessed = 0;
  std::int64_t left = 0;     ///< have none yet: the run was stopped, or could not read the photo
  std::int64_t missing = 0;  ///< have none yet, and their photos are away
  std::vector<std::pair<std::string, std::string>> problems;  ///< path and reason, sorted
  bool interrupted = false;
  double seconds = 0;
};

/// Gives each face that lacks a vector of the options' model one, and notes what an earlier facenet
/// did not: how much a vector says (base/recognisability.h) and what tells photos of one moment
/// (catalog/records.h), where the face's photo is at
/// one of its paths and has the bytes that it had; the others keep what they have. Nothing is
/// searched for or changed but vectors. What was done before the run ended is kept, and the next
/// goes on from there. Throws Error as update_library() does.
VectorUpgrade upgrade_vectors(Catalog& catalog, const AnalyserOptions& options,
                              const AnalyserFactory& make_analyser);

}  // namespace facenet
