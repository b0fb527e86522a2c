#pragma once

#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace facenet {

/// A matrix as NumPy stores it.
struct NpyMatrix {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<float> values;  ///< rows * columns, row by row
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
