#pragma once

#include <cstddef>

#include "catalog/catalog.h"
#include "people/review.h"
#include "weights/pair_points.h"

namespace facenet {

/// The pairs of people worth asking about, by PeopleOdds, the first `limit` of them given. People
/// whom faces left that were theirs, and those who have these faces, are always among them. Throws
/// Error when nothing says how likely two faces are one person.
ReviewQueue review_queue(const Catalog& catalog, ModelId model, const PairPoints& points,
                         std::size_t limit, int threads);

}  // namespace facenet
