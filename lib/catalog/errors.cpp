#include "catalog/errors.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sqlite3.h>
#include <stdexcept>
#include <unistd.h>

#include "base/text.h"
#include "catalog/damage.h"

namespace facenet {
namespace {

bool is_writable(const std::string& path) {
  return ::access(path.c_str(), W_OK) == 0;
}

std::string folder_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

/// SQLite reports a full disk in several ways: as such, or as a failed write or open with a reason.
bool is_disk_full(int code, int system_error) {
  if (code == SQLITE_FULL) return true;
  return (code == SQLITE_IOERR || code == SQLITE_CANTOPEN) &&
         (system_error == ENOSPC || system_error == EDQUOT);
}

[[noreturn]] void fail_for_folder(const std::string& path) {
  fail(
      "{}: its folder is read-only, and SQLite keeps two more files there while it works: make the "
      "folder writable, or name another file with --catalog",
      path);
}

[[noreturn]] void fail_to_open(const std::string& path, const char* what) {
  if (::access(path.c_str(), R_OK) != 0)
    fail("{}: cannot be read ({}): check its permissions", path, std::strerror(errno));
  if (!is_writable(folder_of(path))) fail_for_folder(path);
  fail("{}: cannot be opened ({}): check its permissions and the disk", path, what);
}

[[noreturn]] void fail_to_write(const std::string& path, int extended_code) {
  if (extended_code == SQLITE_READONLY_DBMOVED)
    fail("{}: was moved or deleted while it was in use: put it back and run again", path);
  if (is_writable(path) && !is_writable(folder_of(path))) fail_for_folder(path);
  fail("{}: is read-only: make it writable, or name another file with --catalog", path);
}

/// Whether the query, which looks for damage, gives a row other than `sound`; also when it cannot
/// be run.
bool finds_damage(sqlite3* connection, const char* query, const std::string& sound) {
  sqlite3_stmt* statement = nullptr;
  bool found = sqlite3_prepare_v2(connection, query, -1, &statement, nullptr) != SQLITE_OK;
  for (int step = SQLITE_ROW; !found && (step = sqlite3_step(statement)) != SQLITE_DONE;) {
    const unsigned char* text = step == SQLITE_ROW ? sqlite3_column_text(statement, 0) : nullptr;
    found = text == nullptr || reinterpret_cast<const char*>(text) != sound;
  }
  sqlite3_finalize(statement);
  return found;
}

/// A constraint breaks where the file's own contents break one already, or by a mistake of ours.
[[noreturn]] void fail_by_constraint(const std::string& path, const char* what,
                                     sqlite3* connection) {
  if (connection != nullptr && (finds_damage(connection, "PRAGMA integrity_check(1)", "ok") ||
                                finds_damage(connection, "PRAGMA foreign_key_check", "")))
    throw DamagedCatalog(path, what);
  throw std::logic_error(fmt::format("{}: {}", path, what));
}

}  // namespace

DamagedCatalog::DamagedCatalog(const std::string& path, std::string finding)
    : Error(fmt::format("{}: is damaged ({}): run `facenet catalog check` to see how far, then "
                        "restore a backup with `facenet catalog restore`, or save what can be read "
                        "with `facenet catalog repair`",
                        path, escape_control(finding))),
      finding_(std::move(finding)) {}

void throw_damaged_tree(const std::string& path, const std::string& what) {
  fail("{}: its tree of joins is damaged ({}): run `facenet cluster --rebuild`", path, what);
}

void throw_database_error(const std::string& path, const SQLite::Exception& failure,
                          sqlite3* connection) {
  const int code = failure.getErrorCode() & 0xff;
  const int system_error = connection == nullptr ? 0 : sqlite3_system_errno(connection);
  if (is_disk_full(code, system_error))
    fail("the disk that holds {} is full; what was finished is kept: free some space and run again",
         path);
  switch (code) {
    case SQLITE_CONSTRAINT:
      fail_by_constraint(path, failure.what(), connection);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      fail("{}: another program is writing to it: wait until that is done and run again", path);
    case SQLITE_CORRUPT:
    case SQLITE_FORMAT:
      throw DamagedCatalog(path, failure.what());
    case SQLITE_NOTADB:
      fail(
          "{}: is not an SQLite file, so no facenet catalog: name another file, or if it was one, "
          "restore a backup, or try `facenet catalog repair`",
          path);
    case SQLITE_READONLY:
      fail_to_write(path, failure.getExtendedErrorCode());
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      fail_to_open(path, failure.what());
    case SQLITE_IOERR:
      fail("{}: could not be read or written ({}): check the disk; what was finished is kept", path,
           system_error == 0 ? failure.what() : std::strerror(system_error));
    case SQLITE_NOMEM:
      throw std::bad_alloc();
    default:
      fail("{}: SQLite failed ({}): run `facenet catalog check`", path, failure.what());
  }
}

}  // namespace facenet
