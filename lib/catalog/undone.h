#pragma once

#include <cstdint>
#include <vector>

#include "catalog/database.h"

namespace facenet {

/// Whether a fact is undone: as its row says, and as it follows from the rows that undo.
struct UndoneRow {
  std::int64_t fact;
  bool noted, follows;
};

/// A fact is undone when a fact that undoes it is not undone itself. The last fact first.
std::vector<UndoneRow> undone_rows(Database& database);

}  // namespace facenet
