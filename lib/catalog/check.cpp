// The Catalog's search for damage.
#include <cmath>

#include "base/error.h"
#include "catalog/impl.h"
#include "catalog/query.h"
#include "catalog/undone.h"
#include "sql/queries.h"

namespace facenet {
namespace {

using Findings = std::vector<std::string>;

/// Unit vectors of float32 miss length one by rounding only.
constexpr double kLengthTolerance = 1e-3;

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

double length_of(const std::vector<float>& vector) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

void check_vectors(Database& database, Findings& findings) {
  Query query(database, sql::check_vectors);
  while (query.next()) {
    const auto bytes = static_cast<std::int64_t>(query.bytes(3).size());
    const std::int64_t expected = query.integer(2) * static_cast<std::int64_t>(sizeof(float));
    const std::string what =
        fmt::format("face {}: its vector of model {}", query.integer(0), query.text(1));
    if (bytes != expected) {
      findings.push_back(fmt::format("{} has {} bytes instead of {}", what, bytes, expected));
      continue;
    }
    const double length = length_of(query.floats(3));
    if (!(std::abs(length - 1) <= kLengthTolerance))  // also finds NaN
      findings.push_back(fmt::format("{} has length {:.4g} instead of 1", what, length));
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

}  // namespace

std::vector<std::string> Catalog::check() const {
  Findings findings;
  for (const auto check :
       {check_integrity, check_references, check_vectors, check_names, check_undone, check_trees}) {
    try {
      check(impl_->database, findings);
    } catch (const Error& error) {
      findings.push_back(error.what());  // so damaged that this part cannot be read
    }
  }
  return findings;
}

}  // namespace facenet
