#include "library/would_join.h"

#include "library/grouping_rule.h"
#include "library/people_odds.h"

namespace facenet {

WouldJoin would_join(const Catalog& catalog, const CatalogModel& model,
                     const PeopleVectors& vectors, const ClusteringRecord& run) {
  using Member = PeopleVectors::Member;
  if (run.threshold)
    return [threshold = *run.threshold](const Member& a, const Member& b) {
      return PeopleVectors::mean_distance(a, b) <= threshold;
    };
  LateVectors late(catalog, model.id, vectors.input());
  const auto joins = joins_of(model.points, late);
  if (!joins) return [](const Member&, const Member&) { return false; };
  return [odds = PeopleOdds(vectors, *joins)](const Member& a, const Member& b) {
    return odds.weigh(a, b).passes();
  };
}

}  // namespace facenet
