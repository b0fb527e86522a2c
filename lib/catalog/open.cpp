#include "catalog/open.h"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sqlite3.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <SQLiteCpp/Statement.h>

#include "base/error.h"
#include "catalog/damage.h"
#include "catalog/errors.h"
#include "catalog/schema.h"
#include "sql/queries.h"

namespace facenet {
namespace {

using Connection = std::unique_ptr<SQLite::Database>;

constexpr std::int64_t kApplicationId = 0x664e6574;
constexpr std::int64_t kVersion = std::ssize(sql::migrations);

// ---- the file, before SQLite sees it

void make_folders(const std::filesystem::path& folder) {
  if (folder.empty() || ::access(folder.c_str(), F_OK) == 0) return;
  make_folders(folder.parent_path());
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    fail("{}: cannot make this folder ({}): make it, or name another with --catalog",
         folder.string(), std::strerror(errno));
}

/// An empty file that only its owner may read, whatever the umask: SQLite gives the mode of the
/// database to the files beside it.
void make_file(const std::string& path) {
  make_folders(std::filesystem::path(path).parent_path());
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0)
    fail("{}: cannot be made ({}): name another file with --catalog", path, std::strerror(errno));
  ::close(descriptor);
}

void require_file(const std::string& path, Catalog::Mode mode) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR)
      fail("{}: cannot be opened ({}): check its permissions", path, std::strerror(errno));
    if (mode == Catalog::Mode::kCreate) return make_file(path);
    fail("{}: does not exist: make a catalog with `facenet cluster PHOTOS`", path);
  }
  if (S_ISDIR(status.st_mode))
    fail("{}: is a folder, not a catalog: name a file, such as {}/catalog.db", path, path);
  if (!S_ISREG(status.st_mode)) fail("{}: is not a regular file: name another", path);
  // SQLite takes what is shorter than its header for an empty file, and writes over it.
  constexpr off_t kHeader = 100;
  if (status.st_size > 0 && status.st_size < kHeader)
    fail("{}: is no facenet catalog: name another file", path);
}

// ---- what it holds

struct Identity {
  std::int64_t application = 0;
  std::int64_t version = 0;
  bool has_tables = false;

  bool is_catalog() const { return application == kApplicationId; }
  bool is_empty() const { return application == 0 && version == 0 && !has_tables; }
};

/// By statements that no table or view of the file can take the place of.
Identity identify(SQLite::Database& connection) {
  const auto number = [&](const char* query) { return connection.execAndGet(query).getInt64(); };
  return {.application = number("PRAGMA application_id"),
          .version = number("PRAGMA user_version"),
          .has_tables = number("SELECT count(*) FROM sqlite_schema") > 0};
}

/// `mode`: what the file is opened for; nothing: for a copy, whatever its version.
void require_usable(const std::string& path, std::optional<Catalog::Mode> mode,
                    const Identity& identity) {
  if (identity.is_empty()) {
    if (mode == Catalog::Mode::kCreate) return;
    fail("{}: is empty: make a catalog with `facenet cluster PHOTOS`", path);
  }
  if (!identity.is_catalog())
    fail("{}: is an SQLite file, but not a facenet catalog: name another", path);
  if (identity.version < 0)
    throw DamagedCatalog(path, fmt::format("its version is {}", identity.version));
  if (identity.version > kVersion)
    fail("{}: was made by a newer facenet (version {}; this one knows {}): update facenet", path,
         identity.version, kVersion);
  if (identity.version < kVersion && mode == Catalog::Mode::kRead)
    fail("{}: was made by an older facenet: `facenet cluster PHOTOS` brings it up to date", path);
}

// ---- connections

/// The file may come from a stranger: what stands in its schema may not call functions with
/// effects, and pages are looked at before they are believed.
void harden(SQLite::Database& connection) {
  sqlite3* const handle = connection.getHandle();
  for (const auto& [option, value] :
       {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        std::pair{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}})
    sqlite3_db_config(handle, option, value, nullptr);
  connection.exec("PRAGMA cell_size_check = ON");
}

Connection connect(const std::string& name, int flags, int busy_timeout_ms) {
  auto connection =
      std::make_unique<SQLite::Database>(name, flags | SQLite::OPEN_NOMUTEX, busy_timeout_ms);
  harden(*connection);
  return connection;
}

/// "file:" and the path with every byte quoted that means something in a URI.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '%' && c != '?' && c != '#')
      uri += c;
    else
      uri += fmt::format("%{:02x}", byte);
  }
  return uri + "?immutable=1";
}

/// A catalog in a place where SQLite cannot put its -wal and -shm files, such as a read-only disk.
/// Promising that nobody writes there makes SQLite do without them.
Connection connect_immutable(const std::string& path, int busy_timeout_ms) {
  std::error_code error;
  const auto waiting = std::filesystem::file_size(path + "-wal", error);
  if (!error && waiting > 0)
    fail(
        "{}: has changes waiting in {}-wal that cannot be merged in a read-only folder: copy both "
        "files to a folder of yours",
        path, path);
  return connect(immutable_uri(path), SQLite::OPEN_READONLY | SQLite::OPEN_URI, busy_timeout_ms);
}

bool lacks_room(const SQLite::Exception& failure) {
  const int code = failure.getErrorCode() & 0xff;
  return code == SQLITE_FULL || code == SQLITE_IOERR;
}

