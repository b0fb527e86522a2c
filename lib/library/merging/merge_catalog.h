#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// What one catalog got from another.
struct MergeReport {
  std::int64_t photos = 0, known_photos = 0;  ///< that it did not have, and that both had
  std::int64_t faces = 0, vectors = 0, people = 0;
  std::int64_t facts = 0;        ///< that it did not have
  std::int64_t lost_facts = 0;   ///< of photos that were left out
  std::int64_t moved_faces = 0;  ///< put where the facts of both say that they belong
  /// Left out, as they stand in its list of what is not to be kept.
  std::int64_t forgotten_photos = 0, forgotten_faces = 0;
  /// Other photos lie there, by the first catalog; photos that lie nowhere else were left out.
  std::vector<std::string> other_photos_at;
  /// Where the two say different things: a line each, with what counts.
  std::vector<std::string> contradictions;

  bool changes_anything() const;
};

/// Adds to a catalog all that another one holds: photos, paths, faces, vectors and what was said of
/// people, in the order in which it was said in both. A photo is its bytes, a face its place in the
/// photo, and a fact what it says, of which faces, and when; so what both have is there once, and
/// merging again changes nothing. Of parts of one catalog (library/splitting), people and facts go
/// by the numbers that they had in the whole, and a fact gets its faces of both. People who have a
/// fact, a name or most of their faces in common are one, under the number of `into`. Where `into`
/// was made with another detector, the photos that come in wait for it. One transaction: whatever
/// ends this, `into` is as before or has it all. Throws Error, and Interrupted.
MergeReport merge_catalog(Catalog& into, const Catalog& from);

}  // namespace facenet
