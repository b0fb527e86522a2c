#pragma once

#include <map>
#include <string>
#include <vector>

#include "exchange/photo_marks.h"
#include "exchange/photos_below.h"

namespace facenet {

/// The faces that a table marks, by photo: a column `photo` (a path, from the table's folder on),
/// and `x`, `y`, `width`, `height` in pixels of the upright photo, and `name`, as `facenet export
/// csv faces` writes them; further columns do not matter. `file`: "-" is standard input. Throws
/// Error for what is no such table, with the line; and Interrupted.
class CsvMarks {
 public:
  explicit CsvMarks(const std::string& file);

  /// Of the photo at this path, which has this size.
  PhotoMarks of(const std::string& path, const PhotoRecord& photo) const;
  /// Photos of the table that are not among these, sorted.
  std::vector<std::string> photos_besides(const std::vector<PhotoPlace>& places) const;

 private:
  void read_row(const std::vector<std::string>& fields, const std::string& folder);

  std::string file_;
  std::map<std::string, std::size_t> columns_;
  std::map<std::string, std::vector<FaceRegion>> regions_;  ///< in pixels, by the photo's path
};

}  // namespace facenet
