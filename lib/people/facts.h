#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// The kinds of facts. Each says what the user saw (`faces` of `person`, `other_faces` of `other`)
/// and pointed at (`given`).
namespace fact_kind {
inline constexpr const char* kName = "name";      ///< `person` (who, if new, is `given`) is `value`
inline constexpr const char* kMerge = "merge";    ///< `other` is `person`
inline constexpr const char* kSplit = "split";    ///< `given` are not `person` but `other`
inline constexpr const char* kMove = "move";      ///< `given` are `person`
inline constexpr const char* kReject = "reject";  ///< none of `given` is `person`
inline constexpr const char* kDifferent = "different";  ///< `person` is not `other`
inline constexpr const char* kHide = "hide";            ///< `person` stays out of lists
inline constexpr const char* kUnhide = "unhide";
inline constexpr const char* kSamePhoto = "same-photo";  ///< `photo` may show a person twice
inline constexpr const char* kImport = "import";         ///< what follows in its step was imported
inline constexpr const char* kUndo = "undo";             ///< the fact `undoes` does not count
}  // namespace fact_kind

/// "faces 3, 4 are person 7"
std::string describe_fact(const FactRecord& fact);
/// The same; of the first fact of a step, what the whole step says. `facts`: all of the catalog.
std::string describe_fact(const FactRecord& fact, std::span<const FactRecord> facts);

/// Faces that are not of one person, a cannot-link: none of `left` may be with one of `right`.
/// Sorted.
struct FaceSeparation {
  std::int64_t fact = 0;  ///< that says so
  std::vector<FaceId> left, right;
};

/// A fact that says the opposite of an earlier one.
struct Disagreement {
  std::int64_t later = 0, earlier = 0;
  std::string text;  ///< one line
};

/// What all facts together say, of faces.
struct Knowledge {
  std::map<FaceId, PersonId> held;  ///< must-link: faces that stay together, and who they are
  std::vector<FaceSeparation> apart;
  /// Photos that may show a person more than once; videos may, too.
  std::set<PhotoId> same_photo;
  std::vector<Disagreement> disagreements;
};

/// Reads facts in the order they were said. A name, a merge, a move and hiding hold the faces that
/// the person had then; taking the name away, or unhiding, lets go of what only that held. A split,
/// a rejection and the answer "different people" hold faces apart. Where two facts disagree about a
/// face the later one counts, and the pair is reported. Facts that are undone do not count; nor,
/// in facts said before the undoing, does the presence of faces that only an undone fact had
/// brought.
Knowledge knowledge_from(std::span<const FactRecord> facts);

/// The same without the last of the facts, of which there is one, and with it.
std::pair<Knowledge, Knowledge> knowledge_around_last(std::span<const FactRecord> facts);

/// The same of facts of this catalog, with its videos among the `same_photo`.
Knowledge knowledge_of(const Catalog& catalog, std::span<const FactRecord> facts);

}  // namespace facenet
