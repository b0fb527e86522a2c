#include "people/forget_plan.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/format.h"
#include "base/name_form.h"
#include "people/facts.h"
#include "people/partition.h"

namespace facenet {
namespace {

class ForgetPlanner {
 public:
  explicit ForgetPlanner(const Catalog& catalog)
      : catalog_(catalog),
        records_(catalog.people()),
        homes_(catalog.memberships()),
        said_(catalog.facts()),
        knowledge_(knowledge_from(said_)),
        photo_of_(photos_of_faces(catalog)),
        withdrawn_(catalog.withdrawn_faces()) {
    for (const FaceRecord& face : withdrawn_) photo_of_.emplace(face.id, face.photo);
  }

  void add_person(PersonId person);
  void add_photo(PhotoId photo);
  ForgetPlan plan();

 private:
  bool goes(PersonId person) const { return people_.contains(person); }
  bool is_left(FaceId face) const { return !faces_.contains(face); }
  template <class... Lists>
  bool any_left(const Lists&... lists) const {
    return (std::ranges::any_of(lists, [&](FaceId face) { return is_left(face); }) || ...);
  }
  std::vector<PersonId> emptied() const;
  void choose_facts();
  void choose_steps();
  bool holds_others(const FactRecord& fact) const;
  bool stays(const FactRecord& fact) const;
  bool merge_stays(const FactRecord& fact) const;
  std::set<std::string> names_that_go() const;
  void replace_names();
  void count(ForgetPlan& plan) const;

