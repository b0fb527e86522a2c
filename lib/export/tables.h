#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// A face as a row of a table.
struct FaceRow {
  FaceRecord face{};
  PersonId person = 0;       ///< 0: none yet
  std::string name{};        ///< of the person; empty: none
  std::string path{};        ///< of the photo, or where it was; empty: it has no path any more
  std::string sha256{};      ///< of the photo's bytes, as hexadecimal digits
  bool missing = false;      ///< the photo was not there at the last look
  bool recognisable = true;  ///< by the last grouping
};

/// A person as a row of a table.
struct PersonRow {
  PersonId person = 0;
  std::string name{};
  bool hidden = false;
  std::int64_t faces = 0, photos = 0;  ///< those that are away, too
};

/// All faces, by number.
std::vector<FaceRow> face_rows(const Catalog& catalog);

/// All people who have faces or a name, by number.
std::vector<PersonRow> person_rows(const Catalog& catalog);

}  // namespace facenet
