#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/analyse.h"

namespace facenet {

/// Gathers the vectors of a run and writes them: as NumPy's matrix, as CSV (a row a face each) or
/// as JSON lines (one a photo).
class VectorFile {
 public:
  /// `path`: "-" is stdout. `format`: npy, csv or jsonl; empty: as the path ends, jsonl for stdout.
  /// Throws UsageError when the path does not say; Error when the file exists, unless `force`.
  VectorFile(std::string path, const std::string& format, bool force);

  /// What messages call it.
  std::string name() const { return is_stdout() ? "stdout" : path_; }
  std::int64_t rows() const { return rows_; }

  void add(const std::string& photo, const PhotoAnalysis& analysis, int dimension);

  /// A file is written whole or not at all. Throws Error.
  void write() const;

 private:
  enum class Form { kNpy, kCsv, kJsonLines };

  bool is_stdout() const { return path_ == "-"; }
  std::string csv_header() const;
  void add_csv(const std::string& photo, const PhotoAnalysis& analysis);
  void add_json(const std::string& photo, const PhotoAnalysis& analysis);
  void write_to(std::ostream& out) const;
  std::span<const float> vector_of(const PhotoAnalysis& analysis, std::size_t face) const;

  std::string path_;
  bool force_;
  Form form_{};
  int dimension_ = 0;
  std::int64_t rows_ = 0;
  std::vector<float> values_;
  std::string text_;
};

}  // namespace facenet
