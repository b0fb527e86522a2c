#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "export/manifest.h"

namespace facenet {

/// A photo that is to be in a folder.
struct WantedFile {
  std::string folder{}, name{};  ///< safe (export/safe_name.h); no two files have both alike
  std::string photo{};           ///< SHA-256, as hexadecimal digits
  std::string source{};          ///< a file with the photo; empty: it is away now
};

struct ExportOptions {
  FileKind kind = FileKind::kLink;
  bool relative = false;  ///< of kLink: what the link says starts at its folder
  bool dry_run = false;
  /// True of a photo (its SHA-256) that is on the disk outside of the folder: without, its copy may
  /// be the last one, and is kept.
  std::function<bool(const std::string& photo)> is_there = {};
  std::function<void(std::int64_t done, std::int64_t all)> progress = {};
};

/// What was done, or with `dry_run` would be.
struct ExportReport {
  std::int64_t added = 0, removed = 0, left = 0;
  std::int64_t folders_added = 0, folders_removed = 0;
  std::int64_t sharing = 0;  ///< copies that share the disk's blocks with their photos
  std::int64_t away = 0;     ///< photos that are away and so were not added
  std::int64_t kept = 0;     ///< copies no longer wanted whose photos are away
  /// Files and folders ("Anna/1.jpg"), sorted: where something stands that no export made, or that
  /// was changed since. It is left alone.
  std::vector<std::string> taken;
  std::vector<std::pair<std::string, std::string>> failed;  ///< photos and why
  bool interrupted = false;  ///< a signal came; the rest is for the next run

  std::int64_t changes() const { return added + removed; }
};

/// Makes the folder hold just these files, each in a folder of its own below it: adds what is
/// missing, and removes what an earlier export put there and is not wanted any more. Nothing else
/// is touched, inside or outside. A run that is killed at any moment is mended by the next. Throws
/// Error when it cannot be done, such as for links on a disk that has none.
ExportReport bring_up_to_date(const std::string& folder, const std::vector<WantedFile>& wanted,
                              const ExportOptions& options);

}  // namespace facenet
