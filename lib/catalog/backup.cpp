#include "catalog/backup.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <sqlite3.h>

#include <SQLiteCpp/Backup.h>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "catalog/catalog.h"
#include "catalog/database.h"
#include "catalog/errors.h"
#include "catalog/open.h"
#include "catalog/upkeep/file_beside.h"

namespace facenet {
namespace {

/// All pages of the catalog `from`, of whatever version, into the empty file `to`.
void copy_pages(const std::string& from, const std::string& to) {
  const auto source = open_catalog_copy(from, Database::kBusyTimeoutMs);
  SQLite::Database target(to, SQLite::OPEN_READWRITE, Database::kBusyTimeoutMs);
  try {
    // The one moment: without it, every page that somebody writes would start the copy anew.
    source->exec("BEGIN");
    source->execAndGet("SELECT count(*) FROM sqlite_schema");
    SQLite::Backup backup(target, *source);
    constexpr int kPagesAtOnce = 1024;
    while (backup.executeStep(kPagesAtOnce) != SQLITE_DONE) stop_if_interrupted();
  } catch (const SQLite::Exception& failure) {
    throw_database_error(to, failure, target.getHandle());
  }
}

/// Renames the catalog and what SQLite keeps beside it; returns the new name.
std::string put_aside(const std::string& path) {
  if (!file_exists(path)) return "";
  try {
    Catalog(path, Catalog::Mode::kWrite);  // closing it brings all that was written into one file
  } catch (const Error&) {
    // Damaged: that is why a backup is restored.
  }
  std::string aside;
  for (int number = 1; aside.empty() || file_exists(aside); ++number)
    aside = fmt::format("{}.before-restore{}", path, number == 1 ? "" : fmt::format("-{}", number));
  for (const char* ending : {"-wal", "-shm", ""})
    if (file_exists(path + ending) &&
        std::rename((path + ending).c_str(), (aside + ending).c_str()) != 0)
      fail("{}: cannot be renamed ({})", path + ending, std::strerror(errno));
  return aside;
}

}  // namespace

void backup_catalog(const std::string& from, const std::string& to, bool overwrite) {
  const std::string target = absolute_path(to);
  require_free(target, overwrite);
  if (target == absolute_path(from)) fail("{}: is the catalog itself: name another file", target);
  const FileBeside copy(target);
  copy_pages(absolute_path(from), copy.name());
  copy.become_path(overwrite);
}

std::string restore_catalog(const std::string& from, const std::string& to) {
  const std::string target = absolute_path(to);
  if (target == absolute_path(from)) fail("{}: is the catalog itself: name a backup", target);
  make_folder(std::filesystem::path(target).parent_path().string());
  const FileBeside copy(target);
  copy_pages(absolute_path(from), copy.name());
  const auto findings = Catalog(copy.name(), Catalog::Mode::kWrite).check();
  if (!findings.empty())
    fail("{}: is damaged itself ({}), so nothing was changed: give another backup", from,
         findings.front());
  std::string aside = put_aside(target);
  copy.become_path(false);
  return aside;
}

}  // namespace facenet
