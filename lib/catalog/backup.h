#pragma once

#include <cstdint>
#include <string>

namespace facenet {

/// Copies the catalog at `from` to the file `to`, mode 0600, as it is at one moment, while other
/// processes read it and write to it. Throws Error, or Interrupted; then there is no new file. An
/// existing one is replaced only when `overwrite`.
void backup_catalog(const std::string& from, const std::string& to, bool overwrite);

/// Puts a copy of the catalog `from`, brought up to date, in the place of the catalog `to`. What
/// was there, perhaps damaged, is kept beside it: returns where, or "" when nothing was. Throws
/// Error when `from` is damaged itself; then nothing has changed.
std::string restore_catalog(const std::string& from, const std::string& to);

}  // namespace facenet
