// Withdrawing what was said.
#include <algorithm>
#include <set>
#include <unordered_set>

#include "base/error.h"
#include "people/facts.h"
#include "people/partition.h"
#include "people/say.h"
#include "people/statements.h"

namespace facenet {
namespace {

using PersonOfFace = std::map<FaceId, PersonId>;

const FactRecord& fact_to_undo(const Partition& partition, std::optional<std::int64_t> id) {
  const auto& facts = partition.facts;
  if (!id) {
    const auto last = std::find_if(facts.rbegin(), facts.rend(), [](const FactRecord& fact) {
      return !fact.undone && fact.kind != fact_kind::kUndo;
    });
    if (last == facts.rend()) fail("{}: there is nothing to undo", partition.catalog.path());
    return *last;
  }
  const auto fact = std::find_if(facts.begin(), facts.end(),
                                 [&](const FactRecord& other) { return other.id == *id; });
  if (fact == facts.end())
    fail("{}: there is no fact {}: `facenet people log` lists them", partition.catalog.path(), *id);
  if (fact->undone)
    fail("{}: fact {} is undone already: `facenet people log` says by which",
         partition.catalog.path(), *id);
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
  Trail(const Partition& partition, const FactRecord& undone)
      : partition_(partition), since_(undone.id) {
    for (const FactMove& move : undone.moves) now_[move.face] = move.target;
    for (const FactRecord& fact : partition.facts)
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
    for (const FactRecord& fact : partition_.facts)
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

  const Partition& partition_;
  std::int64_t since_;
  std::map<FaceId, PersonId> now_;
};

/// Makes a partition that a clustering or a later fact has changed meanwhile fit the facts again:
/// what may not be where it came back to becomes a person of its own.
class Settlement {
 public:
  Settlement(Catalog& catalog, PersonOfFace& memberships, const Knowledge& knowledge)
      : catalog_(catalog),
        memberships_(memberships),
        knowledge_(knowledge),
        photo_of_(photos_of_faces(catalog)),
        photos_count_(catalog.property("same-photo") != "allowed") {
    for (const PersonRecord& person : catalog.people())
      if (!person.name.empty() || person.hidden) labelled_.insert(person.id);
    for (std::size_t i = 0; i < knowledge.apart.size(); ++i) {
      for (const FaceId face : knowledge.apart[i].left) sides_[face].emplace_back(i, 0);
      for (const FaceId face : knowledge.apart[i].right) sides_[face].emplace_back(i, 1);
    }
  }

  /// Faces held together are together again: as the person they are held as where that one is named
  /// or hidden (a clustering may have joined it with others while it was neither), else where most
  /// of them are.
  void gather_held() {
    std::map<PersonId, std::map<PersonId, std::int64_t>> homes;
    for (const auto& [face, person] : knowledge_.held)
      if (const auto home = memberships_.find(face); home != memberships_.end())
        ++homes[person][home->second];
    for (const auto& [face, person] : knowledge_.held) {
      const auto home = memberships_.find(face);
      if (home == memberships_.end()) continue;
      const PersonId right = labelled_.contains(person) ? person : most_common(homes[person]);
      if (home->second == right) continue;
      touched_.insert(right);
      home->second = right;
    }
  }

  void touch(PersonId person) { touched_.insert(person); }

  /// In each person that got faces: those held as that person stay, then others held together, then
  /// the rest, as long as nothing forbids it. `returned` come last, so that who was there before
  /// stays.
  void separate(const std::set<FaceId>& returned) {
    std::map<PersonId, std::map<Unit, std::vector<FaceId>>> members;
    for (const auto& [face, person] : memberships_)
      if (touched_.contains(person))
        members[person][unit_of(face, person, returned)].push_back(face);
    for (const auto& [person, units] : members) keep_what_fits(units);
  }

 private:
  /// Ties go to the smaller number.
  static PersonId most_common(const std::map<PersonId, std::int64_t>& homes) {
    return std::max_element(homes.begin(), homes.end(),
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
    const PhotoId photo = photo_of_.at(face);
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
          memberships_[face] = home;
          continue;
        }
        taken.photos.insert(photo_of_.at(face));
        if (const auto sides = sides_.find(face); sides != sides_.end())
          taken.sides.insert(sides->second.begin(), sides->second.end());
      }
    }
  }

