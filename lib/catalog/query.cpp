#include "catalog/query.h"

#include <cmath>
#include <cstring>

#include <SQLiteCpp/Column.h>

#include "base/text.h"
#include "catalog/damage.h"

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

void Query::fail_at(int column, const std::string& what) const {
  throw DamagedCatalog(database_.path(),
                       fmt::format("{} of a row is {}", statement_.getColumnName(column), what));
}

std::int64_t Query::integer(int column) const {
  const SQLite::Column value = statement_.getColumn(column);
  if (!value.isInteger() && !value.isNull()) fail_at(column, "no integer");
  return value.getInt64();
}

std::int64_t Query::integer(int column, std::int64_t least, std::int64_t most) const {
  const std::int64_t value = integer(column);
  if (value < least || value > most) fail_at(column, fmt::format("{}", value));
  return value;
}

std::optional<std::int64_t> Query::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

float Query::real(int column) const {
  const auto value = static_cast<float>(finite(column));
  if (!std::isfinite(value)) fail_at(column, fmt::format("{}", number(column)));
  return value;
}

double Query::finite(int column) const {
  const double value = number(column);
  if (!std::isfinite(value)) fail_at(column, "infinite");
  return value;
}

double Query::number(int column) const {
  const SQLite::Column value = statement_.getColumn(column);
  if (!value.isFloat() && !value.isInteger() && !value.isNull()) fail_at(column, "no number");
  return value.getDouble();
}

std::string Query::text(int column) const {
  const SQLite::Column value = statement_.getColumn(column);
  if (!value.isText() && !value.isBlob() && !value.isNull()) fail_at(column, "no text");
  return value.getString();
}

std::string Query::utf8(int column) const {
  std::string value = text(column);
  if (!is_valid_utf8(value)) fail_at(column, fmt::format("no UTF-8: {}", to_valid_utf8(value)));
  return value;
}

std::span<const std::byte> Query::bytes(int column) const {
  const SQLite::Column value = statement_.getColumn(column);
  if (!value.isBlob() && !value.isText() && !value.isNull()) fail_at(column, "no bytes");
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
