#include "catalog/database.h"

#include <filesystem>
#include <sqlite3.h>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "catalog/open.h"

namespace facenet {
namespace {

/// Throws Interrupted when a signal ends it; then the file is as before.
void vacuum(SQLite::Database& connection) {
  constexpr int kSteps = 10'000;  // of SQLite's machine between two looks: less than a millisecond
  const auto is_to_stop = [](void* /*nothing*/) { return interrupted() ? 1 : 0; };
  sqlite3_progress_handler(connection.getHandle(), kSteps, is_to_stop, nullptr);
  try {
    connection.exec("VACUUM");
  } catch (const SQLite::Exception& failure) {
    sqlite3_progress_handler(connection.getHandle(), 0, nullptr, nullptr);
    if ((failure.getErrorCode() & 0xff) == SQLITE_INTERRUPT) throw Interrupted();
    throw;
  }
  sqlite3_progress_handler(connection.getHandle(), 0, nullptr, nullptr);
}

/// While this lives, SQLite makes its temporary files in this folder. By itself it takes /var/tmp,
/// which may be on another disk, and too small.
class TemporaryPlace {
 public:
  TemporaryPlace(SQLite::Database& connection, std::string folder) : connection_(connection) {
    for (std::size_t at = 0; (at = folder.find('\'', at)) != folder.npos; at += 2)
      folder.insert(at, 1, '\'');
    connection_.tryExec(fmt::format("PRAGMA temp_store_directory = '{}'", folder));
  }
  ~TemporaryPlace() { connection_.tryExec("PRAGMA temp_store_directory = ''"); }
  TemporaryPlace(const TemporaryPlace&) = delete;
  TemporaryPlace& operator=(const TemporaryPlace&) = delete;

 private:
  SQLite::Database& connection_;
};

}  // namespace

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

void Database::write_anew() {
  const TemporaryPlace place(*connection_, std::filesystem::path(path_).parent_path().string());
  guarded([&] { vacuum(*connection_); });
  const bool busy = guarded(
      [&] { return connection_->execAndGet("PRAGMA wal_checkpoint(TRUNCATE)").getInt() != 0; });
  if (busy)
    fail(
        "{}: another program still reads it, so that old copies of its pages are left in {}-wal: "
        "wait until that is done, then run `facenet forget`",
        path_, path_);
}

}  // namespace facenet