  Catalog& catalog_;
  PersonOfFace& memberships_;
  const Knowledge& knowledge_;
  std::unordered_map<FaceId, PhotoId> photo_of_;
  bool photos_count_;
  std::unordered_map<FaceId, std::vector<std::pair<std::size_t, int>>> sides_;
  std::unordered_set<PersonId> labelled_;
  std::set<PersonId> touched_;
};

/// People who must be looked at again although no face comes back: what kept their faces together,
/// or apart, changes.
void touch_people_of(const FactRecord& root, const Partition& partition, Settlement& settlement,
                     const std::unordered_map<FaceId, PhotoId>& photo_of) {
  for (const auto* faces : {&root.faces, &root.other_faces, &root.given})
    for (const FaceId face : *faces)
      if (const auto home = partition.memberships.find(face); home != partition.memberships.end())
        settlement.touch(home->second);
  if (root.photo == 0) return;
  for (const auto& [face, person] : partition.memberships)
    if (photo_of.at(face) == root.photo) settlement.touch(person);
}

std::map<PersonId, std::int64_t> sizes_of(const PersonOfFace& memberships) {
  std::map<PersonId, std::int64_t> sizes;
  for (const auto& [face, person] : memberships) ++sizes[person];
  return sizes;
}

std::int64_t last_fact_about(PersonId person, const std::vector<FactRecord>& facts,
                             const std::string& kind) {
  std::int64_t last = 0;
  for (const FactRecord& fact : facts)
    if (!fact.undone && fact.person == person && fact.kind == kind) last = fact.id;
  return last;
}

/// Names may go only with the fact that gave them.
void require_names_kept(const Partition& before, const Catalog& catalog, const FactRecord& root) {
  const std::vector<PersonRecord> people = catalog.people();
  const auto sizes_before = sizes_of(before.memberships);
  const auto sizes_after = sizes_of(catalog.memberships());
  std::map<std::string, PersonId> owners;
  std::map<PersonId, const PersonRecord*> after;
  for (const PersonRecord& person : people) {
    after.emplace(person.id, &person);
    if (person.name.empty()) continue;
    const auto [owner, fresh] = owners.emplace(person.name, person.id);
    if (!fresh)
      fail("people {} and {} would both be {}: take the name away from one of them first",
           owner->second, person.id, person.name);
    if (!sizes_before.contains(person.id) && !sizes_after.contains(person.id))
      fail("nobody is left to be {}: all faces of person {} are other people by now", person.name,
           person.id);
  }
  for (const PersonRecord& person : before.people) {
    if (person.name.empty()) continue;
    const std::int64_t named = last_fact_about(person.id, before.facts, fact_kind::kName);
    const auto now = after.find(person.id);
    const bool is_named = now != after.end() && !now->second->name.empty();
    const bool by_name_itself = root.kind == fact_kind::kName && root.person == person.id;
    const bool is_emptied = sizes_before.contains(person.id) && !sizes_after.contains(person.id);
    if ((!is_named && !by_name_itself && named > root.id) || (is_named && is_emptied))
      fail("that would leave nobody to be {}, who was named since: undo fact {} first", person.name,
           named);
  }
}

}  // namespace

Statement undo_fact(Catalog& catalog, std::optional<std::int64_t> id) {
  Catalog::Transaction transaction(catalog);
  const Partition before(catalog);
  const FactRecord& undone = fact_to_undo(before, id);
  const FactRecord& root = root_of(undone, before.facts);

  FactRecord undo{.kind = fact_kind::kUndo, .undoes = undone.id};
  const std::int64_t undo_id = catalog.add_fact(undo);
  const std::vector<FactRecord> facts = catalog.facts();
  const Knowledge knowledge = knowledge_from(facts);
  PersonOfFace memberships = before.memberships;
  Settlement settlement(catalog, memberships, knowledge);
  const Trail trail(before, undone);
  std::set<FaceId> returned;
  for (const FactMove& move : undone.moves) {
    const auto found = memberships.find(move.face);
    if (found == memberships.end() || trail.end(move.face) != found->second) continue;
    PersonId& home = found->second;
    home = trail.successor(move.source);
    returned.insert(move.face);
    settlement.touch(home);
  }
  touch_people_of(root, before, settlement, photos_of_faces(catalog));
  settlement.gather_held();
  settlement.separate(returned);

  Statement statement;
  statement.fact = undo_id;
  statement.person = root.person;
  std::vector<std::pair<FaceId, PersonId>> changed;
  std::vector<FactMove> moves;
  for (const auto& [face, person] : memberships)
    if (const PersonId source = before.memberships.at(face); source != person) {
      changed.emplace_back(face, person);
      moves.push_back({.face = face, .source = source, .target = person});
    }
  statement.moved_faces = std::ssize(changed);
  catalog.add_moves(undo_id, moves);
  set_people(catalog, changed);
  require_names_kept(before, catalog, root);
  if (returned.size() < undone.moves.size())
    statement.warnings.push_back(
        fmt::format("of the {} faces that fact {} had moved, {} stay where a clustering or a later "
                    "fact has put them since",
                    undone.moves.size(), undone.id, undone.moves.size() - returned.size()));
  transaction.commit();
  return statement;
}

}  // namespace facenet
