#pragma once

#include <memory>
#include <span>
#include <string>

#include <SQLiteCpp/Database.h>

#include "catalog/catalog.h"

namespace facenet {

/// Opens the catalog at the absolute `path`, makes it when the mode says so, and brings its schema
/// up to date. Throws Error.
std::unique_ptr<SQLite::Database> open_catalog_file(const std::string& path, Catalog::Mode mode,
                                                    int busy_timeout_ms);

/// Opens a catalog of this version or an earlier one for copying its pages. Throws Error.
std::unique_ptr<SQLite::Database> open_catalog_copy(const std::string& path, int busy_timeout_ms);

/// Applies `migrations` from the file's `PRAGMA user_version` on, in one transaction: whatever
/// interrupts this, the file is as before or up to date. Throws SQLite::Exception.
void migrate(SQLite::Database& connection, std::span<const char* const> migrations);

}  // namespace facenet
