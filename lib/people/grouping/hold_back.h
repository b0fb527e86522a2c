#pragma once

#include <cstdint>
#include <vector>

#include "catalog/catalog.h"
#include "people/grouping/late_vectors.h"

namespace facenet {

/// Who has so many faces is not taken over by a named person unasked. Fewer are soon put right by
/// hand, and say too little for a question; new faces are nobody's yet and join as they always do.
inline constexpr std::int64_t kFacesHeldBack = 5;

/// Two people of before whom a clustering would have made one.
struct HeldBack {
  PersonId named = 0, other = 0;
  std::int64_t faces = 0;  ///< of `other` in the group

  friend bool operator==(const HeldBack&, const HeldBack&) = default;
};

/// Who gave a name saw one person, and others beside. So a group that holds a named person and
/// kFacesHeldBack faces or more of somebody without a name is divided: each keeps its faces of
/// before and those that facts hold as it; all other faces go, together with those of the same
/// person of before, to the nearest of them (mean squared distance over all pairs, ties to the
/// name). Hidden people neither hold back nor are held back, as nobody would be asked about them.
///
/// What is in a group may be together, so any part of it may; and divided once, it is divided in
/// the same way again. Changes `cluster`, one number for each of the faces; returns who stayed
/// apart, sorted.
std::vector<HeldBack> hold_back(const Catalog& catalog, LateVectors& vectors,
                                std::vector<std::int32_t>& cluster);

}  // namespace facenet
