#include "base/csv.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"

namespace facenet {

std::optional<std::vector<std::string>> CsvReader::next() {
  while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) skip();
  if (at_ == text_.size()) return std::nullopt;
  record_line_ = line_;
  std::vector<std::string> fields{field()};
  while (at_ < text_.size() && text_[at_] == ',') {
    skip();
    fields.push_back(field());
  }
  return fields;
}

void CsvReader::skip() {
  if (text_[at_++] == '\n') ++line_;
}

std::string CsvReader::field() {
  if (at_ < text_.size() && text_[at_] == '"') return quoted();
  const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
  std::string value = text_.substr(at_, end - at_);
  at_ = end;
  return value;
}

std::string CsvReader::quoted() {
  std::string value;
  for (skip(); at_ < text_.size(); skip()) {
    if (text_[at_] == '"') {
      skip();
      if (at_ == text_.size() || text_[at_] != '"') {
        if (at_ < text_.size() && std::string_view(",\r\n").find(text_[at_]) == std::string::npos)
          fail("{}: line {}: text after a closing quote", path_, record_line_);
        return value;
      }
    }
    value += text_[at_];
  }
  fail("{}: line {}: a quote is never closed", path_, record_line_);
}

}  // namespace facenet
