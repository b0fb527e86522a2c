#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/exclusion.h"

namespace facenet {

/// Hears from the kernel (inotify) when something changes in folders or below them. It says that,
/// not what: whoever asks looks at all, which costs one stat a file, and so cannot miss anything.
///
/// Not heard of is what happens on other machines in folders of a network, behind links that lead
/// out of the folders, and below folders for which the kernel has no room (unwatched()): for these
/// one has to look from time to time.
class FolderWatch {
 public:
  /// `roots`: absolute; files among them are watched by their folders. What is called like `own` or
  /// begins like it is not heard of: the catalog and its companions may lie among the photos.
  /// Nothing is watched before refresh(). Throws Error when the system gives no inotify.
  FolderWatch(std::vector<std::string> roots, const Exclusion& exclusion, std::string own);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  /// Watches folders that are new. To be called before one looks at the folders, so that what
  /// changes after the look is heard of.
  void refresh();
  /// Folders that the kernel had no room for at the last refresh().
  std::int64_t unwatched() const;

  /// Waits for a change, at most so long, or until a signal comes. True when there was one, or when
  /// there were so many that the kernel has lost some.
  bool wait(std::chrono::milliseconds most);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace facenet