/// Where the disk is too full for the -shm file: alone, SQLite keeps in memory what would be in it.
Connection connect_alone(const std::string& path, int busy_timeout_ms) {
  Connection connection = connect(path, SQLite::OPEN_READWRITE, busy_timeout_ms);
  connection->exec("PRAGMA locking_mode = EXCLUSIVE");
  identify(*connection);
  return connection;
}

/// Opened for writing even in kRead: such a connection merges and removes the -wal and -shm files
/// when it closes, and SQLite falls back to reading where it may not write. `query_only` keeps the
/// contents as they are.
Connection connect_for_reading(const std::string& path, int busy_timeout_ms) {
  Connection connection = connect(path, SQLite::OPEN_READWRITE, busy_timeout_ms);
  try {
    identify(*connection);
  } catch (const SQLite::Exception& failure) {
    const int code = failure.getErrorCode() & 0xff;
    if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY && !lacks_room(failure)) throw;
    connection.reset();  // or it would be in the way of the next
    connection = lacks_room(failure) ? connect_alone(path, busy_timeout_ms)
                                     : connect_immutable(path, busy_timeout_ms);
  }
  connection->exec("PRAGMA query_only = ON");
  return connection;
}

/// Reads what the file is, at one moment. Throws Error when it is nothing that this program made.
void require_catalog(SQLite::Database& connection, const std::string& path,
                     std::optional<Catalog::Mode> mode) {
  connection.exec("BEGIN");
  const Identity identity = identify(connection);
  require_usable(path, mode, identity);
  if (!identity.is_empty())
    require_known_schema(connection, path, static_cast<std::size_t>(identity.version));
  connection.exec("COMMIT");
}

/// Of two processes that switch a new file to WAL at once, each may hold the read lock that the
/// other waits for; SQLite then says "busy" without waiting, so the waiting is ours.
void switch_to_wal(SQLite::Database& connection, int busy_timeout_ms) {
  const auto give_up =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(busy_timeout_ms);
  for (;;) {
    try {
      connection.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (const SQLite::Exception& failure) {
      const bool busy = (failure.getErrorCode() & 0xff) == SQLITE_BUSY;
      if (!busy || std::chrono::steady_clock::now() >= give_up) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

/// Pages of 16 KiB hold seven vectors of 512 floats; with SQLite's usual 4 KiB each would take a
/// page of its own and the file twice the space.
void prepare_for_writing(SQLite::Database& connection, const std::string& path,
                         int busy_timeout_ms) {
  if (sqlite3_db_readonly(connection.getHandle(), "main") == 1)
    fail("{}: is read-only: make it writable, or name another file with --catalog", path);
  connection.exec("PRAGMA page_size = 16384");
  switch_to_wal(connection, busy_timeout_ms);
  connection.exec("PRAGMA synchronous = FULL");
  connection.exec("PRAGMA secure_delete = ON");  // what is deleted is overwritten with zeros
  migrate(connection, sql::migrations);
  connection.exec("PRAGMA foreign_keys = ON");
  SQLite::Statement spent(connection, sql::spent_counters);
  if (spent.executeStep())
    throw DamagedCatalog(
        path, fmt::format("the numbers of table {} are used up", spent.getColumn(0).getString()));
}

}  // namespace

void migrate(SQLite::Database& connection, std::span<const char* const> migrations) {
  const auto version = [&] { return static_cast<std::size_t>(identify(connection).version); };
  if (version() >= migrations.size()) return;
  // All in one: a disk that fills up on the way leaves the catalog as it was.
  connection.exec("BEGIN IMMEDIATE");
  try {
    // Read again under the lock: another process may have been faster.
    for (std::size_t next = version(); next < migrations.size(); ++next) {
      connection.exec(migrations[next]);
      connection.exec(fmt::format("PRAGMA user_version = {}", next + 1));
    }
    connection.exec("COMMIT");
  } catch (const SQLite::Exception&) {
    connection.tryExec("ROLLBACK");
    throw;
  }
}

std::unique_ptr<SQLite::Database> open_catalog_copy(const std::string& path, int busy_timeout_ms) {
  require_file(path, Catalog::Mode::kRead);
  Connection connection;
  try {
    connection = connect_for_reading(path, busy_timeout_ms);
    require_catalog(*connection, path, std::nullopt);
    return connection;
  } catch (const SQLite::Exception& failure) {
    throw_database_error(path, failure, connection ? connection->getHandle() : nullptr);
  }
}

std::unique_ptr<SQLite::Database> open_catalog_file(const std::string& path, Catalog::Mode mode,
                                                    int busy_timeout_ms) {
  require_file(path, mode);
  Connection connection;
  try {
    connection = mode == Catalog::Mode::kRead
                     ? connect_for_reading(path, busy_timeout_ms)
                     : connect(path, SQLite::OPEN_READWRITE, busy_timeout_ms);
    require_catalog(*connection, path, mode);
    if (mode != Catalog::Mode::kRead) prepare_for_writing(*connection, path, busy_timeout_ms);
    // With SQLite's usual 2 MB, changes in random order, such as a new partition, are slow.
    connection->exec("PRAGMA cache_size = -65536");  // KiB
    return connection;
  } catch (const SQLite::Exception& failure) {
    throw_database_error(path, failure, connection ? connection->getHandle() : nullptr);
  }
}

}  // namespace facenet
