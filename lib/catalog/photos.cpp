// The Catalog's paths, photos and faces.
#include <algorithm>
#include <bit>

#include "base/error.h"
#include "catalog/impl.h"
#include "catalog/query.h"
#include "sql/queries.h"

namespace facenet {
namespace {

static_assert(std::endian::native == std::endian::little, "blobs hold little-endian floats");

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

PathRecord read_path(const Query& row) {
  return {.path = row.text(0),
          .size = row.integer(1),
          .mtime_ns = row.integer(2),
          .photo = row.optional_integer(3),
          .error = row.text(4),
          .skipped = row.text(5),
          .missing = row.integer(6) != 0};
}

PhotoRecord read_photo(const Query& row) {
  PhotoRecord photo;
  photo.id = row.integer(0);
  const auto sha256 = row.bytes(1);
  std::transform(sha256.begin(), sha256.end(), photo.sha256.bytes.begin(),
                 [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  photo.format = row.text(2);
  photo.width = static_cast<int>(row.integer(3));
  photo.height = static_cast<int>(row.integer(4));
  return photo;
}

FaceRecord read_face(const Query& row) {
  return {.id = row.integer(0),
          .photo = row.integer(1),
          .x = row.real(2),
          .y = row.real(3),
          .width = row.real(4),
          .height = row.real(5),
          .score = row.real(6),
          .landmarks = row.floats(7),
          .revision = row.integer(8),
          .lost = row.integer(9) != 0};
}

template <class Read>
auto read_all(Query&& query, Read read) {
  std::vector<decltype(read(query))> records;
  while (query.next()) records.push_back(read(query));
  return records;
}

}  // namespace

std::vector<PathRecord> Catalog::paths() const {
  return read_all(Query(impl_->database, sql::paths), read_path);
}

void Catalog::put_path(const PathRecord& record) {
  run(impl_->database, sql::put_path, bytes_of(record.path), record.size, record.mtime_ns,
      record.photo, record.error, record.skipped, record.missing);
}

void Catalog::set_missing(const std::string& path, bool missing) {
  run(impl_->database, sql::set_missing, bytes_of(path), missing);
}

std::optional<PhotoId> Catalog::find_photo(const Sha256& sha256) const {
  Query query(impl_->database, sql::find_photo, std::as_bytes(std::span(sha256.bytes)));
  if (!query.next()) return std::nullopt;
  return query.integer(0);
}

PhotoRecord Catalog::photo(PhotoId id) const {
  Query query(impl_->database, sql::photo, id);
  if (!query.next()) fail("{}: there is no photo {}", path(), id);
  return read_photo(query);
}

std::vector<PhotoRecord> Catalog::photos() const {
  return read_all(Query(impl_->database, sql::photos), read_photo);
}

std::vector<PhotoId> Catalog::photos_without_faces() const {
  return read_all(Query(impl_->database, sql::photos_without_faces),
                  [](const Query& row) { return row.integer(0); });
}

PhotoId Catalog::add_photo(const PhotoRecord& photo, std::span<const FaceRecord> faces,
                           std::vector<FaceId>* face_ids) {
  Transaction transaction(*this);
  Database& database = impl_->database;
  const PhotoId id = insert(database, sql::add_photo, std::as_bytes(std::span(photo.sha256.bytes)),
                            photo.format, photo.width, photo.height);
  std::vector<FaceId> ids;
  for (const FaceRecord& face : faces)
    ids.push_back(insert(database, sql::add_face, id, face.x, face.y, face.width, face.height,
                         face.score, std::as_bytes(std::span(face.landmarks))));
  transaction.commit();
  if (face_ids != nullptr) *face_ids = std::move(ids);
  return id;
}

std::vector<FaceRecord> Catalog::faces() const {
  return read_all(Query(impl_->database, sql::faces), read_face);
}

std::vector<FaceRecord> Catalog::faces_of(PhotoId photo) const {
  return read_all(Query(impl_->database, sql::faces_of_photo, photo), read_face);
}

}  // namespace facenet
