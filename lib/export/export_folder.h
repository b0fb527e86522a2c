#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "export/manifest.h"

namespace facenet {

/// A folder that an export fills. All that is done to it goes by its open descriptor and by those
/// of the folders in it, and follows no link: whatever a name says, and whatever stands there in
/// place of a folder, nothing outside is touched. One program at a time uses it.
class ExportFolder {
 public:
  /// Opens it. Where there is none, makes it, or unless `make` takes it for empty. Throws Error: it
  /// cannot be opened, another program uses it, or it is not empty and no export was there.
  ExportFolder(const std::string& path, bool make);

  const std::string& path() const { return path_; }       ///< absolute, without links
  const Manifest& manifest() const { return manifest_; }  ///< as it was found
  /// Replaces the manifest, durably.
  void write_manifest(const Manifest& manifest);

  /// Whether anything in it has this name.
  bool has(const std::string& name) const;
  /// A folder in it, opened; null where there is none, or something else.
  std::unique_ptr<Descriptor> open(const std::string& folder) const;
  /// Makes a folder in it. False where something has its name.
  bool make(const std::string& folder) const;
  /// Removes a folder in it, if it is empty.
  bool remove(const std::string& folder) const;

  /// Puts a copy of `source` into the open folder under `name`, which nothing may have. Its time is
  /// that of the source. Sets size and time of `made`; true when it shares the source's blocks.
  /// Throws SourceError, or Error where the copy has no place; then nothing is left.
  bool copy(const std::string& source, int folder, MadeFile& made) const;

 private:
  void find_manifest();

  std::string path_;
  std::unique_ptr<Descriptor> root_;  ///< null: there is none yet
  Manifest manifest_;
};

/// A file that cannot be copied because of itself. what() is the reason, without its path.
class SourceError : public Error {
 public:
  using Error::Error;
};

/// Names of all that is in an open folder, sorted. Throws Error.
std::vector<std::string> names_in(int folder);

/// What stands in an open folder under this name, links not followed; nothing where nothing does.
std::optional<struct stat> status_in(int folder, const std::string& name);

/// What a symbolic link says; empty for anything else.
std::string link_text(int folder, const std::string& name);

/// Whether the file is still the one that was made: nobody has put another in its place, or changed
/// it. `status`: of what is there.
bool is_as_made(int folder, const MadeFile& made, const struct stat& status);

/// Time of the last change, in nanoseconds.
std::int64_t mtime_of(const struct stat& status);

}  // namespace facenet
