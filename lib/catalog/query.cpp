#include "catalog/query.h"

#include <cstring>

#include <SQLiteCpp/Column.h>

namespace facenet {

bool Query::next() {
  return database_.guarded([&] { return statement_.executeStep(); });
}

void Query::run() {
  database_.guarded([&] { return statement_.exec(); });
}

bool Query::is_null(int column) const {
  return statement_.isColumnNull(column);
}

std::int64_t Query::integer(int column) const {
  return statement_.getColumn(column).getInt64();
}

std::optional<std::int64_t> Query::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

float Query::real(int column) const {
  return static_cast<float>(statement_.getColumn(column).getDouble());
}

double Query::number(int column) const {
  return statement_.getColumn(column).getDouble();
}

std::string Query::text(int column) const {
  return statement_.getColumn(column).getString();
}

std::span<const std::byte> Query::bytes(int column) const {
  const SQLite::Column value = statement_.getColumn(column);
  const auto* data = static_cast<const std::byte*>(value.getBlob());
  return {data, static_cast<std::size_t>(value.getBytes())};
}

std::vector<float> Query::floats(int column) const {
  const std::span<const std::byte> source = bytes(column);
  std::vector<float> values(source.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), source.data(), values.size() * sizeof(float));
  return values;
}

void Query::bind(int index, double value) {
  statement_.bind(index, value);
}

void Query::bind(int index, const std::optional<std::int64_t>& value) {
  if (value)
    statement_.bind(index, *value);
  else
    statement_.bind(index);
}

void Query::bind(int index, const std::optional<double>& value) {
  if (value)
    statement_.bind(index, *value);
  else
    statement_.bind(index);
}

void Query::bind(int index, const std::string& value) {
  statement_.bind(index, value);
}

void Query::bind(int index, std::span<const std::byte> value) {
  // SQLite takes a null pointer for NULL, and an empty span has one.
  const void* data = value.empty() ? "" : static_cast<const void*>(value.data());
  statement_.bindNoCopy(index, data, static_cast<int>(value.size()));
}

}  // namespace facenet
