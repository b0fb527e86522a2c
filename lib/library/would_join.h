#pragma once

#include "catalog/catalog.h"
#include "library/library.h"
#include "people/quality.h"
#include "people/vectors.h"

namespace facenet {

/// Whether two people would be one, by what this run grouped the faces. `vectors` must outlive it.
WouldJoin would_join(const Catalog& catalog, const CatalogModel& model,
                     const PeopleVectors& vectors, const ClusteringRecord& run);

}  // namespace facenet
