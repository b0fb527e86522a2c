#pragma once

#include <cstddef>

#include "catalog/catalog.h"
#include "people/review.h"
#include "people/vectors.h"
#include "weights/pair_points.h"

namespace facenet {

/// How likely two people of a catalog are one.
///
/// Logistic in the cosine of their mean vectors, which, unlike the mean distance of their faces,
/// does not fall as a person has photos of many years. The even chance lies at a cosine of 0.385 +
/// 0.036 ln(1 + rivals) - 0.19 / faces of the smaller + 0.05 / faces of the larger: the more people
/// of about that size there are, the more a chance likeness explains, and few faces are a mean that
/// is not yet known well. Fitted for mobilefacenet-512 on joins of average linkage in half of the
/// album and in half of LFW's people; for other models the scale of cosines is that of their
/// midpoint.
class OddsOfPeople {
 public:
  OddsOfPeople(const PairPoints& points, const PeopleVectors& vectors);

  double probability(const PeopleVectors::Member& a, const PeopleVectors::Member& b) const;
  /// Two people who are that likely to be one have at least this cosine, whoever they are.
  double least_cosine(double probability) const;

 private:
  double even_cosine(std::size_t smaller, std::size_t larger) const;
  double scale(double share_a, double share_b) const;

  const PairPoints& points_;
  double of_one_face_ = 0, of_more_ = 0;  ///< people
  bool mixed_ = false;                    ///< some vectors are of the compatible model
};

/// The pairs of people worth asking about, the first `limit` of them given. Throws Error when the
/// model does not say how likely two faces are one person.
ReviewQueue review_queue(const Catalog& catalog, ModelId model, const PairPoints& points,
                         std::size_t limit, int threads);

}  // namespace facenet
