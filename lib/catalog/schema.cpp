#include "catalog/schema.h"

#include <map>
#include <mutex>
#include <span>
#include <string_view>
#include <tuple>

#include <SQLiteCpp/Statement.h>

#include "base/error.h"
#include "base/text.h"
#include "catalog/damage.h"
#include "catalog/open.h"
#include "sql/queries.h"

namespace facenet {
namespace {

/// By type, name and table.
using Schema = std::map<std::tuple<std::string, std::string, std::string>, std::string>;

/// Where the comment or the string ends that begins here; `at` where neither does.
std::size_t end_of_comment(std::string_view sql, std::size_t at) {
  const auto after = [&](std::string_view end) {
    const std::size_t found = sql.find(end, at + 2);
    return found == sql.npos ? sql.size() : found + end.size();
  };
  if (sql.substr(at, 2) == "--") return after("\n");
  if (sql.substr(at, 2) == "/*") return after("*/");
  return at;
}

/// Without comments, white space, and the quotes that ALTER TABLE puts around names: that is how
/// the same schema may differ between versions of SQLite.
std::string normal(std::string_view sql) {
  std::string text;
  bool in_string = false;
  for (std::size_t at = 0; at < sql.size();) {
    if (!in_string)
      if (const std::size_t end = end_of_comment(sql, at); end != at) {
        at = end;
        continue;
      }
    const char c = sql[at++];
    if (c == '\'') in_string = !in_string;
    if (in_string || std::string_view(" \t\r\n\"").find(c) == std::string_view::npos) text += c;
  }
  return text;
}

Schema read_schema(SQLite::Database& connection) {
  Schema schema;
  SQLite::Statement rows(connection, sql::schema);
  const auto text = [&](int column) { return rows.getColumn(column).getString(); };
  while (rows.executeStep()) schema.insert_or_assign({text(0), text(1), text(2)}, normal(text(3)));
  return schema;
}

/// Found once in a process.
const Schema& schema_of_version(std::size_t version) {
  static std::mutex mutex;
  static std::map<std::size_t, Schema> known;
  const std::lock_guard lock(mutex);
  const auto [schema, fresh] = known.try_emplace(version);
  if (fresh) {
    SQLite::Database made(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    migrate(made, std::span(sql::migrations).first(version));
    schema->second = read_schema(made);
  }
  return schema->second;
}

[[noreturn]] void fail_for_stranger(const std::string& path, const std::string& type,
                                    const std::string& name) {
  fail(
      "{}: holds the {} {}, which facenet did not make: do not use a catalog that you have from "
      "others; restore a backup with `facenet catalog restore`, or if you made it yourself, remove "
      "it with `sqlite3`",
      path, type, escape_control(name));
}

}  // namespace

void require_known_schema(SQLite::Database& connection, const std::string& path,
                          std::size_t version) {
  const Schema& expected = schema_of_version(version);
  const Schema found = read_schema(connection);
  for (const auto& [key, sql] : found) {
    const auto& [type, name, table] = key;
    const auto known = expected.find(key);
    if (known == expected.end()) fail_for_stranger(path, type, name);
    if (known->second != sql)
      throw DamagedCatalog(path, fmt::format("its {} {} is not as facenet makes it", type, name));
  }
  for (const auto& [key, sql] : expected)
    if (!found.contains(key))
      throw DamagedCatalog(
          path, fmt::format("its {} {} is not there", std::get<0>(key), std::get<1>(key)));
}

}  // namespace facenet
