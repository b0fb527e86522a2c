#pragma once

#include <cstdint>
#include <istream>
#include <ostream>
#include <string>

#include "catalog/catalog.h"

namespace facenet {

/// What people said, as JSON Lines that need nothing of the catalog: a photo is its SHA-256, a face
/// its photo and box. A first line says what the file is; then one line a fact, in the order they
/// were said, those that are undone among them.
void export_facts(const Catalog& catalog, std::ostream& out);

struct ImportedFacts {
  std::int64_t facts = 0;
  std::int64_t left_out = 0;       ///< facts of whose faces or photo the catalog has none
  std::int64_t faces = 0;          ///< that the facts name
  std::int64_t unknown_faces = 0;  ///< of these, such as the catalog does not have
};

/// Says all of it to a catalog in which nothing has been said yet. A face is the one in the same
/// place of its photo; people get new numbers. Throws Error, which names `path` and the line; then
/// nothing has changed.
ImportedFacts import_facts(Catalog& catalog, std::istream& in, const std::string& path);

}  // namespace facenet
