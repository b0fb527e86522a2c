// What the Catalog takes out of the file for good, and what it does not let in again.
#include <algorithm>

#include "catalog/damage.h"
#include "catalog/forgotten.h"
#include "catalog/impl.h"
#include "catalog/query.h"
#include "sql/queries.h"

namespace facenet {
namespace {

Sha256 sha256_at(const Query& row, int column, const std::string& path) {
  Sha256 hash;
  const auto bytes = row.bytes(column);
  if (bytes.size() != hash.bytes.size())
    throw DamagedCatalog(
        path, fmt::format("the list of what was forgotten has a hash of {} bytes", bytes.size()));
  std::ranges::transform(bytes, hash.bytes.begin(),
                         [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return hash;
}

std::span<const std::byte> hash_bytes(const Sha256& hash) {
  return std::as_bytes(std::span(hash.bytes));
}

Sha256 salt_of(Database& database) {
  Query query(database, sql::forgetting);
  if (!query.next())
    throw DamagedCatalog(database.path(), "the list of what was forgotten has no salt");
  return sha256_at(query, 0, database.path());
}

ForgottenPlace read_place(const Query& row, int column) {
  return {.x = row.real(column),
          .y = row.real(column + 1),
          .width = row.real(column + 2),
          .height = row.real(column + 3),
          .time_ms = row.optional_integer(column + 4)};
}

/// A hash of one kind of thing never is that of another kind.
Sha256 salted(const Sha256& salt, char kind, std::span<const std::byte> what) {
  Sha256Hasher hasher;
  hasher.update(hash_bytes(salt));
  hasher.update(std::as_bytes(std::span(&kind, 1)));
  hasher.update(what);
  return hasher.finish();
}

/// Deletes what names the thing: each of the statements takes its id.
void run_each(Database& database, std::span<const std::int64_t> ids,
              std::initializer_list<const char*> statements) {
  for (const std::int64_t id : ids)
    for (const char* const statement : statements) run(database, statement, id);
}

/// Notes the photo, and its files so that none is read again.
void note_photo(Catalog& catalog, Database& database, const Sha256& salt, PhotoId id) {
  const PhotoRecord photo = catalog.photo(id);
  run(database, sql::put_forgotten_photo, hash_bytes(forgotten_token(salt, photo.sha256)));
  for (const PathRecord& file : catalog.paths_of(id))
    catalog.note_forgotten_file(photo.sha256, file);
}

void note_face(Catalog& catalog, Database& database, const Sha256& salt, FaceId face) {
  ForgottenPlace place;
  PhotoId photo = 0;
  {
    Query query(database, sql::photo_and_box, face);
    if (!query.next()) return;
    photo = query.integer(0);
    place = read_place(query, 1);
  }
  run(database, sql::put_forgotten_face,
      hash_bytes(forgotten_token(salt, catalog.photo(photo).sha256)), place.x, place.y, place.width,
      place.height, place.time_ms);
}

std::int64_t count_rows(Query&& query) {
  std::int64_t rows = 0;
  while (query.next()) ++rows;
  return rows;
}

}  // namespace

Sha256 forgotten_token(const Sha256& salt, const Sha256& photo) {
  return salted(salt, 'p', hash_bytes(photo));
}

Sha256 forgotten_token(const Sha256& salt, const PathRecord& file) {
  const std::string text = fmt::format("{} {} {}", file.size, file.mtime_ns, file.path);
  return salted(salt, 'f', std::as_bytes(std::span(text)));
}

bool ForgottenList::holds(const Sha256& photo) const {
  return !photos.empty() && photos.contains(forgotten_token(salt, photo));
}

bool ForgottenList::holds(const PathRecord& file) const {
  return !files.empty() && files.contains(forgotten_token(salt, file));
}

std::int64_t ForgottenList::count_faces(const Sha256& photo) const {
  if (places.empty()) return 0;
  const auto found = places.find(forgotten_token(salt, photo));
  return found == places.end() ? 0 : std::ssize(found->second);
}

void Catalog::forget(const Forgetting& what) {
  Transaction transaction(*this);
  Database& database = impl_->database;
  const Sha256 salt = salt_of(database);
  std::vector<FaceId> faces = what.faces;
  const std::vector<FaceRecord> withdrawn = withdrawn_faces();
  for (const FaceId face : what.faces) note_face(*this, database, salt, face);
  for (const PhotoId photo : what.photos) {
    note_photo(*this, database, salt, photo);
    for (const FaceRecord& face : faces_of(photo)) faces.push_back(face.id);
    for (const FaceRecord& face : withdrawn)
      if (face.photo == photo) faces.push_back(face.id);
  }
  run_each(database, what.facts, {sql::remove_faces_of_fact, sql::remove_moves_of_fact});
  // A fact undoes one that was said before it.
  const std::vector<std::int64_t> facts(what.facts.rbegin(), what.facts.rend());
  run_each(database, facts, {sql::remove_fact});
  for (const auto& [fact, value] : what.values) run(database, sql::set_fact_value, fact, value);
  run_each(database, what.people, {sql::remove_departures_from});
  run_each(database, faces,
           {sql::remove_face_from_facts, sql::remove_face_from_moves, sql::remove_membership,
            sql::remove_embeddings, sql::remove_face});
  run_each(database, what.photos,
           {sql::remove_paths_of_photo, sql::forget_outdated, sql::remove_photo});
  run(database, sql::remove_merge_trees);
  run(database, sql::forget_people);
  set_property("partition", "");
  run(database, sql::set_forgetting_due, true);
  transaction.commit();
}

bool Catalog::is_forgetting_due() const {
  Query query(impl_->database, sql::forgetting);
  return query.next() && query.integer(1) != 0;
}

void Catalog::finish_forgetting() {
  if (!is_forgetting_due()) return;
  impl_->database.write_anew();
  run(impl_->database, sql::set_forgetting_due, false);
}

ForgottenList Catalog::forgotten() const {
  const Snapshot snapshot(*this);
  Database& database = impl_->database;
  ForgottenList list{.salt = salt_of(database)};
  for (Query row(database, sql::forgotten_photos); row.next();)
    list.photos.insert(sha256_at(row, 0, path()));
  for (Query row(database, sql::forgotten_files); row.next();)
    list.files.insert(sha256_at(row, 0, path()));
  for (Query row(database, sql::forgotten_faces); row.next();)
    list.places[sha256_at(row, 0, path())].push_back(read_place(row, 1));
  return list;
}

bool Catalog::is_forgotten(const Sha256& photo) const {
  const Sha256 token = forgotten_token(salt_of(impl_->database), photo);
  return Query(impl_->database, sql::forgotten_photo, hash_bytes(token)).next();
}

bool Catalog::is_forgotten_file(const PathRecord& file) const {
  const Sha256 token = forgotten_token(salt_of(impl_->database), file);
  return Query(impl_->database, sql::forgotten_file, hash_bytes(token)).next();
}

void Catalog::note_forgotten_file(const Sha256& photo, const PathRecord& file) {
  const Sha256 salt = salt_of(impl_->database);
  const Sha256 token = forgotten_token(salt, file);
  run(impl_->database, sql::put_forgotten_file, hash_bytes(token),
      hash_bytes(forgotten_token(salt, photo)));
}

std::vector<ForgottenPlace> Catalog::forgotten_places(const Sha256& photo) const {
  const Sha256 token = forgotten_token(salt_of(impl_->database), photo);
  std::vector<ForgottenPlace> places;
  Query query(impl_->database, sql::forgotten_faces_of, hash_bytes(token));
  while (query.next()) places.push_back(read_place(query, 0));
  return places;
}

AllowedAgain Catalog::allow_again(const Sha256& photo) {
  Transaction transaction(*this);
  Database& database = impl_->database;
  const Sha256 token = forgotten_token(salt_of(database), photo);
  const AllowedAgain allowed{
      .photos = count_rows(Query(database, sql::remove_forgotten_photo, hash_bytes(token))),
      .faces = count_rows(Query(database, sql::remove_forgotten_faces, hash_bytes(token)))};
  if (allowed.faces > 0)
    if (const auto known = find_photo(photo)) outdate_photo(*known);
  transaction.commit();
  return allowed;
}

}  // namespace facenet
