#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace facenet {

/// Reads the records of a CSV text by RFC 4180: fields between commas, quoted where they hold a
/// comma, a quote or a line break.
class CsvReader {
 public:
  /// `path`: what the text is called in messages.
  CsvReader(std::string text, std::string path) : text_(std::move(text)), path_(std::move(path)) {}

  /// Nothing at the end. Empty lines are passed over. Throws Error: a quote that is never closed,
  /// text after a closing one.
  std::optional<std::vector<std::string>> next();

  /// Of the last record, from 1.
  int line() const { return record_line_; }

 private:
  void skip();
  std::string field();
  std::string quoted();

  std::string text_, path_;
  std::size_t at_ = 0;
  int line_ = 1, record_line_ = 1;
};

}  // namespace facenet
