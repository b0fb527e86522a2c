// What users said, as the Catalog keeps it.
#include <unordered_set>

#include "catalog/damage.h"
#include "catalog/impl.h"
#include "catalog/query.h"
#include "catalog/undone.h"
#include "sql/queries.h"

namespace facenet {
namespace {

/// fact_face.role
enum Role : std::int64_t { kOfPerson = 0, kOfOther = 1, kGiven = 2 };

/// Ids start at 1; 0 stands for nobody in a record, NULL in the file.
std::optional<std::int64_t> reference(std::int64_t id) {
  if (id == 0) return std::nullopt;
  return id;
}

void add_faces(Database& database, std::int64_t fact, const std::vector<FaceId>& faces, Role role) {
  for (const FaceId face : faces) run(database, sql::add_fact_face, fact, face, role);
}

void add_roles(Database& database, std::int64_t id, const FactRecord& fact) {
  add_faces(database, id, fact.given, kGiven);
  add_faces(database, id, fact.other_faces, kOfOther);
  add_faces(database, id, fact.faces, kOfPerson);
}

/// Whom or what each kind of fact must name.
struct Needs {
  const char* kind;
  bool person = false, other = false, photo = false, undoes = false;
};
constexpr Needs kNeeds[] = {{.kind = "name", .person = true},
                            {.kind = "hide", .person = true},
                            {.kind = "unhide", .person = true},
                            {.kind = "move", .person = true},
                            {.kind = "reject", .person = true},
                            {.kind = "merge", .person = true, .other = true},
                            {.kind = "split", .person = true, .other = true},
                            {.kind = "different", .person = true, .other = true},
                            {.kind = "same-photo", .photo = true},
                            {.kind = "undo", .undoes = true}};

/// Throws DamagedCatalog.
void require_whole(const FactRecord& fact, const std::string& path) {
  for (const Needs& needs : kNeeds)
    if (fact.kind == needs.kind &&
        ((needs.person && fact.person == 0) || (needs.other && fact.other == 0) ||
         (needs.photo && fact.photo == 0) || (needs.undoes && fact.undoes == 0)))
      throw DamagedCatalog(path, fmt::format("fact {} does not say of whom", fact.id));
  if (fact.undoes != 0 && fact.undoes >= fact.id)
    throw DamagedCatalog(path, fmt::format("fact {} undoes fact {}, which was not said before it",
                                           fact.id, fact.undoes));
  if (fact.step != 0 && fact.step >= fact.id)
    throw DamagedCatalog(path, fmt::format("fact {} is of a step that fact {} begins, which was "
                                           "not said before it",
                                           fact.id, fact.step));
}

std::vector<FactRecord> read_facts(Database& database) {
  std::vector<FactRecord> facts;
  Query rows(database, sql::facts);
  while (rows.next()) {
    FactRecord fact;
    fact.id = rows.integer(0);
    fact.kind = rows.utf8(1);
    fact.person = rows.integer(2);
    fact.other = rows.integer(3);
    fact.photo = rows.integer(4);
    fact.undoes = rows.integer(5);
    fact.value = rows.utf8(6);
    fact.created = rows.utf8(7);
    fact.undone = rows.integer(8) != 0;
    fact.step = rows.integer(9);
    require_whole(fact, database.path());
    facts.push_back(std::move(fact));
  }
  return facts;
}

/// Calls add(fact, row) for every row of a query that names a fact first. Both are sorted by fact.
template <class Add>
void distribute(Query&& rows, std::vector<FactRecord>& facts, Add add) {
  auto fact = facts.begin();
  while (rows.next()) {
    while (fact != facts.end() && fact->id < rows.integer(0)) ++fact;
    if (fact == facts.end()) return;
    if (fact->id == rows.integer(0)) add(*fact, rows);
  }
}

}  // namespace

std::vector<UndoneRow> undone_rows(Database& database) {
  std::vector<UndoneRow> rows;
  std::unordered_set<std::int64_t> undone;
  Query query(database, sql::undone_facts);
  while (query.next()) {
    const std::int64_t id = query.integer(0);
    const bool is_undone = undone.contains(id);
    // From the last fact to the first: whether one counts is known when what it undoes comes.
    if (!is_undone && !query.is_null(1)) undone.insert(query.integer(1));
    rows.push_back({.fact = id, .noted = query.integer(2) != 0, .follows = is_undone});
  }
  return rows;
}

namespace {

void note_undone(Database& database) {
  for (const UndoneRow& row : undone_rows(database))
    if (row.noted != row.follows) run(database, sql::set_undone, row.fact, row.follows);
}

}  // namespace

Catalog::Step::Step(Catalog& catalog, const FactRecord& first)
    : catalog_(catalog), first_(catalog.add_fact(first)) {
  catalog_.impl_->step = first_;
}

Catalog::Step::~Step() {
  catalog_.impl_->step = 0;
}

std::int64_t Catalog::add_fact(const FactRecord& fact) {
  // A merge, also one that is brought back, may close a circle.
  if (fact.other != 0 || fact.undoes != 0) impl_->are_people_sound = false;
  Transaction transaction(*this);
  Database& database = impl_->database;
  const std::int64_t id =
      insert(database, sql::add_fact, fact.kind, reference(fact.person), reference(fact.other),
             reference(fact.photo), reference(fact.undoes), fact.value,
             reference(fact.step != 0 ? fact.step : impl_->step));
  add_roles(database, id, fact);
  add_moves(id, fact.moves);
  if (fact.undoes != 0) note_undone(database);
  transaction.commit();
  return id;
}

void Catalog::add_moves(std::int64_t fact, std::span<const FactMove> moves) {
  Transaction transaction(*this);
  for (const FactMove& move : moves)
    run(impl_->database, sql::add_fact_move, fact, move.face, move.source, move.target);
  transaction.commit();
}

void Catalog::replace_facts(std::span<const FactRecord> facts) {
  impl_->are_people_sound = false;
  Transaction transaction(*this);
  Database& database = impl_->database;
  for (const char* remove : {sql::remove_fact_moves, sql::remove_fact_faces, sql::remove_facts})
    run(database, remove);
  for (const FactRecord& fact : facts) {
    run(database, sql::put_fact, fact.id, fact.kind, reference(fact.person), reference(fact.other),
        reference(fact.photo), reference(fact.undoes), fact.value, reference(fact.step),
        fact.created);
    add_roles(database, fact.id, fact);
    add_moves(fact.id, fact.moves);
  }
  note_undone(database);
  transaction.commit();
}

std::vector<FactRecord> Catalog::facts() const {
  const Snapshot snapshot(*this);
  for (const char* table : {"fact", "fact_face", "fact_move"}) impl_->require_references(table);
  Database& database = impl_->database;
  std::vector<FactRecord> facts = read_facts(database);
  distribute(Query(database, sql::fact_faces), facts, [](FactRecord& fact, const Query& row) {
    const std::int64_t role = row.integer(2, kOfPerson, kGiven);
    auto& faces = role == kGiven ? fact.given : role == kOfOther ? fact.other_faces : fact.faces;
    faces.push_back(row.integer(1));
  });
  distribute(Query(database, sql::fact_moves), facts, [](FactRecord& fact, const Query& row) {
    fact.moves.push_back(
        {.face = row.integer(1), .source = row.integer(2), .target = row.integer(3)});
  });
  return facts;
}

}  // namespace facenet
