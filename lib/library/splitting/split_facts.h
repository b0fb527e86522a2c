#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// Which facts a part of a catalog needs, so that of its own faces they say what they say in the
/// whole.
class SplitFacts {
 public:
  explicit SplitFacts(const Catalog& catalog);

  /// The numbers of the facts that concern faces of these photos: those that name them, and what
  /// was said of the people whom they were ever said to be. Where one of them tells faces apart and
  /// a later one contradicted that, all photos of these faces belong together, and are added:
  /// without some of them, the others would be kept apart after all.
  std::set<std::int64_t> concerning(std::set<PhotoId>& photos) const;

  /// With these facts, what they undo, what undoes them, and what their steps begin with.
  void complete(std::set<std::int64_t>& facts) const;
  std::vector<std::int64_t> all() const;

 private:
  /// That a fact names a face, which it says to be one of these people, or to have been.
  struct Mention {
    std::int64_t fact = 0;
    std::vector<PersonId> people{};
  };
  class Choice;

  void note(const FactRecord& fact);
  void note_contradictions(const Catalog& catalog);

  std::map<std::int64_t, FactRecord> facts_;
  std::unordered_map<FaceId, std::vector<Mention>> mentions_;
  std::unordered_map<FaceId, PersonId> homes_;
  std::unordered_map<FaceId, PersonId> left_;                  ///< Departure
  std::map<PersonId, std::vector<std::int64_t>> said_of_;      ///< names, hiding, whom they became
  std::map<std::int64_t, std::vector<std::int64_t>> undoing_;  ///< facts that undo a fact
  std::map<std::int64_t, std::vector<std::int64_t>> contradicting_;  ///< later facts
  std::unordered_map<FaceId, PhotoId> photo_of_;
  std::map<PhotoId, std::vector<FaceId>> faces_of_;
  std::map<PhotoId, std::vector<std::int64_t>> said_of_photo_;
};

}  // namespace facenet
