#include "catalog/database.h"

#include <sqlite3.h>

#include "base/error.h"
#include "base/file.h"
#include "catalog/open.h"

namespace facenet {

Database::Database(const std::string& path, Catalog::Mode mode, int busy_timeout_ms)
    // Absolute, because SQLite gives names such as ":memory:" and "file:x" a meaning of their own.
    : path_(absolute_path(path)),
      mode_(mode),
      connection_(open_catalog_file(path_, mode, busy_timeout_ms)) {}

SQLite::Statement& Database::prepared(const char* sql) {
  require_transaction();
  auto found = statements_.find(sql);
  if (found == statements_.end())
    found = guarded([&] { return statements_.try_emplace(sql, *connection_, sql).first; });
  return found->second;
}

std::int64_t Database::last_id() const {
  return connection_->getLastInsertRowid();
}

/// SQLite rolls a transaction back by itself when the disk is full or fails. What follows would
/// then be stored change by change, without the beginning.
void Database::require_transaction() const {
  if (depth_ > 0 && sqlite3_get_autocommit(connection_->getHandle()) != 0)
    fail("{}: an earlier failure has undone the changes since the last commit: run again", path_);
}

void Database::execute(const char* sql) {
  guarded([&] { return connection_->exec(sql); });
}

void Database::begin() {
  begin_with(mode_ == Catalog::Mode::kRead ? "BEGIN" : "BEGIN IMMEDIATE");
}

void Database::begin_reading() {
  begin_with("BEGIN");
}

void Database::begin_with(const char* outermost) {
  require_transaction();
  execute(depth_ == 0 ? outermost : "SAVEPOINT inner");
  ++depth_;
}

void Database::commit() {
  require_transaction();
  execute(depth_ == 1 ? "COMMIT" : "RELEASE inner");
  --depth_;
}

void Database::rollback() noexcept {
  // A failure means that SQLite has rolled back already.
  connection_->tryExec(depth_ == 1 ? "ROLLBACK" : "ROLLBACK TO inner; RELEASE inner");
  --depth_;
}

}  // namespace facenet
