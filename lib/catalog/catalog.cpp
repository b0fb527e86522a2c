#include "catalog/catalog.h"

#include "catalog/damage.h"
#include "catalog/impl.h"
#include "catalog/query.h"
#include "sql/queries.h"

namespace facenet {

Catalog::Catalog(const std::string& path, Mode mode) : impl_(std::make_unique<Impl>(path, mode)) {}

Catalog::~Catalog() = default;

void Catalog::Impl::require_references(const std::string& table) {
  if (referenced.contains(table)) return;
  Query query = table == "embedding" ? Query(database, sql::stray_vectors)
                                     : Query(database, sql::stray_rows, table);
  if (query.next())
    throw DamagedCatalog(database.path(), fmt::format("table {} names a {} that does not exist",
                                                      table, query.text(0)));
  referenced.insert(table);
}

const std::string& Catalog::path() const {
  return impl_->database.path();
}

Catalog::Transaction::Transaction(Catalog& catalog) : catalog_(catalog) {
  catalog_.impl_->database.begin();
}

Catalog::Transaction::~Transaction() {
  if (open_) catalog_.impl_->database.rollback();
}

void Catalog::Transaction::commit() {
  catalog_.impl_->database.commit();
  open_ = false;
}

Catalog::Snapshot::Snapshot(const Catalog& catalog) : catalog_(catalog) {
  catalog_.impl_->database.begin_reading();
}

Catalog::Snapshot::~Snapshot() {
  catalog_.impl_->database.rollback();  // nothing was changed
}

std::optional<std::string> Catalog::property(const std::string& key) const {
  Query query(impl_->database, sql::property, key);
  if (!query.next()) return std::nullopt;
  return query.text(0);
}

std::map<std::string, std::string> Catalog::properties() const {
  std::map<std::string, std::string> properties;
  Query query(impl_->database, sql::properties);
  while (query.next()) properties.emplace(query.utf8(0), query.text(1));
  return properties;
}

void Catalog::set_property(const std::string& key, const std::string& value) {
  run(impl_->database, sql::set_property, key, value);
}

CatalogCounts Catalog::counts() const {
  Query query(impl_->database, sql::counts);
  query.next();
  CatalogCounts counts;
  int column = 0;
  for (std::int64_t* count :
       {&counts.paths, &counts.missing_paths, &counts.unreadable_paths, &counts.photos,
        &counts.faces, &counts.embeddings, &counts.people, &counts.named_people, &counts.facts,
        &counts.bytes, &counts.forgotten_photos, &counts.forgotten_faces})
    *count = query.integer(column++);
  return counts;
}

}  // namespace facenet
