// The Catalog's models and their vectors.
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "base/error.h"
#include "catalog/damage.h"
#include "catalog/impl.h"
#include "catalog/query.h"
#include "catalog/vector_fault.h"
#include "sql/queries.h"

namespace facenet {
namespace {

OperatingPoint read_point(const Query& row, int column) {
  return {.verification = row.finite(column),
          .clustering = row.finite(column + 1),
          .midpoint = row.finite(column + 2),
          .steepness = row.finite(column + 3),
          .joins = {.strangers = row.finite(column + 4),
                    .even = row.finite(column + 5),
                    .crowd = row.finite(column + 6),
                    .fewer = row.finite(column + 7),
                    .more = row.finite(column + 8),
                    .slope = row.finite(column + 9),
                    .ceiling = row.finite(column + 10)}};
}

/// More numbers than any network gives.
constexpr std::int64_t kMostNumbers = 1 << 16;

/// Unit vectors of float32 miss length one by rounding only.
constexpr double kLengthTolerance = 1e-3;

/// Throws DamagedCatalog.
void require_vector(const std::string& path, FaceId face, std::span<const std::byte> bytes,
                    int dimension) {
  if (const std::string fault = fault_of_vector(bytes, dimension); !fault.empty())
    throw DamagedCatalog(path, fmt::format("the vector of face {} {}", face, fault));
}

std::vector<PhotoId> read_photos(Query&& query) {
  std::vector<PhotoId> photos;
  while (query.next()) photos.push_back(query.integer(0));
  return photos;
}

}  // namespace

static_assert(std::endian::native == std::endian::little, "vectors are stored little-endian");

std::string fault_of_vector(std::span<const std::byte> bytes, std::int64_t dimension) {
  // Not multiplied: a damaged catalog may say any dimension.
  constexpr auto kSize = static_cast<std::int64_t>(sizeof(float));
  if (std::ssize(bytes) % kSize != 0 || std::ssize(bytes) / kSize != dimension)
    return fmt::format("has {} bytes instead of {} numbers", bytes.size(), dimension);
  // Four sums, because the processor adds four numbers in the time that one takes.
  std::array<double, 4> squares{};
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(float)) {
    float value = 0;
    std::memcpy(&value, bytes.data() + i, sizeof value);
    squares[i / sizeof(float) % 4] += static_cast<double>(value) * value;
  }
  const double length = std::sqrt((squares[0] + squares[1]) + (squares[2] + squares[3]));
  if (std::abs(length - 1) <= kLengthTolerance) return "";  // not so for NaN
  return fmt::format("has length {:.4g} instead of 1", length);
}

int Catalog::Impl::dimension_of(ModelId model) {
  if (const auto known = dimensions.find(model); known != dimensions.end()) return known->second;
  Query query(database, sql::dimension, model);
  if (!query.next()) fail("{}: there is no model {}", database.path(), model);
  const auto dimension = static_cast<int>(query.integer(0, 1, kMostNumbers));
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
  const ModelId id = query.integer(0);
  // One file of weights gives vectors of one length.
  if (const int dimension = impl_->dimension_of(id);
      model.dimension != 0 && dimension != model.dimension)
    throw DamagedCatalog(path(), fmt::format("model {} has vectors of {} numbers, not {}",
                                             model.name, dimension, model.dimension));
  return id;
}

std::vector<ModelRecord> Catalog::models() const {
  impl_->require_references("compatible_model");
  std::vector<ModelRecord> models;
  Query query(impl_->database, sql::models);
  while (query.next())
    models.push_back(
        {.id = query.integer(0),
         .name = query.utf8(1),
         .weights_sha256 = query.utf8(2),
         .flip = query.integer(3) != 0,
         .dimension = static_cast<int>(query.integer(4, 1, kMostNumbers)),
         .recognisability = {
             .length = query.finite(5), .sharpness = query.finite(6), .offset = query.finite(7)}});
  return models;
}

std::optional<CompatibleModel> Catalog::compatible_model(ModelId model) const {
  impl_->require_references("compatible_model");
  Query query(impl_->database, sql::compatible_model, model);
  if (!query.next()) return std::nullopt;
  const ModelId other = query.integer(0);
  if (impl_->dimension_of(model) != impl_->dimension_of(other))
    throw DamagedCatalog(path(), fmt::format("models {} and {} cannot be compared", model, other));
  return CompatibleModel{.model = model,
                         .other = other,
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
        {query.integer(0), {.length = query.finite(1), .sharpness = query.finite(2)}});
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
  impl_->require_references("embedding");
  const int dimension = impl_->dimension_of(model);
  const auto vectors = static_cast<std::size_t>(count_embeddings(model));

  Embeddings embeddings;
  Query query(impl_->database, sql::embeddings, model);
  while (query.next()) {
    const FaceId face = query.integer(0);
    const std::span<const std::byte> vector = query.bytes(1);
    require_vector(path(), face, vector, dimension);
    if (embeddings.faces.empty()) {  // so many bytes are there
      embeddings.faces.reserve(vectors);
      embeddings.values.reserve(vectors * static_cast<std::size_t>(dimension));
    }
    const std::size_t end = embeddings.values.size();
    embeddings.values.resize(end + static_cast<std::size_t>(dimension));
    std::memcpy(embeddings.values.data() + end, vector.data(), vector.size());
    embeddings.faces.push_back(face);
  }
  return embeddings;
}

std::vector<FaceId> Catalog::embedded_faces(ModelId model) const {
  impl_->require_references("embedding");
  std::vector<FaceId> faces;
  Query query(impl_->database, sql::embedded_faces, model);
  while (query.next()) faces.push_back(query.integer(0));
  return faces;
}

std::vector<float> Catalog::embedding(FaceId face, ModelId model) const {
  Query query(impl_->database, sql::embedding, model, face);
  if (!query.next())
    fail("{}: face {} has no vector of this model: run `facenet cluster PHOTOS`", path(), face);
  require_vector(path(), face, query.bytes(0), impl_->dimension_of(model));
  return query.floats(0);
}

}  // namespace facenet
