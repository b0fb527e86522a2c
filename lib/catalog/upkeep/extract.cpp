#include "catalog/extract.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include "base/interrupt.h"
#include "catalog/database.h"
#include "catalog/errors.h"

namespace facenet {
namespace {

/// From `whole` into this catalog, in this order. Of joined tables, CROSS JOIN keeps the order in
/// which they are read: a vector is looked up for each face that is here, and no other is read.
constexpr const char* kCopies[] = {
    "INSERT OR REPLACE INTO property SELECT * FROM whole.property WHERE key <> 'partition'",
    "INSERT INTO model SELECT * FROM whole.model",
    "INSERT INTO compatible_model SELECT * FROM whole.compatible_model",
    "INSERT INTO clustering SELECT * FROM whole.clustering",
    "INSERT INTO photo SELECT photo.* FROM kept_photo CROSS JOIN whole.photo USING (id)",
    "INSERT INTO path SELECT path.* FROM kept_path CROSS JOIN whole.path USING (path)",
    "INSERT INTO outdated_photo SELECT * FROM whole.outdated_photo "
    "WHERE photo IN (SELECT id FROM kept_photo)",
    "INSERT INTO face SELECT face.* FROM kept_photo "
    "CROSS JOIN whole.face ON face.photo = kept_photo.id",
    "INSERT INTO embedding SELECT embedding.* FROM main.model CROSS JOIN main.face "
    "CROSS JOIN whole.embedding ON embedding.model = model.id AND embedding.face = face.id",
    "INSERT INTO vector_evidence SELECT vector_evidence.* FROM main.model CROSS JOIN main.face "
    "CROSS JOIN whole.vector_evidence "
    "ON vector_evidence.model = model.id AND vector_evidence.face = face.id",
    "INSERT INTO membership SELECT membership.* FROM main.face "
    "CROSS JOIN whole.membership ON membership.face = face.id",
    "INSERT INTO departure SELECT departure.* FROM main.face "
    "CROSS JOIN whole.departure ON departure.face = face.id",
    "INSERT INTO unrecognisable SELECT unrecognisable.* FROM main.face "
    "CROSS JOIN whole.unrecognisable ON unrecognisable.face = face.id",
    "INSERT INTO seen_together SELECT seen_together.* FROM main.face "
    "CROSS JOIN whole.seen_together ON seen_together.face = face.id",
    "INSERT INTO fact SELECT fact.* FROM kept_fact CROSS JOIN whole.fact USING (id)",
    "INSERT INTO fact_face SELECT * FROM whole.fact_face "
    "WHERE fact IN (SELECT id FROM kept_fact) AND face IN (SELECT id FROM main.face)",
    "INSERT INTO fact_move SELECT * FROM whole.fact_move "
    "WHERE fact IN (SELECT id FROM kept_fact) AND face IN (SELECT id FROM main.face)",
    "INSERT INTO person SELECT person FROM membership UNION SELECT person FROM departure "
    "UNION SELECT person FROM fact WHERE person IS NOT NULL "
    "UNION SELECT other FROM fact WHERE other IS NOT NULL "
    "UNION SELECT source FROM fact_move UNION SELECT target FROM fact_move",
    "DELETE FROM forgetting",
    "INSERT INTO forgetting (id, salt) SELECT id, salt FROM whole.forgetting",
    "INSERT INTO forgotten_photo SELECT * FROM whole.forgotten_photo",
    "INSERT INTO forgotten_file SELECT * FROM whole.forgotten_file",
    "INSERT INTO forgotten_face SELECT * FROM whole.forgotten_face",
    "DELETE FROM sqlite_sequence",
    "INSERT INTO sqlite_sequence (name, seq) SELECT name, seq FROM whole.sqlite_sequence",
};

void note_kept(SQLite::Database& connection, const CatalogPart& part) {
  connection.exec(
      "CREATE TEMP TABLE kept_photo (id INTEGER PRIMARY KEY);"
      "CREATE TEMP TABLE kept_fact (id INTEGER PRIMARY KEY);"
      "CREATE TEMP TABLE kept_path (path BLOB PRIMARY KEY) WITHOUT ROWID");
  const auto fill = [&](const char* sql, const std::vector<std::int64_t>& ids) {
    SQLite::Statement insertion(connection, sql);
    for (const std::int64_t id : ids) {
      insertion.bind(1, id);
      insertion.exec();
      insertion.reset();
    }
  };
  fill("INSERT INTO kept_photo VALUES (?)", part.photos);
  fill("INSERT INTO kept_fact VALUES (?)", part.facts);
  SQLite::Statement insertion(connection, "INSERT INTO kept_path VALUES (?)");
  for (const std::string& path : part.paths) {
    insertion.bindNoCopy(1, static_cast<const void*>(path.data()), static_cast<int>(path.size()));
    insertion.exec();
    insertion.reset();
  }
}

}  // namespace

void extract_part(const std::string& from, const std::string& to, const CatalogPart& part) {
  { const Catalog empty(to, Catalog::Mode::kCreate); }
  SQLite::Database connection(to, SQLite::OPEN_READWRITE, Database::kBusyTimeoutMs);
  try {
    connection.exec("PRAGMA synchronous = FULL");
    connection.exec("PRAGMA temp_store = MEMORY");
    connection.exec("PRAGMA foreign_keys = OFF");  // rows come before those that they name
    SQLite::Statement attachment(connection, "ATTACH ? AS whole");
    attachment.bind(1, from);
    attachment.exec();
    attachment.reset();
    SQLite::Transaction transaction(connection);
    note_kept(connection, part);
    for (const char* const copy : kCopies) {
      stop_if_interrupted();
      connection.exec(copy);
    }
    transaction.commit();
  } catch (const SQLite::Exception& failure) {
    throw_database_error(to, failure, connection.getHandle());
  }
}

}  // namespace facenet
