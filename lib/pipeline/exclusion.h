#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/shard.h"

namespace facenet {

/// Files and folders that a scan leaves out, by patterns as fnmatch(3) reads them, in which `*`
/// also stands for slashes:
///
///   @eaDir, *.gif     without a slash: the name of a file or of a folder, at any depth
///   2019/raw          with a slash: the path below the folder that is scanned
///   **/raw/*.tif      the same; the folders that `**/` stands for may be none
///   /photos/private   the whole path
///   raw/              with a slash at the end: folders only
///
/// A folder is left out with all that is in it. So are links that lead out of the folders that are
/// scanned, unless they are to be followed: what one unpacks may hold a link to the whole disk.
class Exclusion {
 public:
  Exclusion() = default;
  /// Throws UsageError when a pattern is empty.
  explicit Exclusion(const std::vector<std::string>& patterns, bool follow_links = false);

  /// Files of other shards are left out, too.
  void keep_shard(const Shard& shard) { shard_ = shard; }
  bool is_of_other_shard(const std::string& file) const { return shard_ && !shard_->holds(file); }

  /// True when a pattern means this path, one below `root` (both absolute).
  bool matches(const std::string& path, const std::string& root, bool is_folder) const;
  /// True when a pattern means this file, or a folder between `root` and it.
  bool hides(const std::string& file, const std::string& root) const;

  /// True when no pattern was given.
  bool empty() const { return patterns_.empty(); }
  bool follows_links() const { return follow_links_; }

 private:
  struct Pattern {
    enum class Subject { kName, kPathBelow, kWholePath };
    std::string glob;
    Subject subject = Subject::kName;
    bool folders_only = false;
  };

  std::vector<Pattern> patterns_;
  bool follow_links_ = false;
  std::optional<Shard> shard_;
};

/// What was left out by patterns; what is in a folder is not counted.
struct ExcludedCounts {
  std::int64_t folders = 0, files = 0;
  std::int64_t files_of_other_shards = 0;
};

}  // namespace facenet
