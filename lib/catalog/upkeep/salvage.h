#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "catalog/upkeep/page_file.h"

namespace facenet {

/// A column of a row as it stands in the file.
struct StoredValue {
  enum class Type { kNull, kInteger, kReal, kText, kBlob };
  Type type = Type::kNull;
  std::int64_t integer = 0;
  double real = 0;
  std::string bytes{};  ///< of a text or blob
};

struct SalvagedRow {
  const char* table;    ///< of a catalog
  std::string columns;  ///< that there are values for: "id, kind, person"
  std::vector<StoredValue> values;
};

/// Calls `take` for every row of a catalog's tables that can still be read, page by page; a row may
/// come more than once. What a page holds is known by the tree that it hangs on or, where that is
/// broken, by the form of its rows. Left out are tables that can be computed again, and indices.
/// Returns how many pages should hold rows and do not.
std::int64_t salvage_rows(const PageFile& file, const std::function<void(SalvagedRow&&)>& take);

}  // namespace facenet
