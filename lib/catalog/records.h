#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"

namespace facenet {

using PhotoId = std::int64_t;
using FaceId = std::int64_t;
using ModelId = std::int64_t;
using PersonId = std::int64_t;

// Every member has an initializer, so that designated initializers may leave any of them out.

/// A file as it was last seen. Several paths may hold one photo; a path whose file could not be
/// read has no photo but the reason, and is not tried again until its size or time changes.
struct PathRecord {
  std::string path{};  ///< absolute; any bytes
  std::int64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::optional<PhotoId> photo{};
  std::string error{};   ///< why it could not be read; empty when it could
  bool missing = false;  ///< was not there at the last look
};

/// A photo is its bytes.
struct PhotoRecord {
  PhotoId id = 0;  ///< given by the catalog
  Sha256 sha256{};
  std::string format{};
  int width = 0, height = 0;  ///< upright
};

struct FaceRecord {
  FaceId id = 0;  ///< given by the catalog
  PhotoId photo = 0;
  float x = 0, y = 0, width = 0, height = 0;  ///< pixels of the upright photo
  float score = 0;
  std::vector<float> landmarks{};  ///< x0, y0, ... x4, y4
};

/// A way to make vectors: vectors of different models are never compared.
struct ModelRecord {
  ModelId id = 0;  ///< given by the catalog
  std::string name{};
  std::string weights_sha256{};
  bool flip = false;
  int dimension = 0;
};

struct PersonRecord {
  PersonId id = 0;
  std::string name{};  ///< UTF-8; empty: none given
};

/// What a person said, kept apart from what was computed.
struct FactRecord {
  std::int64_t id = 0;  ///< given by the catalog; facts are numbered in the order they were said
  std::string kind{};   ///< "name"
  PersonId person = 0;
  std::string value{};          ///< the name; empty takes the name away
  std::vector<FaceId> faces{};  ///< the faces of the person as the user saw them
  std::string created{};        ///< UTC, ISO 8601; given by the catalog
};

struct CatalogCounts {
  std::int64_t paths = 0, missing_paths = 0, unreadable_paths = 0;
  std::int64_t photos = 0, faces = 0, embeddings = 0, people = 0, named_people = 0, facts = 0;
  std::int64_t bytes = 0;  ///< of the file
};

}  // namespace facenet
