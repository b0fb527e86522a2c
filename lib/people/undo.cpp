// Withdrawing what was said.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "people/facts.h"
#include "people/hand_marks.h"
#include "people/say.h"
#include "people/statements.h"

namespace facenet {
namespace {

/// Where faces are, and where undoing puts them: only what is asked for is read.
class Homes {
 public:
  explicit Homes(const Catalog& catalog) : catalog_(catalog) {}

  /// Nothing when the face is in nobody.
  std::optional<PersonId> of(FaceId face) const {
    const auto moved = moved_.find(face);
    return moved == moved_.end() ? catalog_.person_of(face) : moved->second;
  }
  void put(FaceId face, PersonId home) { moved_[face] = home; }
  /// Sorted.
  std::set<FaceId> members(PersonId person) const {
    const std::vector<FaceId> before = catalog_.faces_of_person(person);
    std::set<FaceId> members(before.begin(), before.end());
    for (const auto& [face, home] : moved_)
      if (home == person)
        members.insert(face);
      else
        members.erase(face);
    return members;
  }
  std::vector<FactMove> moves() const {
    std::vector<FactMove> moves;
    for (const auto& [face, home] : moved_)
      if (const auto source = catalog_.person_of(face); source && *source != home)
        moves.push_back({.face = face, .source = *source, .target = home});
    return moves;
  }

 private:
  const Catalog& catalog_;
  std::map<FaceId, PersonId> moved_;
};

const FactRecord& fact_to_undo(const std::vector<FactRecord>& facts, const std::string& path,
                               std::optional<std::int64_t> id) {
  if (!id) {
    const auto last = std::find_if(facts.rbegin(), facts.rend(), [](const FactRecord& fact) {
      return !fact.undone && fact.kind != fact_kind::kUndo;
    });
    if (last == facts.rend()) fail("{}: there is nothing to undo", path);
    const auto first = std::ranges::lower_bound(facts, last->step, {}, &FactRecord::id);
    return last->step == 0 || first->undone ? *last : *first;
  }
  const auto fact = std::find_if(facts.begin(), facts.end(),
                                 [&](const FactRecord& other) { return other.id == *id; });
  if (fact == facts.end())
    fail("{}: there is no fact {}: `facenet people log` lists them", path, *id);
  if (fact->undone)
    fail("{}: fact {} is undone already: `facenet people log` says by which", path, *id);
  return *fact;
}

/// The fact that is withdrawn, or comes back, in the end.
const FactRecord& root_of(const FactRecord& fact, const std::vector<FactRecord>& facts) {
  const FactRecord* root = &fact;
  while (root->undoes != 0)
    root = &*std::find_if(facts.begin(), facts.end(),
                          [&](const FactRecord& other) { return other.id == root->undoes; });
  return *root;
}

/// Follows the faces of a fact through the later ones, which may have taken them along: into a
/// person that was merged, out of it with those that were split off.
class Trail {
 public:
  Trail(const std::vector<FactRecord>& facts, const FactRecord& undone)
      : facts_(facts), since_(undone.id) {
    for (const FactMove& move : undone.moves) now_[move.face] = move.target;
    for (const FactRecord& fact : facts)
      if (fact.id > since_ && !fact.undone) follow(fact);
  }

  /// Where the face would be, had neither clustering nor user touched it since; nothing when a
  /// later fact is about this very face.
  std::optional<PersonId> end(FaceId face) const {
    const auto found = now_.find(face);
    if (found == now_.end()) return std::nullopt;
    return found->second;
  }

  /// Who that person is by now.
  PersonId successor(PersonId person) const {
    for (const FactRecord& fact : facts_)
      if (fact.id > since_ && !fact.undone && fact.kind == fact_kind::kMerge &&
          fact.other == person)
        person = fact.person;
    return person;
  }

 private:
  void follow(const FactRecord& fact) {
    for (const FaceId face : fact.given) now_.erase(face);
    for (const FactMove& move : fact.moves)
      if (const auto found = now_.find(move.face);
          found != now_.end() && found->second == move.source)
        found->second = move.target;
  }

