#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "people/vectors.h"

namespace facenet {

/// What can be said of a catalog's people without knowing who they are.
struct CatalogQuality {
  std::int64_t faces = 0;  ///< of people who are not hidden
  std::int64_t people = 0;
  std::int64_t named_people = 0;
  std::int64_t named_faces = 0;
  std::int64_t hidden_faces = 0;
  std::int64_t unrecognisable_faces = 0;  ///< with nobody; they count nowhere else
  /// How many people, the largest first, must be named until so many faces have a name.
  std::int64_t names_to_80_percent = 0, names_to_95_percent = 0;
  /// Pairs of people near enough to join that a photo which shows both keeps apart.
  std::int64_t prevented_joins = 0;
  std::int64_t broken_facts = 0;   ///< see people/partition.h; anything but 0 is a bug
  std::int64_t disagreements = 0;  ///< pairs of facts that contradict each other

  PersonId largest = 0;
  std::int64_t largest_faces = 0;
  double largest_spread = 0;  ///< mean squared distance over its pairs of faces
  /// Of the other people of five faces and more: median, and the bound above which a spread stands
  /// out (upper quartile + 1.5 times the distance of the quartiles: Tukey's fence). Nothing when
  /// there are fewer than eight.
  std::optional<double> usual_spread, spread_bound;

  double named_share() const;  ///< of the faces, 0 to 1
  bool largest_stands_out() const { return spread_bound && largest_spread > *spread_bound; }
};

/// Whether two people would be one if nothing kept them apart.
using WouldJoin =
    std::function<bool(const PeopleVectors::Member& a, const PeopleVectors::Member& b)>;

CatalogQuality measure_quality(const Catalog& catalog, const PeopleVectors& vectors,
                               const WouldJoin& would_join);

/// The same in words: what, and how it is. Commands stand between `backticks`.
std::vector<std::pair<std::string, std::string>> describe_quality(const CatalogQuality& quality,
                                                                  const ClusteringRecord& run);

}  // namespace facenet
