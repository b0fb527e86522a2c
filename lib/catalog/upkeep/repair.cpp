#include "catalog/repair.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <sqlite3.h>
#include <unordered_set>

#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "catalog/damage.h"
#include "catalog/database.h"
#include "catalog/errors.h"
#include "catalog/upkeep/file_beside.h"
#include "catalog/upkeep/salvage.h"
#include "catalog/vector_fault.h"

namespace facenet {
namespace {

/// No catalog has given so many numbers; sql/queries/spent_counters.sql refuses larger ones.
constexpr std::int64_t kLargestId = std::int64_t{1} << 52;

/// Numbers that photos.cpp reads, and texts.
bool is_count(const StoredValue& value) {
  return value.integer >= 0 && value.integer <= std::numeric_limits<std::int32_t>::max();
}

bool are_finite(const std::string& floats) {
  for (std::size_t i = 0; i + sizeof(float) <= floats.size(); i += sizeof(float)) {
    float value = 0;
    std::memcpy(&value, floats.data() + i, sizeof value);
    if (!std::isfinite(value)) return false;
  }
  return true;
}

bool is_whole(const StoredValue& value) {
  using Type = StoredValue::Type;
  if (value.type == Type::kReal) return std::abs(value.real) < 1e30;  // not so for NaN
  return value.type != Type::kText || is_valid_utf8(value.bytes);
}

/// Puts rows into a new catalog, and makes them fit each other. No row of a table that is read
/// names one of a table that is not.
class Rebuilder {
 public:
  Rebuilder(const std::string& path, RepairReport& report)
      : report_(report), connection_(path, SQLite::OPEN_READWRITE, Database::kBusyTimeoutMs) {
    connection_.exec("PRAGMA foreign_keys = OFF");
  }

  void fill(const PageFile& file);
  void settle_rows();

 private:
  void put(const SalvagedRow& row);
  bool is_plausible(const SalvagedRow& row) const;
  SQLite::Statement& insertion(const SalvagedRow& row);
  std::int64_t remove(const std::string& where);
  std::int64_t number(const std::string& query) { return connection_.execAndGet(query).getInt64(); }
  void settle_facts();
  void remove_pointless_undoing();
  void settle_undone();
  std::optional<std::int64_t> merge_in_a_circle();
  void settle_merges();
  void settle_people();
  void settle_photos();
  void settle_vectors();
  void settle_names();
  void settle_list();
  void note_lost_facts();

