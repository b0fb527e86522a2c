#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"

namespace facenet {

/// A matrix as NumPy stores it.
struct NpyMatrix {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<float> values;  ///< rows * columns, row by row
};

/// Where the matrix of a .npy file lies in it.
struct NpyLayout {
  std::int64_t rows = 0, columns = 0;
  std::size_t offset = 0;  ///< of the first value
  bool is_double = false;
};

/// .npy files that are read a piece at a time, one behind the other as one matrix.
class NpyFiles {
 public:
  /// `pattern` names one file, or several by *, ? and [], which are taken in the order of their
  /// names. Throws Error as read_npy(), also when there are none, or rows of different length.
  explicit NpyFiles(const std::string& pattern);

  std::int64_t rows() const { return begins_.back(); }
  std::int64_t columns() const { return columns_; }
  /// Appends the rows from `begin` up to `end`.
  void read(std::int64_t begin, std::int64_t end, std::vector<float>& values) const;

 private:
  struct Part {
    MappedFile file;
    NpyLayout layout;
  };

  std::vector<Part> parts_;
  std::vector<std::int64_t> begins_ = {0};  ///< the first row of each part, and the end of the last
  std::int64_t columns_ = 0;
};

/// Reads a .npy file (format 1.0 to 3.0) that holds a two-dimensional, C-ordered, little-endian
/// float32 or float64 array. Throws Error that names the file and what does not fit.
NpyMatrix read_npy(const std::string& path);

/// Writes float32 or float64 rows as .npy, whole or not at all. Throws Error.
void write_npy(const std::string& path, std::span<const float> values, std::int64_t columns,
               bool overwrite);
void write_npy(const std::string& path, std::span<const double> values, std::int64_t columns,
               bool overwrite);

/// The bytes of such a file, for an output that is no file.
void write_npy(std::ostream& out, std::span<const float> values, std::int64_t columns);

}  // namespace facenet
