#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// What a repair brought along, and what not.
struct RepairReport {
  CatalogCounts saved{};  ///< of the new catalog
  std::int64_t unreadable_pages = 0;
  /// Facts by their numbers, which are given one after another: those that are nowhere. Facts that
  /// `facenet forget` removed are among them.
  std::vector<std::int64_t> lost_facts{};
  std::int64_t facts_without_sense =
      0;                            ///< read, but the photo or fact that they are about is lost
  std::int64_t faces_of_facts = 0;  ///< that facts name and that are lost
  std::int64_t faces_without_photo = 0;  ///< read, but left out
  std::int64_t vectors_left_out = 0;     ///< damaged, or of a face or model that is lost
  std::int64_t paths_without_photo = 0;  ///< read, but left out: the next scan finds them
  std::int64_t rows_left_out = 0;        ///< others that were not what facenet writes
  std::int64_t moved_faces = 0;          ///< whose person was not what the facts say
  bool forgotten_list_lost = false;      ///< what had been forgotten may come in again

  /// Whether something was lost, as far as that can be told. Then all photos are looked at again.
  bool is_incomplete() const {
    return unreadable_pages + faces_of_facts + faces_without_photo + vectors_left_out +
                   paths_without_photo + rows_left_out >
               0 ||
           !lost_facts.empty();
  }
};

/// Makes a sound catalog at `to`, where there must be no file, of what can be read in the damaged
/// one at `from`, which stays as it is. `settle` puts right what the facts and the grouping say of
/// each other, and returns how many faces it moved. It may remove facts that cannot be. It is
/// called before the new file gets its name. Throws Error, and then there is no new file.
RepairReport repair_catalog(const std::string& from, const std::string& to,
                            const std::function<std::int64_t(Catalog&)>& settle);

}  // namespace facenet