  RepairReport& report_;
  SQLite::Database connection_;
  std::map<std::string, SQLite::Statement> insertions_;
  std::map<std::string, std::int64_t> sequences_;  ///< last number given, by table
  bool has_list_ = false;                          ///< of what was forgotten
  bool listed_something_ = false;
};

/// Whether the catalog's readers take the row.
bool Rebuilder::is_plausible(const SalvagedRow& row) const {
  const std::string_view table = row.table;
  const auto& values = row.values;
  // Why a file could not be read may name it, and names of files are bytes.
  if (table == "path") return values.size() < 7 || is_whole(values[6]);
  if (!std::ranges::all_of(values, is_whole)) return false;
  const bool has_number = table == "fact" || table == "person" || table == "photo" ||
                          table == "face" || table == "model";
  if (has_number && (values[0].integer <= 0 || values[0].integer >= kLargestId)) return false;
  if (table == "photo") return is_count(values[3]) && is_count(values[4]);
  if (table != "face") return true;
  const std::size_t landmarks = values[7].bytes.size();
  if (landmarks != 0 && (landmarks != 10 * sizeof(float) || !are_finite(values[7].bytes)))
    return false;
  return values.size() < 9 || is_count(values[8]);
}

SQLite::Statement& Rebuilder::insertion(const SalvagedRow& row) {
  const std::string key = fmt::format("{} ({})", row.table, row.columns);
  const auto known = insertions_.find(key);
  if (known != insertions_.end()) return known->second;
  std::string places = "?";
  for (std::size_t i = 1; i < row.values.size(); ++i) places += ", ?";
  const char* const action = std::string_view(row.table) == "forgetting" ? "REPLACE" : "IGNORE";
  return insertions_
      .try_emplace(key, connection_,
                   fmt::format("INSERT OR {} INTO {} VALUES ({})", action, key, places))
      .first->second;
}

void Rebuilder::put(const SalvagedRow& row) {
  const std::string_view table = row.table;
  if (table == "sqlite_sequence") {
    std::int64_t& last = sequences_[row.values[0].bytes];
    if (row.values[1].integer < kLargestId) last = std::max(last, row.values[1].integer);
    return;
  }
  if (!is_plausible(row)) {
    ++report_.rows_left_out;
    return;
  }
  has_list_ |= table == "forgetting";
  listed_something_ |= table.starts_with("forgotten_");
  SQLite::Statement& statement = insertion(row);
  statement.reset();
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    const StoredValue& value = row.values[i];
    const int place = static_cast<int>(i) + 1;
    using Type = StoredValue::Type;
    if (value.type == Type::kNull) statement.bind(place);
    if (value.type == Type::kInteger) statement.bind(place, value.integer);
    if (value.type == Type::kReal) statement.bind(place, value.real);
    if (value.type == Type::kText) statement.bind(place, value.bytes);
    if (value.type == Type::kBlob)
      statement.bind(place, static_cast<const void*>(value.bytes.data()),
                     static_cast<int>(value.bytes.size()));
  }
  try {
    statement.exec();
  } catch (const SQLite::Exception& failure) {
    if ((failure.getErrorCode() & 0xff) != SQLITE_CONSTRAINT) throw;
    ++report_.rows_left_out;
  }
}

void Rebuilder::fill(const PageFile& file) {
  SQLite::Transaction transaction(connection_);
  report_.unreadable_pages = salvage_rows(file, [&](SalvagedRow&& row) { put(row); });
  insertions_.clear();
  transaction.commit();
}

/// Returns how many rows were removed.
std::int64_t Rebuilder::remove(const std::string& where) {
  return connection_.exec("DELETE FROM " + where);
}

/// As lib/catalog/facts.cpp reads them.
void Rebuilder::settle_facts() {
  report_.facts_without_sense += remove(
      "fact WHERE undoes >= id"
      " OR (kind IN ('name', 'hide', 'unhide', 'move', 'reject') AND person IS NULL)"
      " OR (kind IN ('merge', 'split', 'different') AND (person IS NULL OR other IS NULL))"
      " OR (kind = 'same-photo' AND photo IS NULL) OR (kind = 'undo' AND undoes IS NULL)"
      " OR kind NOT IN ('name', 'hide', 'unhide', 'move', 'reject', 'merge', 'split', 'different',"
      "                 'same-photo', 'import', 'undo')"
      " OR person <= 0 OR other <= 0 OR coalesce(person, 0) > 4503599627370496"
      " OR coalesce(other, 0) > 4503599627370496");
  report_.facts_without_sense +=
      remove("fact WHERE photo IS NOT NULL AND photo NOT IN (SELECT id FROM photo)");
  remove_pointless_undoing();
  settle_undone();
  settle_merges();
  connection_.exec(
      "UPDATE fact SET step = NULL WHERE step >= id OR step NOT IN (SELECT id FROM fact)");
  remove("fact_face WHERE fact NOT IN (SELECT id FROM fact)");
  remove(
      "fact_move WHERE fact NOT IN (SELECT id FROM fact)"
      " OR source NOT BETWEEN 1 AND 4503599627370496"
      " OR target NOT BETWEEN 1 AND 4503599627370496");
  report_.faces_of_facts += number(
      "SELECT count(DISTINCT face) FROM (SELECT face FROM fact_face UNION SELECT face FROM "
      "fact_move) WHERE face NOT IN (SELECT id FROM face)");
  for (const char* table : {"fact_face", "fact_move"})
    remove(fmt::format("{} WHERE face NOT IN (SELECT id FROM face)", table));
}

/// Of facts that are lost.
void Rebuilder::remove_pointless_undoing() {
  for (std::int64_t removed = 1; removed > 0; report_.facts_without_sense += removed)
    removed = remove("fact WHERE undoes IS NOT NULL AND undoes NOT IN (SELECT id FROM fact)");
}

/// A fact that is lost may have undone one that is not. (As lib/catalog/facts.cpp finds it.)
void Rebuilder::settle_undone() {
  std::unordered_set<std::int64_t> undone;
  std::vector<std::pair<std::int64_t, int>> changed;
  SQLite::Statement rows(connection_, "SELECT id, undoes, undone FROM fact ORDER BY id DESC");
  while (rows.executeStep()) {
    const std::int64_t id = rows.getColumn(0).getInt64();
    const bool is_undone = undone.contains(id);
    if (!is_undone && !rows.isColumnNull(1)) undone.insert(rows.getColumn(1).getInt64());
    if (is_undone != (rows.getColumn(2).getInt() != 0)) changed.emplace_back(id, is_undone);
  }
  rows.reset();
  for (const auto& [id, value] : changed)
    connection_.exec(fmt::format("UPDATE fact SET undone = {} WHERE id = {}", value, id));
}

/// The first of the merges by which somebody was merged into themselves in the end: it must have
/// been undone.
std::optional<std::int64_t> Rebuilder::merge_in_a_circle() {
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> next;  // into whom, and by what
  SQLite::Statement rows(connection_,
                         "SELECT other, person, id FROM fact WHERE kind = 'merge' AND "
                         "NOT undone ORDER BY id");
  while (rows.executeStep())
    next[rows.getColumn(0).getInt64()] = {rows.getColumn(1).getInt64(),
                                          rows.getColumn(2).getInt64()};
  for (const auto& [start, step] : next) {
    std::int64_t first = step.second;
    std::int64_t at = step.first;
    for (std::size_t steps = 0; steps <= next.size() && at != start; ++steps) {
      const auto found = next.find(at);
      if (found == next.end()) break;
      first = std::min(first, found->second.second);
      at = found->second.first;
    }
    if (at == start) return first;
  }
  return {};
}

void Rebuilder::settle_merges() {
  while (const auto merge = merge_in_a_circle()) {
    report_.facts_without_sense += remove(fmt::format("fact WHERE id = {}", *merge));
    remove_pointless_undoing();
    settle_undone();
  }
}

/// A person is no more than a number.
void Rebuilder::settle_people() {
  remove(
      "membership WHERE face NOT IN (SELECT id FROM face WHERE marked <> 2)"
      " OR person NOT BETWEEN 1 AND 4503599627370496");
  for (const char* place : {"person FROM fact", "other FROM fact", "source FROM fact_move",
                            "target FROM fact_move", "person FROM membership"}) {
    const std::string column(place, std::strcspn(place, " "));
    connection_.exec(fmt::format("INSERT OR IGNORE INTO person (id) SELECT {} WHERE {} IS NOT NULL",
                                 place, column));
  }
  remove(
      "departure WHERE face NOT IN (SELECT id FROM face)"
      " OR person NOT IN (SELECT id FROM person)");
  remove(
      "seen_together WHERE face NOT IN (SELECT id FROM face)"
      " OR other NOT IN (SELECT id FROM face)");
}

void Rebuilder::settle_photos() {
  report_.faces_without_photo += remove("face WHERE photo NOT IN (SELECT id FROM photo)");
  report_.paths_without_photo +=
      remove("path WHERE photo IS NOT NULL AND photo NOT IN (SELECT id FROM photo)");
  remove("outdated_photo WHERE photo NOT IN (SELECT id FROM photo)");
}

void Rebuilder::settle_vectors() {
  report_.rows_left_out += remove("model WHERE dimension NOT BETWEEN 1 AND 65536");
  remove(
      "compatible_model WHERE model NOT IN (SELECT id FROM model)"
      " OR other NOT IN (SELECT id FROM model)"
      " OR (SELECT dimension FROM model WHERE id = compatible_model.model)"
      "    <> (SELECT dimension FROM model WHERE id = compatible_model.other)");
  report_.vectors_left_out += remove(
      "embedding WHERE face NOT IN (SELECT id FROM face)"
      " OR model NOT IN (SELECT id FROM model)");
  std::vector<std::pair<std::int64_t, std::int64_t>> damaged;
  SQLite::Statement rows(connection_,
                         "SELECT model, face, dimension, vector FROM embedding JOIN model ON "
                         "model.id = embedding.model");
  while (rows.executeStep()) {
    const SQLite::Column vector = rows.getColumn(3);
    const std::span bytes(static_cast<const std::byte*>(vector.getBlob()),
                          static_cast<std::size_t>(vector.getBytes()));
    if (!fault_of_vector(bytes, rows.getColumn(2).getInt64()).empty())
      damaged.emplace_back(rows.getColumn(0).getInt64(), rows.getColumn(1).getInt64());
  }
  rows.reset();
  for (const auto& [model, face] : damaged)
    remove(fmt::format("embedding WHERE model = {} AND face = {}", model, face));
  report_.vectors_left_out += std::ssize(damaged);
  remove("vector_evidence WHERE (model, face) NOT IN (SELECT model, face FROM embedding)");
}

/// Of two people of one name, as a fact that took it from one may be lost, the later is right.
void Rebuilder::settle_names() {
  for (;;) {
    SQLite::Statement same(connection_,
                           "SELECT min(fact.id) FROM person_state JOIN fact ON fact.person = "
                           "person_state.person AND fact.kind = 'name' AND fact.value = name AND "
                           "NOT undone WHERE name <> '' GROUP BY name "
                           "HAVING count(DISTINCT person_state.person) > 1 LIMIT 1");
    if (!same.executeStep()) return;
    const std::int64_t fact = same.getColumn(0).getInt64();
    same.reset();
    connection_.exec(
        fmt::format("UPDATE fact SET value = value || ' (' || person || ')' WHERE id = {}", fact));
  }
}

/// Without its salt it means nothing.
void Rebuilder::settle_list() {
  remove("forgotten_file WHERE photo NOT IN (SELECT photo FROM forgotten_photo)");
  if (has_list_ || !listed_something_) return;
  report_.forgotten_list_lost = true;
  for (const char* table : {"forgotten_file", "forgotten_photo", "forgotten_face"}) remove(table);
}

void Rebuilder::note_lost_facts() {
  std::set<std::int64_t> known;
  SQLite::Statement rows(connection_, "SELECT id FROM fact");
  while (rows.executeStep()) known.insert(rows.getColumn(0).getInt64());
  constexpr std::int64_t kMostListed = 1'000'000;
  const std::int64_t last = std::max(sequences_["fact"], known.empty() ? 0 : *known.rbegin());
  for (std::int64_t id = 1; id <= std::min(last, kMostListed); ++id)
    if (!known.contains(id)) report_.lost_facts.push_back(id);
}

void Rebuilder::settle_rows() {
  SQLite::Transaction transaction(connection_);
  note_lost_facts();
  settle_photos();
  settle_facts();
  settle_people();
  settle_vectors();
  settle_names();
  settle_list();
  remove("property WHERE key = 'partition'");
  if (report_.is_incomplete())  // faces may be lost of any photo
    connection_.exec("INSERT OR IGNORE INTO outdated_photo (photo) SELECT id FROM photo");
  for (const auto& [table, last] : sequences_)
    for (const char* const counted_table : {"fact", "person", "face", "clustering"})
      if (table == counted_table) {
        connection_.exec(
            fmt::format("INSERT INTO sqlite_sequence (name, seq) SELECT '{}', 0 WHERE "
                        "NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '{}')",
                        table, table));
        connection_.exec(fmt::format(
            "UPDATE sqlite_sequence SET seq = max(seq, {}) WHERE name = '{}'", last, table));
      }
  transaction.commit();
}

void require_sound(const std::string& from, const Catalog& catalog) {
  if (const auto findings = catalog.check(); !findings.empty())
    fail(
        "{}: what can be read of it does not go together ({}): restore a backup with `facenet "
        "catalog restore`, or make a new catalog with `facenet cluster PHOTOS`",
        from, escape_control(findings.front()));
}

}  // namespace