  const std::vector<FactRecord>& facts_;
  std::int64_t since_;
  std::map<FaceId, PersonId> now_;
};

/// Makes a partition that a clustering or a later fact has changed meanwhile fit the facts again:
/// what may not be where it came back to becomes a person of its own.
class Settlement {
 public:
  Settlement(Catalog& catalog, Homes& homes, const Knowledge& knowledge)
      : catalog_(catalog),
        homes_(homes),
        knowledge_(knowledge),
        photos_count_(catalog.property("same-photo") != "allowed") {
    for (std::size_t i = 0; i < knowledge.apart.size(); ++i) {
      for (const FaceId face : knowledge.apart[i].left) sides_[face].emplace_back(i, 0);
      for (const FaceId face : knowledge.apart[i].right) sides_[face].emplace_back(i, 1);
    }
  }

  /// Faces held together are together again: as the person they are held as where that one is named
  /// or hidden (a clustering may have joined it with others while it was neither), else where most
  /// of them are.
  void gather_held() {
    std::map<PersonId, std::map<PersonId, std::int64_t>> places;
    for (const auto& [face, person] : knowledge_.held)
      if (const auto home = homes_.of(face)) ++places[person][*home];
    for (const auto& [face, person] : knowledge_.held) {
      const auto home = homes_.of(face);
      if (!home) continue;
      const PersonId right = is_labelled(person) ? person : most_common(places[person]);
      if (*home == right) continue;
      touched_.insert(right);
      homes_.put(face, right);
    }
  }

  void touch(PersonId person) { touched_.insert(person); }

  /// In each person that got faces: those held as that person stay, then others held together, then
  /// the rest, as long as nothing forbids it. `returned` come last, so that who was there before
  /// stays.
  void separate(const std::set<FaceId>& returned) {
    for (const PersonId person : touched_) {
      std::map<Unit, std::vector<FaceId>> units;
      for (const FaceId face : homes_.members(person))
        units[unit_of(face, person, returned)].push_back(face);
      keep_what_fits(units);
    }
  }

 private:
  /// Has a name, or is hidden.
  bool is_labelled(PersonId id) {
    const auto [known, fresh] = labelled_.emplace(id, false);
    if (fresh)
      if (const auto person = catalog_.person(id))
        known->second = !person->name.empty() || person->hidden;
    return known->second;
  }

  /// Ties go to the smaller number.
  static PersonId most_common(const std::map<PersonId, std::int64_t>& places) {
    return std::max_element(places.begin(), places.end(),
                            [](const auto& a, const auto& b) {
                              return a.second < b.second ||
                                     (a.second == b.second && a.first > b.first);
                            })
        ->first;
  }

  /// Faces that stay or go together: in which order it is asked whether they may stay, and the
  /// person whom facts hold them as, or the face itself.
  using Unit = std::pair<int, std::int64_t>;
  Unit unit_of(FaceId face, PersonId person, const std::set<FaceId>& returned) const {
    if (const auto held = knowledge_.held.find(face); held != knowledge_.held.end())
      return {held->second == person ? 0 : 1, held->second};
    return {returned.contains(face) ? 3 : 2, face};
  }

  /// What those who stay in a person take from the others.
  struct Taken {
    std::set<PhotoId> photos;
    std::set<std::pair<std::size_t, int>> sides;
  };

  bool shows_once(PhotoId photo) const {
    return photos_count_ && !knowledge_.same_photo.contains(photo);
  }

  bool fits(FaceId face, const Taken& taken) const {
    const PhotoId photo = catalog_.photo_of(face);
    if (shows_once(photo) && taken.photos.contains(photo)) return false;
    const auto sides = sides_.find(face);
    return sides == sides_.end() || std::ranges::none_of(sides->second, [&](const auto& side) {
             return taken.sides.contains({side.first, 1 - side.second});
           });
  }

  void keep_what_fits(const std::map<Unit, std::vector<FaceId>>& units) {
    Taken taken;
    for (const auto& [unit, faces] : units) {
      const bool stay = std::ranges::all_of(faces, [&](FaceId face) { return fits(face, taken); });
      const PersonId home = stay ? 0 : catalog_.add_person();
      for (const FaceId face : faces) {
        if (!stay) {
          homes_.put(face, home);
          continue;
        }
        taken.photos.insert(catalog_.photo_of(face));
        if (const auto sides = sides_.find(face); sides != sides_.end())
          taken.sides.insert(sides->second.begin(), sides->second.end());
      }
    }
  }

