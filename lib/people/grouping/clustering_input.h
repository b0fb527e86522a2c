#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// In place of the number of a photo, block or person where there is none.
inline constexpr std::int64_t kNone = -1;

/// What a clustering starts from: one row a face, in an order that depends on the photos' bytes and
/// not on when or where they were found, so that the same photos give the same partition.
struct ClusteringInput {
  /// Rows no two of which, one left and one right, may be together.
  struct Separation {
    std::int64_t fact = 0;  ///< that says so; 0: they were seen in one frame of a video
    std::vector<std::int64_t> left, right;
  };

  std::vector<FaceId> faces;
  std::vector<std::int64_t> revision{};  ///< of each face, which another vector changes
  /// The other model, 0 when there is none, and 1 for each face that is seen by its vector: it has
  /// none of the model itself (Catalog::compatible_model()).
  ModelId other_model = 0;
  std::vector<std::uint8_t> by_other;
  std::vector<std::int64_t>
      photo;  ///< same number: same photo; kNone: may be with others of its photo
  std::vector<std::int64_t> block;  ///< faces that facts hold together, as this person; kNone: none
  std::vector<std::int64_t> label;  ///< the person, when named or hidden; kNone: none
  std::vector<Separation> apart;
  std::vector<PhotoMoment> moment{};  ///< of each face's photo
  /// 1 for each face that is not recognisable (base/recognisability.h) and of which nothing was
  /// said: what a person said of a face counts, however blurred it is.
  std::vector<std::uint8_t> weak{};
  /// Faces of which it is not known whether they are, though the model could tell: an earlier
  /// facenet made their vectors.
  std::int64_t unassessed = 0;
  /// Faces in photos that an earlier facenet looked at, which cannot be told from others of their
  /// moment.
  std::int64_t without_moment = 0;

  /// Faces that are seen by the other model's vectors.
  std::int64_t count_by_other() const;
  /// The same as a share of all, 0 to 1.
  double share_by_other() const;

  /// One number for each face, which tells all that this binds the face by: when it is that of an
  /// earlier run, so were its vector and its model, its photo, block, label and separations.
  std::vector<std::uint64_t> signatures() const;

  /// One number for the moments of all faces, which no join depends on, but which joins count.
  std::uint64_t moments_hash() const;
};

/// Faces with a vector of this model, or of the one compatible with it, whose photo is on disk, and
/// those that facts hold even when their photo is away: they keep the person alive. With
/// `allow_same_photo` the rule that one photo shows a person once is off for all photos.
ClusteringInput clustering_input(const Catalog& catalog, ModelId model,
                                 bool allow_same_photo = false);

/// Only these rows, which ascend.
ClusteringInput select_rows(const ClusteringInput& input, std::span<const std::size_t> rows);

/// The vectors of the input's faces, row by row: of the model, or where `by_other` says so of the
/// other one.
std::vector<float> load_vectors(const Catalog& catalog, ModelId model,
                                const ClusteringInput& input);

}  // namespace facenet
