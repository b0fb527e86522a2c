#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cmd/output.h"
#include "pipeline/update.h"

namespace facenet {

/// How `cluster` and `embed` say what update_library() did.

/// One line on stderr for every photo that could not be read.
void report_problems(const LibraryUpdate& update);

/// {"scanned", "new", "changed", "unchanged", "moved", "missing", "unreadable", "excluded_folders",
/// "excluded_files"}
Json photo_counts_json(const LibraryUpdate& update);

/// "1 folder and 3 files excluded", or nothing where none were.
std::string excluded_text(const ExcludedCounts& excluded);

/// "551 photos: 3 new, 548 unchanged; 1 folder excluded; 4 faces embedded"
std::string summary(const LibraryUpdate& update);

/// kPartial when photos could not be read, kNegative (with one line on stderr) when there are none,
/// the signal's status when one came, else kOk.
ExitStatus status_of(const LibraryUpdate& update, const std::vector<std::string>& roots);

}  // namespace facenet
