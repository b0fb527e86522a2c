// The Catalog's search for damage.
#include <functional>

#include "catalog/damage.h"
#include "catalog/impl.h"
#include "catalog/query.h"
#include "catalog/undone.h"
#include "catalog/vector_fault.h"
#include "sql/queries.h"

namespace facenet {
namespace {

using Findings = std::vector<std::string>;

void check_integrity(Database& database, Findings& findings) {
  Query query(database, sql::check_integrity);
  while (query.next())
    if (const std::string line = query.text(0); line != "ok") findings.push_back(line);
}

/// Faces outside every photo, facts about nobody, and the like.
void check_references(Database& database, Findings& findings) {
  Query query(database, sql::check_references);
  while (query.next()) {
    const std::string first =
        query.is_null(3) ? "" : fmt::format(" (the first: {})", query.integer(3));
    findings.push_back(fmt::format("table {}: {} rows name a {} that does not exist{}",
                                   query.text(0), query.integer(2), query.text(1), first));
  }
}

void check_vectors(Database& database, Findings& findings) {
  Query query(database, sql::check_vectors);
  while (query.next()) {
    const std::string fault = fault_of_vector(query.bytes(3), query.integer(2));
    if (!fault.empty())
      findings.push_back(fmt::format("face {}: its vector of model {} {}", query.integer(0),
                                     query.text(1), fault));
  }
}

void check_names(Database& database, Findings& findings) {
  Query query(database, sql::check_names);
  while (query.next())
    findings.push_back(
        fmt::format("people {} have the same name, {}", query.text(1), query.text(0)));
}

void check_undone(Database& database, Findings& findings) {
  for (const UndoneRow& row : undone_rows(database))
    if (row.noted != row.follows)
      findings.push_back(fmt::format("fact {} is {}noted as undone, and should {}be", row.fact,
                                     row.noted ? "" : "not ", row.follows ? "" : "not "));
}

void check_trees(Database& database, Findings& findings) {
  Query query(database, sql::merge_trees);
  while (query.next())
    if (query.integer(1) % 8 != 0 || query.integer(2) != query.integer(1) ||
        query.integer(3) % static_cast<std::int64_t>(sizeof(TreeMerge)) != 0)
      findings.push_back(
          fmt::format("the merge tree of model {} has {} bytes of faces, {} of signatures, {} of "
                      "merges: `facenet cluster --rebuild` makes it again",
                      query.integer(0), query.integer(1), query.integer(2), query.integer(3)));
}

void check_counters(Database& database, Findings& findings) {
  Query query(database, sql::spent_counters);
  while (query.next())
    findings.push_back(fmt::format("the numbers of table {} are used up", query.text(0)));
}

/// What SQLite finds sound, and reading does not.
void check_records(const Catalog& catalog, Findings& findings) {
  const auto try_to = [&](const std::function<void()>& read) {
    try {
      read();
    } catch (const DamagedCatalog& damage) {
      findings.push_back(damage.finding());
    } catch (const Error& error) {
      findings.push_back(error.what());
    }
  };
  std::vector<ModelRecord> models;
  try_to([&] { models = catalog.models(); });
  for (const ModelRecord& model : models) {
    try_to([&] { catalog.compatible_model(model.id); });
    try_to([&] { catalog.embeddings(model.id); });
    try_to([&] { catalog.merge_tree(model.id); });
  }
  try_to([&] { catalog.properties(); });
  try_to([&] { catalog.paths(); });
  try_to([&] { catalog.photos(); });
  try_to([&] { catalog.faces(); });
  try_to([&] { catalog.memberships(); });
  try_to([&] { catalog.departures(); });
  try_to([&] { catalog.seen_together(); });
  try_to([&] { catalog.facts(); });
  try_to([&] { catalog.people(); });
  try_to([&] { catalog.last_clustering(); });
  try_to([&] { catalog.outdated_photos(); });
  try_to([&] { catalog.forgotten(); });
}

}  // namespace

std::vector<std::string> Catalog::check() const {
  Findings findings;
  for (const auto check : {check_integrity, check_references, check_vectors, check_names,
                           check_undone, check_trees, check_counters}) {
    try {
      check(impl_->database, findings);
    } catch (const DamagedCatalog& damage) {
      findings.push_back(damage.finding());
    } catch (const Error& error) {
      findings.push_back(error.what());  // so damaged that this part cannot be read
    }
  }
  if (findings.empty()) check_records(*this, findings);
  return findings;
}

}  // namespace facenet