  Catalog& catalog_;
  Homes& homes_;
  const Knowledge& knowledge_;
  bool photos_count_;
  std::unordered_map<FaceId, std::vector<std::pair<std::size_t, int>>> sides_;
  std::unordered_map<PersonId, bool> labelled_;  ///< as far as asked for
  std::set<PersonId> touched_;
};

/// People who must be looked at again although no face comes back: what kept their faces together,
/// or apart, changes.
void touch_people_of(const FactRecord& root, const Catalog& catalog, Settlement& settlement) {
  const auto touch_home = [&](FaceId face) {
    if (const auto home = catalog.person_of(face)) settlement.touch(*home);
  };
  for (const auto* faces : {&root.faces, &root.other_faces, &root.given})
    std::ranges::for_each(*faces, touch_home);
  if (root.photo == 0) return;
  for (const FaceRecord& face : catalog.faces_of(root.photo)) touch_home(face.id);
}

/// Which of the people have faces.
std::set<PersonId> with_faces(const Catalog& catalog, const std::vector<PersonRecord>& people) {
  std::set<PersonId> present;
  for (const PersonRecord& person : people)
    if (catalog.has_faces(person.id)) present.insert(person.id);
  return present;
}

std::int64_t last_fact_about(PersonId person, const std::vector<FactRecord>& facts,
                             const std::string& kind) {
  std::int64_t last = 0;
  for (const FactRecord& fact : facts)
    if (!fact.undone && fact.person == person && fact.kind == kind) last = fact.id;
  return last;
}

/// Names may go only with the fact that gave them.
class NamesKept {
 public:
  explicit NamesKept(const Catalog& catalog)
      : catalog_(catalog), before_(catalog.named_people()), full_(with_faces(catalog, before_)) {}

  /// After the fact was withdrawn, before faces have moved.
  void note_names() {
    after_ = catalog_.named_people();
    full_.merge(with_faces(catalog_, after_));
  }

  /// After faces have moved. Throws Error. `facts` are those of before.
  void require(const std::vector<FactRecord>& facts, const FactRecord& root) const {
    const std::set<PersonId> full_now = with_faces(catalog_, after_);
    std::map<std::string, PersonId> owners;
    std::set<PersonId> named_now;
    for (const PersonRecord& person : after_) {
      named_now.insert(person.id);
      const auto [owner, fresh] = owners.emplace(person.name, person.id);
      if (!fresh)
        fail("people {} and {} would both be {}: take the name away from one of them first",
             owner->second, person.id, person.name);
      if (!full_.contains(person.id) && !full_now.contains(person.id))
        fail("nobody is left to be {}: all faces of person {} are other people by now", person.name,
             person.id);
    }
    for (const PersonRecord& person : before_) {
      const std::int64_t named = last_fact_about(person.id, facts, fact_kind::kName);
      const bool is_named = named_now.contains(person.id);
      const bool by_name_itself = root.kind == fact_kind::kName && root.person == person.id;
      const bool is_emptied = full_.contains(person.id) && !full_now.contains(person.id);
      if ((!is_named && !by_name_itself && named > root.id) || (is_named && is_emptied))
        fail("that would leave nobody to be {}, who was named since: undo fact {} first",
             person.name, named);
    }
  }

 private:
  const Catalog& catalog_;
  std::vector<PersonRecord> before_, after_;  ///< who has a name
  std::set<PersonId> full_;                   ///< of them: who had faces before these moved
};

/// Faces that were marked by hand, of which a fact speaks that is withdrawn.
class HandMarks {
 public:
  /// `undone`, of the root `root`, was withdrawn.
  HandMarks(Catalog& catalog, const FactRecord& undone, const FactRecord& root)
      : catalog_(catalog), undone_(undone) {
    std::vector<FaceId> marked;
    std::ranges::copy_if(root.given, std::back_inserter(marked),
                         [&](FaceId face) { return catalog.face(face).by_hand; });
    if (marked.empty()) return;
    std::set<FaceId> withdrawn;
    for (const FaceRecord& face : catalog.withdrawn_faces()) withdrawn.insert(face.id);
    const std::set<FaceId> named = faces_said(catalog.facts());
    for (const FaceId face : marked) {
      if (named.contains(face) && withdrawn.contains(face)) return_.push_back(face);
      if (!named.contains(face) && !withdrawn.contains(face)) go_.push_back(face);
    }
  }

