// The Catalog's faces when they are found anew.
#include "catalog/impl.h"
#include "catalog/query.h"
#include "sql/queries.h"

namespace facenet {
namespace {

std::vector<std::int64_t> read_ids(Query&& query) {
  std::vector<std::int64_t> ids;
  while (query.next()) ids.push_back(query.integer(0));
  return ids;
}

}  // namespace

void Catalog::outdate_photos() {
  run(impl_->database, sql::outdate_photos);
}

std::vector<PhotoId> Catalog::outdated_photos() const {
  return read_ids(Query(impl_->database, sql::outdated_photos));
}

bool Catalog::is_outdated(PhotoId photo) const {
  return Query(impl_->database, sql::outdated_photo, photo).next();
}

void Catalog::outdate_photo(PhotoId photo) {
  run(impl_->database, sql::outdate_photo, photo);
}

void Catalog::set_up_to_date(PhotoId photo) {
  run(impl_->database, sql::forget_outdated, photo);
}

FaceId Catalog::add_face(const FaceRecord& face) {
  return insert(impl_->database, sql::add_face, face.photo, face.x, face.y, face.width, face.height,
                face.score, std::as_bytes(std::span(face.landmarks)), face.time_ms, face.by_hand);
}

void Catalog::change_face(const FaceRecord& face) {
  Transaction transaction(*this);
  Database& database = impl_->database;
  run(database, sql::remove_embeddings, face.id);
  run(database, sql::change_face, face.id, face.x, face.y, face.width, face.height, face.score,
      std::as_bytes(std::span(face.landmarks)), face.time_ms, face.by_hand);
  transaction.commit();
}

void Catalog::set_lost(FaceId face, bool lost) {
  run(impl_->database, sql::set_lost, face, lost);
}

void Catalog::remove_face(FaceId face) {
  Transaction transaction(*this);
  Database& database = impl_->database;
  run(database, sql::remove_embeddings, face);
  run(database, sql::remove_membership, face);
  run(database, sql::remove_face, face);
  transaction.commit();
}

void Catalog::withdraw_face(FaceId face) {
  Transaction transaction(*this);
  Database& database = impl_->database;
  run(database, sql::remove_embeddings, face);
  run(database, sql::remove_membership, face);
  run(database, sql::remove_departure, face);
  run(database, sql::set_marked, face, std::int64_t{2});
  transaction.commit();
}

void Catalog::bring_back_face(FaceId face, PersonId person) {
  Transaction transaction(*this);
  run(impl_->database, sql::set_marked, face, std::int64_t{1});
  set_memberships(std::vector{std::pair{face, person}});
  transaction.commit();
}

std::vector<std::int64_t> Catalog::facts_about(FaceId face) const {
  return read_ids(Query(impl_->database, sql::facts_about_face, face));
}

}  // namespace facenet
