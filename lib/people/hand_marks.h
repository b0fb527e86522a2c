#pragma once

#include <set>
#include <span>

#include "catalog/catalog.h"

namespace facenet {

// Faces that somebody marked by hand are there as long as a fact counts that says whose they are.

/// Faces at which the user pointed and said whose they are, in facts that count.
std::set<FaceId> faces_said(std::span<const FactRecord> facts);

/// Takes away the catalog's marked faces of which nothing is said any more, and brings back those
/// of which something is said again, as people of their own: for facts that have come or gone
/// otherwise than by people/statements.h.
void settle_hand_marks(Catalog& catalog);

}  // namespace facenet
