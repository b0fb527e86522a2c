#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "pipeline/exclusion.h"

namespace facenet {

/// A regular file that a scan came upon; whether it is a photo, its bytes will tell.
struct FoundFile {
  std::string path;  ///< absolute
  std::int64_t size = 0;
  std::int64_t mtime_ns = 0;
  bool named = false;  ///< given by the user, not found in a folder
};

struct ScanResult {
  std::vector<FoundFile> files;            ///< sorted by path, each once
  std::vector<FoundFile> of_other_shards;  ///< the same, of those that are left to others
  /// Absolute, sorted: what was looked at.
  std::vector<std::string> roots;
  /// Folders and files that could not be looked at, with the reason.
  std::vector<std::pair<std::string, std::string>> unreadable;
  ExcludedCounts excluded;
  /// Links that were not followed because they lead out of the roots.
  std::vector<std::string> unfollowed;
};

/// Walks folders recursively, and takes files as they are named. Hidden entries (".git", "._x.jpg")
/// and folders that hold a file `.nofaces`, with all below, are left out unless named as roots, and
/// so is what the patterns exclude; where a root lies below another, paths are those below the
/// inner. Links are followed as long as they lead to what lies below a root (or anywhere, if
/// `exclusion` says so), each folder once (so loops end), and real folders before links to them.
/// One stat a file. A root that does not exist is one of the `unreadable`, and not among the
/// `roots`: a forgotten mount must not look like a library whose photos were all deleted. Throws
/// Error when none exists.
ScanResult scan(const std::vector<std::string>& roots, const Exclusion& exclusion = {});

/// Reads size and time of one file. False when it is not there (any more).
bool stat_file(const std::string& path, FoundFile& file);

/// True for "IMG_1.JPG" and the like: a name that promises a photo.
bool has_photo_extension(const std::string& path);

/// True when `path` is `root` or lies below it.
bool is_under(const std::string& path, const std::string& root);

/// Files and folders, any number of them: a list of a hundred thousand paths is asked about each of
/// as many photos.
class PathSet {
 public:
  void add(const std::string& path) { paths_.insert(path); }
  /// True when is_under(path, one of them).
  bool covers(const std::string& path) const;

 private:
  std::unordered_set<std::string> paths_;
};

/// True when a scan of these roots (absolute) would leave the file out, which lies below one of
/// them.
bool is_excluded(const std::string& file, const std::vector<std::string>& roots,
                 const Exclusion& exclusion);

}  // namespace facenet