  const Catalog& catalog_;
  std::vector<PersonRecord> records_;
  std::map<FaceId, PersonId> homes_;
  std::vector<FactRecord> said_;
  Knowledge knowledge_;
  std::unordered_map<FaceId, PhotoId> photo_of_;
  std::vector<FaceRecord> withdrawn_;
  std::set<PersonId> people_;  ///< with those merged into them
  std::set<PhotoId> photos_;
  std::unordered_set<FaceId> faces_;
  std::set<std::int64_t> facts_;
  std::vector<std::pair<std::int64_t, std::string>> values_;
};

void ForgetPlanner::add_person(PersonId person) {
  if (!people_.insert(person).second) return;
  for (const FactRecord& fact : said_)
    if (!fact.undone && fact.kind == fact_kind::kMerge && fact.person == person)
      add_person(fact.other);
  for (const auto& [face, home] : homes_)
    if (home == person) faces_.insert(face);
  // Faces that are held as somebody without a name may have become somebody else's by a clustering.
  for (const auto& [face, home] : knowledge_.held)
    if (home == person && !homes_.contains(face)) faces_.insert(face);
}

void ForgetPlanner::add_photo(PhotoId photo) {
  photos_.insert(catalog_.photo(photo).id);
  for (const FaceRecord& face : catalog_.faces_of(photo)) faces_.insert(face.id);
  for (const FaceRecord& face : withdrawn_)
    if (face.photo == photo) faces_.insert(face.id);
}

/// People who had faces, and will have none.
std::vector<PersonId> ForgetPlanner::emptied() const {
  std::map<PersonId, bool> has_left;
  for (const auto& [face, person] : homes_) has_left[person] |= is_left(face);
  std::vector<PersonId> emptied;
  for (const auto& [person, left] : has_left)
    if (!left && !goes(person)) emptied.push_back(person);
  return emptied;
}

/// The two are one only by facts that are undone; but faces that such a fact moved are not to count
/// as those of whom it brought them to (Reader::seen), so it stays while one of them does.
bool ForgetPlanner::merge_stays(const FactRecord& fact) const {
  if (goes(fact.person)) return false;
  return !goes(fact.other) ||
         std::ranges::any_of(fact.moves, [&](const FactMove& move) { return is_left(move.face); });
}

/// The fact holds faces together that are with somebody else by now.
bool ForgetPlanner::holds_others(const FactRecord& fact) const {
  if (fact.undone || (fact.kind != fact_kind::kMove && fact.kind != fact_kind::kMerge))
    return false;
  const auto is_held = [&](FaceId face) {
    const auto held = knowledge_.held.find(face);
    return is_left(face) && held != knowledge_.held.end() && goes(held->second);
  };
  return std::ranges::any_of(fact.given, is_held) || std::ranges::any_of(fact.faces, is_held) ||
         std::ranges::any_of(fact.other_faces, is_held);
}

bool ForgetPlanner::stays(const FactRecord& fact) const {
  const std::string& kind = fact.kind;
  if (holds_others(fact)) return true;
  if (kind == fact_kind::kUndo) return !facts_.contains(fact.undoes);
  if (kind == fact_kind::kSamePhoto) return !photos_.contains(fact.photo);
  if (kind == fact_kind::kMerge) return merge_stays(fact);
  // Of faces that somebody pointed at it says what they are not, whoever else goes.
  if (kind == fact_kind::kSplit || kind == fact_kind::kReject) return any_left(fact.given);
  if (goes(fact.person) || goes(fact.other)) return false;
  if (kind == fact_kind::kMove) return any_left(fact.given, fact.faces);
  if (kind == fact_kind::kDifferent) return any_left(fact.faces) && any_left(fact.other_faces);
  return true;
}

void ForgetPlanner::choose_facts() {
  for (const FactRecord& fact : said_)  // an undoing comes after what it undoes
    if (!stays(fact)) facts_.insert(fact.id);
  choose_steps();
  // Of a face that was withdrawn, only facts know anything.
  for (const FaceRecord& face : withdrawn_)
    if (std::ranges::all_of(catalog_.facts_about(face.id),
                            [&](std::int64_t fact) { return facts_.contains(fact); }))
      faces_.insert(face.id);
}

/// The fact that begins a step goes with the last of the others, and what undoes it with it.
void ForgetPlanner::choose_steps() {
  std::set<std::int64_t> kept;  // steps of which something stays
  for (const FactRecord& fact : said_)
    if (!facts_.contains(fact.id)) kept.insert(fact.step);
  for (const FactRecord& fact : said_)
    if ((fact.kind == fact_kind::kImport && !kept.contains(fact.id)) ||
        facts_.contains(fact.undoes))
      facts_.insert(fact.id);
}

/// Folded; without those that somebody else has now.
std::set<std::string> ForgetPlanner::names_that_go() const {
  std::set<std::string> names;
  for (const FactRecord& fact : said_)
    if (fact.kind == fact_kind::kName && goes(fact.person) && !fact.value.empty())
      names.insert(fold_name(fact.value));
  for (const PersonRecord& person : records_)
    if (!goes(person.id) && !person.name.empty()) names.erase(fold_name(person.name));
  return names;
}

void ForgetPlanner::replace_names() {
  const std::set<std::string> names = names_that_go();
  for (const FactRecord& fact : said_)
    if (fact.kind == fact_kind::kName && !facts_.contains(fact.id) &&
        names.contains(fold_name(fact.value)))
      values_.emplace_back(fact.id, fmt::format("forgotten-{}", fact.id));
}

void ForgetPlanner::count(ForgetPlan& plan) const {
  std::set<PhotoId> shown;
  for (const FaceId face : faces_) shown.insert(photo_of_.at(face));
  plan.faces = std::ssize(faces_);
  plan.face_photos = std::ssize(shown);
  for (const FactRecord& fact : said_) {
    if (!facts_.contains(fact.id)) continue;
    const bool names = fact.kind == fact_kind::kName && goes(fact.person) && !fact.value.empty();
    ++(names ? plan.names : plan.facts);
  }
  for (const PersonRecord& person : records_)
    if (goes(person.id) && person.merged_into == 0) plan.people.push_back(person);
}

ForgetPlan ForgetPlanner::plan() {
  for (std::vector<PersonId> more; !(more = emptied()).empty();)
    for (const PersonId person : more) add_person(person);
  choose_facts();
  replace_names();
  ForgetPlan plan;
  count(plan);
  Forgetting& rows = plan.rows;
  rows.photos.assign(photos_.begin(), photos_.end());
  for (const FaceId face : faces_)
    if (!photos_.contains(photo_of_.at(face))) rows.faces.push_back(face);
  std::ranges::sort(rows.faces);
  rows.people.assign(people_.begin(), people_.end());
  rows.facts.assign(facts_.begin(), facts_.end());
  rows.values = values_;
  return plan;
}

}  // namespace

ForgetPlan plan_forgetting(const Catalog& catalog, std::span<const PersonId> people,
                           std::span<const PhotoId> photos) {
  const Catalog::Snapshot snapshot(catalog);
  ForgetPlanner planner(catalog);
  for (const PersonId person : people) planner.add_person(require_person(catalog, person).id);
  for (const PhotoId photo : photos) planner.add_photo(photo);
  return planner.plan();
}

}  // namespace facenet
