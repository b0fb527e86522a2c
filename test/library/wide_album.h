#pragma once

#include <cmath>
#include <map>
#include <random>
#include <set>

#include "base/format.h"
#include "library/recluster.h"
#include "test/people/album.h"

namespace facenet {

/// Faces in enough dimensions for chance likenesses to be slight, grouped by the rule for joins.
class WideAlbumTest : public AlbumTest {
 protected:
  static constexpr int kDimension = 64;
  static constexpr OperatingPoint kPoint{.verification = 1.4,
                                         .clustering = 1.38,
                                         .midpoint = 1.4,
                                         .steepness = 14,
                                         .joins = kReferenceJoins};

  WideAlbumTest() { model_ = catalog_.put_model({.name = "wide", .dimension = kDimension}); }

  std::vector<float> direction() {
    std::vector<float> vector(kDimension);
    for (float& value : vector) value = normal_(random_);
    return vector;
  }
  /// `looks` and as much chance, at unit length.
  std::vector<float> face(const std::vector<float>& looks, float chance) {
    std::vector<float> vector = looks;
    double squares = 0;
    for (float& value : vector) {
      value += chance * normal_(random_);
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
    for (float& value : vector) value /= static_cast<float>(std::sqrt(squares));
    return vector;
  }
  /// At this cosine from `looks`.
  std::vector<float> face_at(const std::vector<float>& looks, float cosine) {
    const std::vector<float> unit = face(looks, 0);
    std::vector<float> other = face(direction(), 0);
    float along = 0;
    for (std::size_t i = 0; i < unit.size(); ++i) along += unit[i] * other[i];
    for (std::size_t i = 0; i < unit.size(); ++i) other[i] -= along * unit[i];
    other = face(other, 0);
    for (std::size_t i = 0; i < unit.size(); ++i)
      other[i] = cosine * unit[i] + std::sqrt(1 - cosine * cosine) * other[i];
    return other;
  }
  std::vector<float> vector_at(FaceId other, float cosine) {
    return face_at(catalog_.embedding(other, model_), cosine);
  }
  /// A photo of these faces.
  std::vector<FaceId> add(const std::vector<std::vector<float>>& vectors,
                          const std::vector<VectorEvidence>& evidence = {}) {
    std::vector<FaceRecord> records;
    for (std::size_t i = 0; i < vectors.size(); ++i)
      records.push_back(make_face(static_cast<float>(20 * i), 5));
    std::vector<FaceId> faces;
    const PhotoId photo = catalog_.add_photo(make_photo(++photos_), records, &faces);
    catalog_.put_path({.path = fmt::format("/{}.jpg", photos_), .photo = photo});
    for (std::size_t i = 0; i < vectors.size(); ++i)
      catalog_.put_embedding(faces[i], model_, vectors[i],
                             evidence.empty() ? std::nullopt : std::optional(evidence[i]));
    return faces;
  }
  ReclusterReport cluster(const OperatingPoint& point = kPoint, bool rebuild = false) {
    ReclusterOptions options{.model = model_, .dimension = kDimension, .rebuild = rebuild};
    options.points.own = point;
    options.faces_per_change = 1;  // a small catalog would never grow
    return recluster(catalog_, options);
  }
  ReclusterReport cluster_at(double threshold) {
    ReclusterOptions options{.model = model_, .dimension = kDimension, .threshold = threshold};
    options.points.own = kPoint;
    return recluster(catalog_, options);
  }
  std::set<std::set<FaceId>> partition() const {
    std::map<PersonId, std::set<FaceId>> people;
    for (const auto& [id, person] : catalog_.memberships()) people[person].insert(id);
    std::set<std::set<FaceId>> partition;
    for (const auto& [person, faces] : people) partition.insert(faces);
    return partition;
  }

  std::mt19937 random_{5};
  std::normal_distribution<float> normal_;
  int photos_ = 0;
};

}  // namespace facenet