  /// To where they were before the fact that counts again moved them.
  void bring_back() const {
    for (const FaceId face : return_) {
      const auto move = std::ranges::find(undone_.moves, face, &FactMove::face);
      catalog_.bring_back_face(face,
                               move == undone_.moves.end() ? catalog_.add_person() : move->target);
    }
  }

  void take_away() const {
    for (const FaceId face : go_) catalog_.withdraw_face(face);
  }

 private:
  Catalog& catalog_;
  const FactRecord& undone_;
  std::vector<FaceId> return_, go_;
};

/// Withdraws one fact, which is among all of them.
Statement withdraw(Catalog& catalog, const FactRecord& undone,
                   const std::vector<FactRecord>& before) {
  const FactRecord& root = root_of(undone, before);
  NamesKept names(catalog);

  Statement statement;
  statement.person = root.person;
  statement.fact = catalog.add_fact({.kind = fact_kind::kUndo, .undoes = undone.id});
  names.note_names();
  const HandMarks marks(catalog, undone, root);
  marks.bring_back();
  const Knowledge knowledge = knowledge_of(catalog, catalog.facts());
  Homes homes(catalog);
  Settlement settlement(catalog, homes, knowledge);
  const Trail trail(before, undone);
  std::set<FaceId> returned;
  for (const FactMove& move : undone.moves) {
    const auto home = homes.of(move.face);
    if (!home || trail.end(move.face) != home) continue;
    const PersonId source = trail.successor(move.source);
    homes.put(move.face, source);
    returned.insert(move.face);
    settlement.touch(source);
  }
  touch_people_of(root, catalog, settlement);
  settlement.gather_held();
  settlement.separate(returned);

  const std::vector<FactMove> moves = homes.moves();
  std::vector<std::pair<FaceId, PersonId>> changed;
  for (const FactMove& move : moves) changed.emplace_back(move.face, move.target);
  statement.moved_faces = std::ssize(changed);
  catalog.add_moves(statement.fact, moves);
  set_people(catalog, changed);
  marks.take_away();
  names.require(before, root);
  if (returned.size() < undone.moves.size())
    statement.warnings.push_back(
        fmt::format("of the {} faces that fact {} had moved, {} stay where a clustering or a later "
                    "fact has put them since",
                    undone.moves.size(), undone.id, undone.moves.size() - returned.size()));
  return statement;
}

/// Withdraws all that was said in the step that `first` began, the last fact first.
Statement withdraw_step(Catalog& catalog, const FactRecord& first,
                        const std::vector<std::int64_t>& others) {
  Statement all;
  const Catalog::Step step(catalog, {.kind = fact_kind::kUndo, .undoes = first.id});
  all.fact = step.first();
  for (const std::int64_t id : others) {
    const std::vector<FactRecord> facts = catalog.facts();
    const auto fact = std::ranges::lower_bound(facts, id, {}, &FactRecord::id);
    const Statement one = withdraw(catalog, *fact, facts);
    all.moved_faces += one.moved_faces;
    all.warnings.insert(all.warnings.end(), one.warnings.begin(), one.warnings.end());
  }
  return all;
}

}  // namespace

Statement undo_fact(Catalog& catalog, std::optional<std::int64_t> id) {
  Catalog::Transaction transaction(catalog);
  const std::vector<FactRecord> facts = catalog.facts();
  const FactRecord& undone = fact_to_undo(facts, catalog.path(), id);
  std::vector<std::int64_t> others;  // of its step, the last first
  for (const FactRecord& fact : facts)
    if (fact.step == undone.id && !fact.undone) others.insert(others.begin(), fact.id);
  const Statement statement =
      others.empty() ? withdraw(catalog, undone, facts) : withdraw_step(catalog, undone, others);
  transaction.commit();
  return statement;
}

}  // namespace facenet
