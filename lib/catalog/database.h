#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include "catalog/catalog.h"
#include "catalog/errors.h"

namespace facenet {

/// An open catalog file: its connection, its prepared statements, its transactions. Every failure
/// of SQLite comes out as an Error that names the file.
class Database {
 public:
  static constexpr int kBusyTimeoutMs = 10'000;

  Database(const std::string& path, Catalog::Mode mode, int busy_timeout_ms = kBusyTimeoutMs);

  const std::string& path() const { return path_; }

  /// The statement for one of the constants of sql/queries.h, prepared once. Throws when a failure
  /// has undone the transaction that the caller believes to be in.
  SQLite::Statement& prepared(const char* sql);
  std::int64_t last_id() const;

  /// Transactions nest: an inner one is undone alone, and becomes durable with the outermost.
  void begin();
  /// As begin(), but takes no lock against writers: for reading one state with several queries.
  void begin_reading();
  void commit();
  void rollback() noexcept;

  /// Writes the file anew, page by page, and empties its -wal: no old copy of a page is left. Not
  /// in a transaction. Throws Error when others read an old state for longer than the busy timeout.
  void write_anew();

  /// Runs `work`, and turns a failure of SQLite into ours.
  template <class Work>
  auto guarded(Work&& work) const {
    try {
      return work();
    } catch (const SQLite::Exception& failure) {
      throw_database_error(path_, failure, connection_->getHandle());
    }
  }

 private:
  void begin_with(const char* outermost);
  void execute(const char* sql);
  void require_transaction() const;

  std::string path_;
  Catalog::Mode mode_;
  std::unique_ptr<SQLite::Database> connection_;
  std::unordered_map<const char*, SQLite::Statement> statements_;  // closed before the connection
  int depth_ = 0;                                                  // of open transactions
};

}  // namespace facenet
