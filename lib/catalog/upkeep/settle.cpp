#include "catalog/upkeep/settle.h"

#include "catalog/database.h"
#include "catalog/errors.h"
#include "catalog/open.h"

namespace facenet {

class CatalogSettler::Impl {
 public:
  explicit Impl(const std::string& path)
      : path_(path), connection_(open_catalog_copy(path, Database::kBusyTimeoutMs)) {
    connection_->setBusyTimeout(0);  // whoever edits would wait, too
  }

  /// The first column of the only row.
  std::int64_t ask(const char* pragma) const {
    try {
      return connection_->execAndGet(pragma).getInt64();
    } catch (const SQLite::Exception& failure) {
      throw_database_error(path_, failure, connection_->getHandle());
    }
  }

 private:
  std::string path_;
  std::unique_ptr<SQLite::Database> connection_;
};

CatalogSettler::CatalogSettler(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
CatalogSettler::~CatalogSettler() = default;

bool CatalogSettler::settle() {
  return impl_->ask("PRAGMA wal_checkpoint(TRUNCATE)") == 0;
}

std::int64_t CatalogSettler::data_version() const {
  return impl_->ask("PRAGMA data_version");
}

}  // namespace facenet
