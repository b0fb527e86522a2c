#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace facenet {

/// Keeps the -wal of a catalog empty, beside the Catalog that somebody holds open for long: what
/// stands there would be taken for part of whatever is copied over the file.
class CatalogSettler {
 public:
  /// `path`: absolute. Throws Error.
  explicit CatalogSettler(const std::string& path);
  ~CatalogSettler();
  CatalogSettler(const CatalogSettler&) = delete;
  CatalogSettler& operator=(const CatalogSettler&) = delete;

  /// Brings what waits in the -wal into the file. False while others read or write. Each open
  /// Catalog takes this for a change by others (Catalog::data_version()). Throws Error.
  bool settle();
  /// Another number after each change by anybody, but for settle().
  std::int64_t data_version() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace facenet
