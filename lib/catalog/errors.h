#pragma once

#include <string>

#include <SQLiteCpp/Exception.h>

struct sqlite3;

namespace facenet {

/// Throws the Error that says what SQLite's failure means for the catalog at `path`, and how to
/// mend it; for a broken constraint in a sound file, which only a bug can cause, std::logic_error.
/// `connection` may be null: then the system's reason is not known.
[[noreturn]] void throw_database_error(const std::string& path, const SQLite::Exception& failure,
                                       sqlite3* connection);

}  // namespace facenet
