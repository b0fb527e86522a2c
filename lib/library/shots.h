#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/join_rule.h"
#include "people/grouping/clustering_input.h"

namespace facenet {

/// Whether two photos may be of one burst: taken at most a minute apart, or alike as a whole, as
/// frames of one scene, resized copies and edited ones are.
bool is_one_moment(const PhotoMoment& a, const PhotoMoment& b);

/// Which faces of a clustering are of one shot, so that the rule for joins counts them once: what
/// two photos of a burst say of a person is hardly more than what one says.
///
/// Two faces are of one shot if they are near-duplicates, or if their photos are of one moment and
/// they are no further apart than pairs that are one person with even chances.
class Shots {
 public:
  /// `values`: the vectors of the input's faces, row by row. Both must outlive this.
  Shots(const ClusteringInput& input, std::span<const float> values,
        const JoinConstantsByKind& joins);

  const ClusteringInput& input() const { return input_; }
  bool is_one(std::size_t a, std::size_t b) const;
  /// The second of the two ways alone, which is the cheaper to ask.
  bool is_one_by_moment(std::size_t a, std::size_t b) const;
  /// Shots that these rows are of (index/linkage/join_cut.h); never more than 32.
  double count(std::span<const std::size_t> rows) const;
  /// Whether some of the rows are no near-duplicates of the first.
  bool differ(std::span<const std::size_t> rows) const;

 private:
  double distance(std::size_t a, std::size_t b) const;
  JoinConstants constants(std::size_t a, std::size_t b) const;

  const ClusteringInput& input_;
  std::span<const float> values_;
  JoinConstantsByKind joins_;
  std::size_t dimension_ = 0;
};

}  // namespace facenet
