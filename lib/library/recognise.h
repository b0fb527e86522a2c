#pragma once

#include <optional>
#include <span>
#include <vector>

#include "catalog/catalog.h"
#include "library/library.h"
#include "library/people_odds.h"
#include "people/vectors.h"

namespace facenet {

/// Who a face is, among the people of a catalog.
struct Recognition {
  PersonId person = 0;  ///< 0: nobody
  /// Mean squared distance to the person's faces; nothing where there is none to measure: the face
  /// is nobody, or is all that the person has.
  std::optional<double> distance = {};
  /// Up to which it is the person; without a threshold of the catalog's own, that differs from
  /// person to person (library/people_odds.h). Nothing where there is no distance.
  std::optional<double> threshold = {};
  double probability = 0;
  double doubt = 0;  ///< the lower, the likelier; above 0 it is somebody else
};

/// Compares faces with the people of a catalog, as they are when this is made.
class Recogniser {
 public:
  /// `threshold` takes the place of the one that was asked for the catalog, else of the rule.
  /// Throws UsageError when neither model nor catalog says which distances mean the same person.
  Recogniser(const Catalog& catalog, const CatalogModel& model,
             std::optional<double> threshold = {});

  /// For all people of vectors of the model; nothing: the rule.
  std::optional<double> threshold() const;

  const PeopleVectors& people() const { return vectors_; }
  const PairPoints& points() const { return points_; }

  /// The nearest person that the face may be.
  Recognition nearest(std::span<const float> vector) const;

  /// The same for the faces of one photo, whose vectors stand one after another: nobody is in a
  /// photo twice, so of two faces that are nearest to one person the nearer is that person.
  std::vector<Recognition> nearest_in_photo(std::span<const float> vectors) const;

  /// A face of the catalog that is `person` there, measured against the person's other faces.
  Recognition known(FaceId face, PersonId person) const;

 private:
  Recognition of_member(const PeopleVectors::Member& member, double distance) const;
  double threshold_of(double share_by_other) const;
  Recognition by_threshold(const PeopleVectors::Member& member, double distance) const;

  PeopleVectors vectors_;
  PairPoints points_;
  std::size_t dimension_;
  std::optional<double> threshold_;
  std::optional<PeopleOdds> odds_;  ///< nothing when there is a threshold
};

}  // namespace facenet