RepairReport repair_catalog(const std::string& from, const std::string& to,
                            const std::function<std::int64_t(Catalog&)>& settle) {
  const std::string source = absolute_path(from);
  const std::string target = absolute_path(to);
  if (file_exists(target)) fail("{}: exists already: name a new file", target);
  const PageFile file(source);
  const FileBeside made(target);
  RepairReport report;
  { const Catalog empty(made.name(), Catalog::Mode::kCreate); }
  try {
    Rebuilder rebuilder(made.name(), report);
    rebuilder.fill(file);
    rebuilder.settle_rows();
  } catch (const SQLite::Exception& failure) {
    throw_database_error(target, failure, nullptr);
  }
  {
    Catalog catalog(made.name(), Catalog::Mode::kWrite);
    if (catalog.models().empty() && catalog.photos().empty() && catalog.facts().empty())
      fail(
          "{}: nothing of a catalog can be read in it: restore a backup with `facenet catalog "
          "restore`, or make a new catalog with `facenet cluster PHOTOS`",
          source);
    const std::int64_t facts = catalog.counts().facts;
    report.moved_faces = settle(catalog);
    require_sound(source, catalog);
    report.saved = catalog.counts();
    report.facts_without_sense += facts - report.saved.facts;
  }
  made.become_path(false);
  return report;
}

}  // namespace facenet
