#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>

#include "catalog/catalog.h"
#include "catalog/upkeep/settle.h"

namespace facenet {

/// A catalog that stays open for long. The file at its path may become another one meanwhile, such
/// as a copy that somebody has put back, by renaming or by writing over it: what was said to the
/// old one would be lost, and the new one damaged by what is known of the old one's pages.
class KeptCatalog {
 public:
  /// Throws Error.
  KeptCatalog(std::string path, Catalog::Mode mode);

  /// Opened again when somebody else has written to the file at the path. Throws Error.
  Catalog& get();
  /// To be called after each commit: what was written to the file just now, was written by that.
  void note_written();
  /// Leaves all that was committed in the file itself, so that it may be written over: to be called
  /// soon after each change. Its data_version() is another one then. False: somebody is in the way;
  /// try again. Throws Error.
  bool settle();
  /// Another number after each change by anybody, but for settle(). Throws Error.
  std::int64_t version() const { return settler_->data_version(); }
  /// Whether the catalog that get() gave still is at the path.
  bool is_in_place() const;
  /// To be opened again in any case.
  void close();
  /// Another number each time it is opened.
  int opened() const { return opened_; }
  const std::string& path() const { return path_; }

 private:
  /// Which file it is, and when somebody last wrote to it.
  struct Mark {
    dev_t device = 0;
    ino_t file = 0;
    off_t size = 0;
    std::int64_t written = 0;  ///< in ns

    bool operator==(const Mark&) const = default;
  };
  static Mark mark_of(const std::string& path);
  void open();

  std::string path_;
  Catalog::Mode mode_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<CatalogSettler> settler_;
  Mark mark_{};
  int opened_ = 0;
};

}  // namespace facenet
