#pragma once

#include <map>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/places.h"
#include "cmd/output.h"

namespace facenet {

/// What was said, for printing.
class FactBook {
 public:
  explicit FactBook(const Catalog& catalog);

  const std::vector<FactRecord>& facts() const { return facts_; }  ///< sorted by id
  /// {"fact", "time", "kind", "text", "person", "other_person", "photo", "name", "faces", "undoes",
  /// "undone_by", "step"}
  Json json(const FactRecord& fact) const;

 private:
  std::vector<FactRecord> facts_;
  std::map<std::int64_t, std::int64_t> undone_by_;
  Places places_;
};

}  // namespace facenet
