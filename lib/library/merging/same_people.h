#pragma once

#include <unordered_map>
#include <unordered_set>

#include "catalog/catalog.h"
#include "library/merging/merge_photos.h"

namespace facenet {

/// Which people of one catalog are which of another.
class SamePeople {
 public:
  SamePeople(Catalog& into, const Catalog& from) : into_(into), from_(from) {}

  /// Known, such as from a fact that both have. The first word counts.
  void match(PersonId theirs, PersonId ours);
  /// Of parts of one catalog: people up to this number, who have it in both.
  void match_by_numbers(PersonId last);
  /// Of the others: those of one name, then those who share most faces, one to one.
  void match_by_names();
  void match_by_faces(const Counterparts& counterparts);

  /// Who it is; a new person when that is nobody yet.
  PersonId of(PersonId theirs);
  /// 0 for nobody.
  PersonId known(PersonId theirs) const;
  std::int64_t count_new() const { return new_; }

 private:
  bool is_free(PersonId theirs, PersonId ours) const;

  Catalog& into_;
  const Catalog& from_;
  std::unordered_map<PersonId, PersonId> ours_;  ///< by theirs
  std::unordered_set<PersonId> taken_;           ///< of ours
  std::int64_t new_ = 0;
};

}  // namespace facenet
