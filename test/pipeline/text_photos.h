#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/update.h"
#include "test/catalog/fixture.h"

namespace facenet {

/// A library whose photos are lines of text, one a face: "0.95 10 20" is one of that score at x =
/// 10, y = 20, 40 pixels wide and high. The hog detector sees each 4 pixels further right.
class TextPhotosTest : public CatalogTest {
 protected:
  TextPhotosTest();

  /// Writes a photo, below photos/, and gives its path.
  std::string write_photo(const std::string& name, const std::string& faces) const;
  std::string path(const std::string& name) const { return folder_.path(name); }

  /// update_library() of these folders, relative to the test's.
  LibraryUpdate update(const std::vector<std::string>& roots) { return update(catalog_, roots); }
  LibraryUpdate update(Catalog& catalog, const std::vector<std::string>& roots,
                       bool redetect = false) const;

  /// Path and whether it is missing, of the whole catalog, without the test's folder.
  std::vector<std::pair<std::string, bool>> paths() const;

  Catalog catalog_ = create();
  AnalyserOptions options_;
  /// What another process does between the scan and the first photo that is looked at.
  std::function<void()> meanwhile_;
  std::chrono::nanoseconds settle_{};  ///< files written within this wait
  mutable std::atomic<int> looked_at_ = 0;  ///< photos, each time anew
};

}  // namespace facenet
