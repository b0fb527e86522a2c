#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "cmd/command_line.h"
#include "cmd/output.h"
#include "pipeline/update.h"

namespace facenet {

/// What `cluster` and `embed` share, and how they say what update_library() did.

/// --videos
void add_videos(CommandLine& line, AnalyserOptions& options);

/// --strict: trouble that an earlier run has reported counts as much as new trouble.
void add_strict(CommandLine& line, bool& strict);

/// One line on stderr for every photo that could not be read; of those that an earlier run has
/// reported, one for all unless `strict`. One line for the files that were skipped.
void report_problems(const LibraryUpdate& update, bool strict);

/// "skipped 12 video, 3 photoshop files; facenet reads neither"; empty when there are none. Where
/// `hint` is set, it says which option would read the videos.
std::string skipped_text(const std::map<std::string, std::int64_t>& counts, bool hint = false);

/// Says how many links were not followed; nothing of none.
void report_unfollowed(std::int64_t links);

/// {"scanned", "new", "changed", "unchanged", "moved", "missing", "unreadable", "without_faces",
/// "forgotten", "forgotten_face_count", "skipped": {"video": 12}, "excluded_folders",
/// "excluded_files"}
Json photo_counts_json(const LibraryUpdate& update);

/// "1 folder and 3 files excluded", or nothing where none were.
std::string excluded_text(const ExcludedCounts& excluded);

/// "1 photo and 3 faces left out, as you forgot them", or nothing where none were.
std::string forgotten_text(const LibraryUpdate& update);

/// "551 photos: 3 new, 548 unchanged; 2 without faces; 1 folder excluded; 4 faces embedded"
std::string summary(const LibraryUpdate& update);

/// kPartial when photos could not be read (with `strict` also those that an earlier run has
/// reported), kNegative (with one line on stderr) when there are none, the signal's status when one
/// came, else kOk.
ExitStatus status_of(const LibraryUpdate& update, const std::vector<std::string>& roots,
                     bool strict);

}  // namespace facenet
