#pragma once

#include "base/ranks.h"
#include "index/linkage/agglomerate.h"

namespace facenet {

/// Several processes of which the first has all points and constraints, and asks the others to help
/// it. They need not know more than that.
class LeadingRank {
 public:
  /// `ranks` of rank 0.
  explicit LeadingRank(Ranks& ranks) : ranks_(ranks) {}

  /// agglomerate(), with each rank's share of the work: the same result.
  Clustering agglomerate(const Points& points, const Constraints& constraints,
                         const AgglomerateOptions& options);
  /// The others have done all that they were needed for.
  void release();

 private:
  Ranks& ranks_;
};

/// What the other ranks do: they help until they are released.
void help(Ranks& ranks);

}  // namespace facenet
