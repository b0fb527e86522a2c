#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "catalog/catalog.h"
#include "people/grouping/clustering_input.h"

namespace facenet {

/// The vectors of everybody, by person: how far apart people are, and how wide each is.
class PeopleVectors {
 public:
  struct Member {
    PersonId id = 0;
    std::vector<std::size_t> rows;  ///< of its faces in the input
    /// Of those that say who it is: the recognisable ones, or all where none is.
    std::vector<std::size_t> core;
    std::vector<double> sum;      ///< of the core's vectors; empty: it is one face alone
    std::span<const float> only;  ///< the vector of that face: of 100,000 people most have one
    std::int64_t by_other = 0;    ///< faces of the core seen by the compatible model's vectors
    bool recognisable = true;     ///< one of the faces is, at least

    /// The same as a share of the core, 0 to 1.
    double share_by_other() const;
    bool is_core(std::size_t row) const;
  };

  /// Of the faces that a clustering sees and that are in a person.
  PeopleVectors(const Catalog& catalog, ModelId model);
  PeopleVectors(PeopleVectors&&) = default;
  PeopleVectors(const PeopleVectors&) = delete;  // its people point into it
  PeopleVectors& operator=(const PeopleVectors&) = delete;
  PeopleVectors& operator=(PeopleVectors&&) = delete;
  ~PeopleVectors() = default;

  const ClusteringInput& input() const { return input_; }
  std::size_t dimension() const { return dimension_; }
  std::span<const float> vector(std::size_t row) const;
  /// Sorted by id.
  const std::vector<Member>& people() const { return people_; }
  const std::vector<float>& values() const { return vectors_; }
  /// Null when the person has no face with a vector.
  const Member* find(PersonId id) const;

  /// One row a person, in the order of people(): their mean vectors, at unit length.
  std::vector<float> directions() const;
  /// Of the angle between two people's mean vectors.
  static double cosine(const Member& a, const Member& b);
  /// Mean squared distance over all pairs of the two cores: 2 - 2 <s_A, s_B> / (|A||B|) for unit
  /// vectors.
  static double mean_distance(const Member& a, const Member& b);
  double mean_distance(std::span<const float> vector, const Member& person) const;
  /// Mean squared distance over the pairs of a person's core; 0 for a single face.
  static double spread(const Member& person);
  /// The person's rows, the nearest to its mean first.
  std::vector<std::size_t> most_typical(const Member& person) const;

 private:
  ClusteringInput input_;
  std::vector<float> vectors_;
  std::size_t dimension_ = 0;
  std::vector<Member> people_;
};

}  // namespace facenet
