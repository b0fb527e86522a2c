// The Catalog's models and their vectors.
#include <bit>
#include <cstring>
#include <stdexcept>

#include "base/error.h"
#include "catalog/impl.h"
#include "catalog/query.h"
#include "sql/queries.h"

namespace facenet {
namespace {

OperatingPoint read_point(const Query& row, int column) {
  return {.verification = row.number(column),
          .clustering = row.number(column + 1),
          .midpoint = row.number(column + 2),
          .steepness = row.number(column + 3),
          .joins = {.strangers = row.number(column + 4),
                    .even = row.number(column + 5),
                    .crowd = row.number(column + 6),
                    .fewer = row.number(column + 7),
                    .more = row.number(column + 8),
                    .slope = row.number(column + 9),
                    .ceiling = row.number(column + 10)}};
}

std::vector<PhotoId> read_photos(Query&& query) {
  std::vector<PhotoId> photos;
  while (query.next()) photos.push_back(query.integer(0));
  return photos;
}

}  // namespace

static_assert(std::endian::native == std::endian::little, "vectors are stored little-endian");

int Catalog::Impl::dimension_of(ModelId model) {
  if (const auto known = dimensions.find(model); known != dimensions.end()) return known->second;
  Query query(database, sql::dimension, model);
  if (!query.next()) fail("{}: there is no model {}", database.path(), model);
  const int dimension = static_cast<int>(query.integer(0));
  dimensions.emplace(model, dimension);
  return dimension;
}

ModelId Catalog::put_model(const ModelRecord& model) {
  Transaction transaction(*this);
  const auto& [length, sharpness, offset] = model.recognisability;
  std::optional<ModelId> id = find_model(model);
  if (id) {
    run(impl_->database, sql::set_recognisability, *id, length, sharpness, offset);
  } else {
    id = insert(impl_->database, sql::add_model, model.name, model.weights_sha256, model.flip,
                model.dimension, length, sharpness, offset);
  }
  transaction.commit();
  return *id;
}

std::optional<ModelId> Catalog::find_model(const ModelRecord& model) const {
  Query query(impl_->database, sql::find_model, model.name, model.weights_sha256, model.flip);
  if (!query.next()) return std::nullopt;
  return query.integer(0);
}

std::vector<ModelRecord> Catalog::models() const {
  std::vector<ModelRecord> models;
  Query query(impl_->database, sql::models);
  while (query.next())
    models.push_back(
        {.id = query.integer(0),
         .name = query.text(1),
         .weights_sha256 = query.text(2),
         .flip = query.integer(3) != 0,
         .dimension = static_cast<int>(query.integer(4)),
         .recognisability = {
             .length = query.number(5), .sharpness = query.number(6), .offset = query.number(7)}});
  return models;
}

std::optional<CompatibleModel> Catalog::compatible_model(ModelId model) const {
  Query query(impl_->database, sql::compatible_model, model);
  if (!query.next()) return std::nullopt;
  return CompatibleModel{.model = model,
                         .other = query.integer(0),
                         .across = read_point(query, 1),
                         .of_other = read_point(query, 12)};
}

void Catalog::put_compatible_model(const CompatibleModel& record) {
  const OperatingPoint& across = record.across;
  const OperatingPoint& other = record.of_other;
  run(impl_->database, sql::put_compatible_model, record.model, record.other, across.verification,
      across.clustering, across.midpoint, across.steepness, across.joins.strangers,
      across.joins.even, across.joins.crowd, across.joins.fewer, across.joins.more,
      across.joins.slope, across.joins.ceiling, other.verification, other.clustering,
      other.midpoint, other.steepness, other.joins.strangers, other.joins.even, other.joins.crowd,
      other.joins.fewer, other.joins.more, other.joins.slope, other.joins.ceiling);
}

void Catalog::put_embedding(FaceId face, ModelId model, std::span<const float> vector,
                            const std::optional<VectorEvidence>& evidence) {
  const int dimension = impl_->dimension_of(model);
  if (std::ssize(vector) != dimension)
    throw std::logic_error(
        fmt::format("a vector of {} floats for a model of {}", vector.size(), dimension));
  Transaction transaction(*this);
  run(impl_->database, sql::put_embedding, face, model, std::as_bytes(vector));
  if (evidence) {
    put_evidence(face, model, *evidence);
  } else {
    run(impl_->database, sql::remove_evidence, face, model);
  }
  transaction.commit();
}

std::vector<std::pair<FaceId, VectorEvidence>> Catalog::evidence(ModelId model) const {
  std::vector<std::pair<FaceId, VectorEvidence>> evidence;
  Query query(impl_->database, sql::evidence, model);
  while (query.next())
    evidence.push_back(
        {query.integer(0), {.length = query.number(1), .sharpness = query.number(2)}});
  return evidence;
}

void Catalog::put_evidence(FaceId face, ModelId model, const VectorEvidence& evidence) {
  run(impl_->database, sql::put_evidence, face, model, evidence.length, evidence.sharpness);
}

std::vector<PhotoId> Catalog::photos_without_evidence(ModelId model) const {
  return read_photos(Query(impl_->database, sql::photos_without_evidence, model));
}

bool Catalog::has_embedding(FaceId face, ModelId model) const {
  return Query(impl_->database, sql::embedding, model, face).next();
}

std::int64_t Catalog::count_embeddings(ModelId model) const {
  Query query(impl_->database, sql::count_embeddings, model);
  query.next();
  return query.integer(0);
}

std::vector<PhotoId> Catalog::photos_without_embeddings(ModelId model) const {
  return read_photos(Query(impl_->database, sql::photos_without_embeddings, model));
}

std::vector<PhotoId> Catalog::photos_not_comparable(ModelId model) const {
  return read_photos(Query(impl_->database, sql::photos_not_comparable, model));
}

Catalog::Embeddings Catalog::embeddings(ModelId model) const {
  const Snapshot snapshot(*this);  // counted and read in one state
  const std::size_t bytes = static_cast<std::size_t>(impl_->dimension_of(model)) * sizeof(float);
  const auto vectors = static_cast<std::size_t>(count_embeddings(model));

  Embeddings embeddings;
  embeddings.faces.reserve(vectors);
  embeddings.values.resize(vectors * bytes / sizeof(float));
  auto* destination = reinterpret_cast<std::byte*>(embeddings.values.data());
  Query query(impl_->database, sql::embeddings, model);
  while (query.next()) {
    const FaceId face = query.integer(0);
    const std::span<const std::byte> vector = query.bytes(1);
    if (vector.size() != bytes)
      fail("{}: is damaged (the vector of face {} has {} bytes, not {}): restore a backup", path(),
           face, vector.size(), bytes);
    std::memcpy(destination + embeddings.faces.size() * bytes, vector.data(), bytes);
    embeddings.faces.push_back(face);
  }
  return embeddings;
}

std::vector<FaceId> Catalog::embedded_faces(ModelId model) const {
  std::vector<FaceId> faces;
  Query query(impl_->database, sql::embedded_faces, model);
  while (query.next()) faces.push_back(query.integer(0));
  return faces;
}

std::vector<float> Catalog::embedding(FaceId face, ModelId model) const {
  Query query(impl_->database, sql::embedding, model, face);
  if (!query.next())
    fail("{}: face {} has no vector of this model: run `facenet cluster PHOTOS`", path(), face);
  return query.floats(0);
}

}  // namespace facenet
