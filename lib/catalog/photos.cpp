// The Catalog's paths, photos and faces.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "catalog/damage.h"
#include "catalog/impl.h"
#include "catalog/query.h"
#include "sql/queries.h"

namespace facenet {
namespace {

static_assert(std::endian::native == std::endian::little, "blobs hold little-endian floats");

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

constexpr std::int64_t kMostPixels = std::numeric_limits<int>::max();  // of an edge

constexpr std::int64_t kMostSeconds = std::int64_t{1} << 40;  // some 35,000 years

PathRecord read_path(const Query& row) {
  return {.path = row.text(0),
          .size = row.integer(1),
          .mtime_ns = row.integer(2),
          .photo = row.optional_integer(3),
          .error = row.text(4),  // may name a file, whose name is bytes
          .skipped = row.utf8(5),
          .missing = row.integer(6) != 0};
}

/// In ms, of a video.
std::optional<std::int64_t> read_time(const Query& row, int column) {
  if (!row.optional_integer(column)) return std::nullopt;
  return row.integer(column, 0, kMostSeconds * 1000);
}

PhotoRecord read_photo(const Query& row, const std::string& path) {
  PhotoRecord photo;
  photo.id = row.integer(0);
  const auto sha256 = row.bytes(1);
  if (sha256.size() != photo.sha256.bytes.size())
    throw DamagedCatalog(path,
                         fmt::format("photo {} has a hash of {} bytes", photo.id, sha256.size()));
  std::transform(sha256.begin(), sha256.end(), photo.sha256.bytes.begin(),
                 [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  photo.format = row.utf8(2);
  photo.width = static_cast<int>(row.integer(3, 0, kMostPixels));
  photo.height = static_cast<int>(row.integer(4, 0, kMostPixels));
  photo.moment.taken = row.integer(5, -kMostSeconds, kMostSeconds);
  if (const auto hash = row.optional_integer(6))
    photo.moment.perceptual_hash = static_cast<std::uint64_t>(*hash);
  photo.duration_ms = read_time(row, 7);
  return photo;
}

/// SQLite's integers have a sign.
std::optional<std::int64_t> as_stored(const std::optional<std::uint64_t>& bits) {
  if (!bits) return std::nullopt;
  return static_cast<std::int64_t>(*bits);
}

/// Five points, or none.
constexpr std::size_t kLandmarkBytes = 10 * sizeof(float);

std::vector<float> read_landmarks(const Query& row, int column, const std::string& path) {
  const std::size_t size = row.bytes(column).size();
  std::vector<float> landmarks = row.floats(column);
  const bool finite = std::ranges::all_of(landmarks, [](float x) { return std::isfinite(x); });
  if (size != 0 && (size != kLandmarkBytes || !finite))
    throw DamagedCatalog(path, fmt::format("face {} has {} bytes of landmarks{}", row.integer(0),
                                           size, finite ? "" : ", some infinite"));
  return landmarks;
}

FaceRecord read_face(const Query& row, const std::string& path) {
  return {.id = row.integer(0),
          .photo = row.integer(1),
          .x = row.real(2),
          .y = row.real(3),
          .width = row.real(4),
          .height = row.real(5),
          .score = row.real(6),
          .landmarks = read_landmarks(row, 7, path),
          .revision = row.integer(8, 0, kMostPixels),
          .lost = row.integer(9) != 0,
          .time_ms = read_time(row, 10),
          .by_hand = row.integer(11) != 0};
}

template <class Read>
auto read_all(Query&& query, Read read) {
  std::vector<decltype(read(query))> records;
  while (query.next()) records.push_back(read(query));
  return records;
}

}  // namespace

std::vector<PathRecord> Catalog::paths() const {
  impl_->require_references("path");
  return read_all(Query(impl_->database, sql::paths), read_path);
}

std::vector<PathRecord> Catalog::paths_of(PhotoId photo) const {
  return read_all(Query(impl_->database, sql::paths_of_photo, photo), read_path);
}

void Catalog::put_path(const PathRecord& record) {
  run(impl_->database, sql::put_path, bytes_of(record.path), record.size, record.mtime_ns,
      record.photo, record.error, record.skipped, record.missing);
}

void Catalog::set_missing(const std::string& path, bool missing) {
  run(impl_->database, sql::set_missing, bytes_of(path), missing);
}

void Catalog::remove_path(const std::string& path) {
  run(impl_->database, sql::remove_path, bytes_of(path));
}

std::optional<PhotoId> Catalog::find_photo(const Sha256& sha256) const {
  Query query(impl_->database, sql::find_photo, std::as_bytes(std::span(sha256.bytes)));
  if (!query.next()) return std::nullopt;
  return query.integer(0);
}

PhotoRecord Catalog::photo(PhotoId id) const {
  Query query(impl_->database, sql::photo, id);
  if (!query.next()) fail("{}: there is no photo {}", path(), id);
  return read_photo(query, path());
}

std::vector<PhotoRecord> Catalog::photos() const {
  return read_all(Query(impl_->database, sql::photos),
                  [&](const Query& row) { return read_photo(row, path()); });
}

std::vector<PhotoId> Catalog::videos() const {
  return read_all(Query(impl_->database, sql::videos),
                  [](const Query& row) { return row.integer(0); });
}

std::vector<PhotoId> Catalog::photos_without_faces() const {
  auto photos = read_all(Query(impl_->database, sql::photos_without_faces),
                         [](const Query& row) { return row.integer(0); });
  const ForgottenList list = forgotten();
  if (!list.places.empty())
    std::erase_if(photos, [&](PhotoId id) { return list.count_faces(photo(id).sha256) > 0; });
  return photos;
}

PhotoId Catalog::add_photo(const PhotoRecord& photo, std::span<const FaceRecord> faces,
                           std::vector<FaceId>* face_ids) {
  Transaction transaction(*this);
  Database& database = impl_->database;
  const PhotoId id = insert(database, sql::add_photo, std::as_bytes(std::span(photo.sha256.bytes)),
                            photo.format, photo.width, photo.height, photo.moment.taken,
                            as_stored(photo.moment.perceptual_hash), photo.duration_ms);
  std::vector<FaceId> ids;
  for (const FaceRecord& face : faces)
    ids.push_back(insert(database, sql::add_face, id, face.x, face.y, face.width, face.height,
                         face.score, std::as_bytes(std::span(face.landmarks)), face.time_ms,
                         face.by_hand));
  transaction.commit();
  if (face_ids != nullptr) *face_ids = std::move(ids);
  return id;
}

void Catalog::put_moment(PhotoId photo, const PhotoMoment& moment) {
  run(impl_->database, sql::put_moment, photo, moment.taken, as_stored(moment.perceptual_hash));
}

std::vector<std::pair<FaceId, FaceId>> Catalog::seen_together() const {
  impl_->require_references("seen_together");
  return read_all(Query(impl_->database, sql::seen_together),
                  [](const Query& row) { return std::pair(row.integer(0), row.integer(1)); });
}

void Catalog::set_seen_together(PhotoId video, std::span<const std::pair<FaceId, FaceId>> pairs) {
  Transaction transaction(*this);
  run(impl_->database, sql::remove_seen_together, video);
  for (const auto& [a, b] : pairs)
    run(impl_->database, sql::put_seen_together, std::min(a, b), std::max(a, b));
  transaction.commit();
}

std::vector<PhotoId> Catalog::photos_without_moment() const {
  return read_all(Query(impl_->database, sql::photos_without_moment),
                  [](const Query& row) { return row.integer(0); });
}

std::vector<FaceRecord> Catalog::faces() const {
  impl_->require_references("face");
  return read_all(Query(impl_->database, sql::faces),
                  [&](const Query& row) { return read_face(row, path()); });
}

std::vector<FaceRecord> Catalog::withdrawn_faces() const {
  return read_all(Query(impl_->database, sql::withdrawn_faces),
                  [&](const Query& row) { return read_face(row, path()); });
}

FaceRecord Catalog::face(FaceId id) const {
  Query query(impl_->database, sql::face, id);
  if (!query.next()) fail("{}: there is no face {}", path(), id);
  return read_face(query, path());
}

PhotoId Catalog::photo_of(FaceId face) const {
  Query query(impl_->database, sql::photo_of_face, face);
  if (!query.next()) fail("{}: there is no face {}", path(), face);
  return query.integer(0);
}

std::vector<FaceRecord> Catalog::faces_of(PhotoId photo) const {
  return read_all(Query(impl_->database, sql::faces_of_photo, photo),
                  [&](const Query& row) { return read_face(row, path()); });
}

}  // namespace facenet
