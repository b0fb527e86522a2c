#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "report/gather.h"

namespace facenet {

/// Faces that one page may hold with all their pictures: some 60 MB.
inline constexpr std::size_t kMostFacesOfOnePage = 3000;

struct WriteOptions {
  bool force = false;  ///< replaces what is there: a file, or the folder of a report
  int threads = 1;
  std::function<void(std::int64_t done, std::int64_t all)> progress = {};  ///< photos
};

struct WrittenReport {
  std::int64_t photos = 0;                                  ///< with pictures
  std::vector<std::pair<std::string, std::string>> failed;  ///< photos and why, sorted
};

/// Writes one page that holds all pictures. Throws Error: more than kMostFacesOfOnePage faces, the
/// file exists.
WrittenReport write_one_page(const Report& report, const std::string& file,
                             const WriteOptions& options);

/// Writes a folder: index.html, a page a person, and the pictures. It is made beside and put in
/// place whole; a run that stops leaves what was there. Throws Error: the folder is there and not
/// empty, unless it holds a report and is to be replaced.
WrittenReport write_pages(const Report& report, const std::string& folder,
                          const WriteOptions& options);

}  // namespace facenet
