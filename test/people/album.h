#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "people/people.h"
#include "people/grouping/regroup.h"
#include "test/catalog/fixture.h"

namespace facenet {

using Random = std::mt19937;

/// One of 0 ... below - 1.
std::int32_t draw(Random& random, std::int32_t below);

/// A catalog of generated photos whose clusterings the test decides.
class AlbumTest : public CatalogTest {
 protected:
  /// Adds the photo of this number, at "/NUMBER.jpg", with so many faces; each has a vector.
  std::vector<FaceId> add_photo(int number, int faces);
  void set_missing(int number, bool missing);

  /// Makes the clustering's input and stores these groups, which hold each of its faces.
  Regrouping regroup(const std::vector<std::vector<FaceId>>& groups);

  PersonId person_of(FaceId face) const;
  std::string name_of(PersonId person) const;

  Catalog catalog_{file(), Catalog::Mode::kCreate};
  ModelId model_ = catalog_.put_model({.name = "m", .dimension = 2});
};

}  // namespace facenet
