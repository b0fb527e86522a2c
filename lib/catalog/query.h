#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catalog/database.h"

namespace facenet {

/// One run of a prepared statement: parameters ?1, ?2, ... are bound in order, and the statement is
/// free for its next run when this goes out of scope. Spans of bytes are not copied.
class Query {
 public:
  template <class... Parameters>
  Query(Database& database, const char* sql, const Parameters&... parameters)
      : database_(database), statement_(database.prepared(sql)) {
    database_.guarded([&] {
      int index = 0;
      (bind(++index, parameters), ...);
    });
  }
  ~Query() { statement_.tryReset(); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Goes to the next row; false when there is none.
  bool next();
  /// For statements without rows.
  void run();

  // What follows throws DamagedCatalog where a column holds another kind of value.

  bool is_null(int column) const;
  /// 0 for NULL.
  std::int64_t integer(int column) const;
  /// Throws DamagedCatalog for one below `least` or above `most`, too.
  std::int64_t integer(int column, std::int64_t least, std::int64_t most) const;
  std::optional<std::int64_t> optional_integer(int column) const;
  /// Perhaps infinite; 0 for NULL.
  double number(int column) const;
  /// Throws DamagedCatalog for one that is infinite, too.
  double finite(int column) const;
  float real(int column) const;
  /// Of TEXT and BLOB columns alike; any bytes.
  std::string text(int column) const;
  /// Valid UTF-8.
  std::string utf8(int column) const;
  /// Valid until the next row.
  std::span<const std::byte> bytes(int column) const;
  std::vector<float> floats(int column) const;

 private:
  template <std::integral Integer>
  void bind(int index, Integer value) {
    statement_.bind(index, static_cast<std::int64_t>(value));
  }
  [[noreturn]] void fail_at(int column, const std::string& what) const;
  void bind(int index, double value);
  void bind(int index, const std::optional<std::int64_t>& value);
  void bind(int index, const std::optional<double>& value);
  void bind(int index, const std::string& value);
  void bind(int index, std::span<const std::byte> value);

  Database& database_;
  SQLite::Statement& statement_;
};

/// Runs a statement that returns nothing.
template <class... Parameters>
void run(Database& database, const char* sql, const Parameters&... parameters) {
  Query(database, sql, parameters...).run();
}

/// Runs an INSERT and returns the new row's id.
template <class... Parameters>
std::int64_t insert(Database& database, const char* sql, const Parameters&... parameters) {
  run(database, sql, parameters...);
  return database.last_id();
}

}  // namespace facenet
