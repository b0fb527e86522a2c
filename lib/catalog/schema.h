#pragma once

#include <cstddef>
#include <string>

#include <SQLiteCpp/Database.h>

namespace facenet {

/// Throws Error when the file holds other tables, views, indices or triggers than the first
/// `version` migrations make: a view can run for ever, a trigger delete what it likes. What they
/// make is known from running them, so that a new migration needs nothing here. Layout and comments
/// do not count.
void require_known_schema(SQLite::Database& connection, const std::string& path,
                          std::size_t version);

}  // namespace facenet
