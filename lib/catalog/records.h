#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/operating_point.h"
#include "base/recognisability.h"

namespace facenet {

using PhotoId = std::int64_t;
using FaceId = std::int64_t;
using ModelId = std::int64_t;
using PersonId = std::int64_t;

// Every member has an initializer, so that designated initializers may leave any of them out.

/// A file as it was last seen. Several paths may hold one photo; a path whose file could not be
/// read, or is no photo, has none, and is not tried again until its size or time changes.
struct PathRecord {
  std::string path{};  ///< absolute; any bytes
  std::int64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::optional<PhotoId> photo{};
  std::string error{};    ///< why it could not be read; empty when it could
  std::string skipped{};  ///< what it is, of a file beside photos that is not read: "video"
  bool missing = false;   ///< was not there at the last look
};

/// What tells photos of one moment.
struct PhotoMoment {
  std::int64_t taken = 0;  ///< by the camera's clock, in seconds since 1970; 0: not known
  std::optional<std::uint64_t> perceptual_hash{};  ///< nothing: an earlier facenet made none

  friend bool operator==(const PhotoMoment&, const PhotoMoment&) = default;
};

/// A photo is its bytes. So is a video, which is one of the photos unless something else is said.
struct PhotoRecord {
  PhotoId id = 0;  ///< given by the catalog
  Sha256 sha256{};
  std::string format{};
  int width = 0, height = 0;  ///< upright
  PhotoMoment moment{};
  std::optional<std::int64_t> duration_ms{};  ///< of a video; nothing: a photo

  bool is_video() const { return duration_ms.has_value(); }
};

struct FaceRecord {
  FaceId id = 0;  ///< given by the catalog
  PhotoId photo = 0;
  float x = 0, y = 0, width = 0, height = 0;  ///< pixels of the upright photo
  float score = 0;
  std::vector<float> landmarks{};  ///< x0, y0, ... x4, y4
  /// Given by the catalog: how often it was found at another place of its photo, with another
  /// vector.
  std::int64_t revision = 0;
  /// The catalog's detector does not find it, but an earlier one did, and facts speak of it.
  bool lost = false;
  std::optional<std::int64_t> time_ms{};  ///< of its frame in a video; nothing: in a photo
  /// Somebody marked it in another program; no detector found it.
  bool by_hand = false;
};

/// A way to make vectors: those of different models are compared only where a CompatibleModel says
/// so.
struct ModelRecord {
  ModelId id = 0;  ///< given by the catalog
  std::string name{};
  std::string weights_sha256{};
  bool flip = false;
  int dimension = 0;
  RecognisabilityConstants recognisability{};
};

/// A face without a vector of `model` is seen by its vector of `other`: one of the two was trained
/// to be compared with the other.
struct CompatibleModel {
  ModelId model = 0, other = 0;
  OperatingPoint across{};    ///< of a vector of `model` and one of `other`
  OperatingPoint of_other{};  ///< of two of `other`

  friend bool operator==(const CompatibleModel&, const CompatibleModel&) = default;
};

struct PersonRecord {
  PersonId id = 0;
  std::string name{};  ///< UTF-8; empty: none given, or the person was merged into another
  bool hidden = false;
  PersonId merged_into = 0;  ///< 0: nobody
};

/// A face that a fact put elsewhere at once.
struct FactMove {
  FaceId face = 0;
  PersonId source = 0, target = 0;

  friend bool operator==(const FactMove&, const FactMove&) = default;
};

/// What a person said, kept apart from what was computed. lib/people gives the kinds their meaning.
struct FactRecord {
  std::int64_t id = 0;  ///< given by the catalog; facts are numbered in the order they were said
  std::string kind{};   ///< "name", "merge", "move"
  PersonId person = 0;  ///< 0: about nobody
  PersonId other = 0;   ///< of a fact about two people; 0: of one
  PhotoId photo = 0;    ///< 0: about no photo
  std::int64_t undoes = 0;  ///< the fact that this one withdraws; 0: none
  /// The first of the facts that were said in one step; 0: this is the first, or was said alone.
  std::int64_t step = 0;
  std::string value{};                ///< the name; empty takes the name away
  std::vector<FaceId> faces{};        ///< of `person`, as the user saw it
  std::vector<FaceId> other_faces{};  ///< of `other`
  std::vector<FaceId> given{};        ///< that the user pointed at; a face has one of these roles
  std::vector<FactMove> moves{};
  std::string created{};  ///< UTC, ISO 8601; given by the catalog
  bool undone =
      false;  ///< a later fact, itself not undone, withdraws this one; kept by the catalog
};

/// A join of two clusters, each named by one of its faces.
struct TreeMerge {
  FaceId first = 0, second = 0;
  double height = 0;

  friend bool operator==(const TreeMerge&, const TreeMerge&) = default;
};

/// The joins of a clustering (its dendrogram), in their order, up to the height `ceiling`.
struct MergeTree {
  std::string settings{};  ///< how it was computed; another setting makes another tree
  double ceiling = 0;
  std::vector<FaceId> faces{};              ///< in the order of the clustering
  std::vector<std::uint64_t> signatures{};  ///< of each face: a hash of all that it was bound by
  std::vector<TreeMerge> merges{};

  friend bool operator==(const MergeTree&, const MergeTree&) = default;
};

/// A face that was grouped with a person who has a name, and no longer is, without anybody having
/// said so.
struct Departure {
  FaceId face = 0;
  PersonId person = 0;

  friend bool operator==(const Departure&, const Departure&) = default;
};

/// What Catalog::forget() takes out of the file. All ids are of what is there.
struct Forgetting {
  std::vector<PhotoId> photos{};  ///< with their paths and faces
  std::vector<FaceId> faces{};    ///< of photos that stay
  std::vector<PersonId> people{};
  std::vector<std::int64_t> facts{};  ///< ascending; with each fact those that undo it
  std::vector<std::pair<std::int64_t, std::string>> values{};  ///< a fact that stays, its new value
};

/// A place in an upright photo or in a frame, in pixels, at which no face is kept.
struct ForgottenPlace {
  float x = 0, y = 0, width = 0, height = 0;
  std::optional<std::int64_t> time_ms{};  ///< of the frame, in a video

  friend bool operator==(const ForgottenPlace&, const ForgottenPlace&) = default;
};

/// What a run of the clustering did.
struct ClusteringRecord {
  std::string created{};  ///< UTC, ISO 8601; given by the catalog
  ModelId model = 0;
  std::optional<double> threshold{};  ///< nothing: by base/join_rule.h, with these rivals
  Rivals rivals{};
  std::int64_t faces = 0, people = 0, new_people = 0, vanished_people = 0;
  std::int64_t churned_faces = 0;  ///< whose companions changed
  std::int64_t kept_names = 0;
  double seconds = 0;
  std::int64_t peak_bytes = 0;  ///< of memory, the whole process
};

struct CatalogCounts {
  std::int64_t paths = 0, missing_paths = 0, unreadable_paths = 0;
  std::int64_t photos = 0, faces = 0, embeddings = 0, people = 0, named_people = 0, facts = 0;
  std::int64_t bytes = 0;                                  ///< of the file
  std::int64_t forgotten_photos = 0, forgotten_faces = 0;  ///< that are not to be kept
};

}  // namespace facenet
