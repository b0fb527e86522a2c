#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace facenet {

/// What a batch of the triplet loss is made of (paper, section 3.2: about 40 faces a person, some
/// 1,800 in all, and random negatives).
struct IdentityBatchOptions {
  int people = 45;
  int images = 40;    ///< of each, at most
  int negatives = 0;  ///< random further faces, of other people
  /// Faces in all: as many random ones of other people as are left after those of `people`; 0: the
  /// number is `negatives`.
  int exemplars = 0;

  /// Throws UsageError.
  void validate() const;
};

/// Batches of people with several faces each. A batch depends on the seed and its number alone, so
/// that a training that goes on later sees what it would have seen.
class IdentitySampler {
 public:
  /// `identity[i]`: the person of face i, from 0. `data_set[p]`: the set that person p comes from,
  /// from 0; none given for a single one: labels are independent across sets, so a batch takes all
  /// its faces from one set, the sets in turn in proportion to their people. Throws Error when
  /// nobody has two faces.
  IdentitySampler(std::span<const std::int32_t> identity, const IdentityBatchOptions& options,
                  std::uint64_t seed, std::span<const std::int32_t> data_set = {});

  /// Indices of faces: those of one person stand together, negatives at the end; none twice. People
  /// with one face come as negatives only. In each set the people pass in a seeded order, each once
  /// before any comes again; who would come twice in the batch where two passes meet comes once.
  std::vector<std::size_t> batch(std::int64_t step) const;

  /// Batches until every person has come about once.
  std::int64_t steps_per_pass() const { return static_cast<std::int64_t>(turns_.size()); }

 private:
  struct DataSet {
    std::vector<std::size_t> people;  ///< who have two faces
    std::vector<std::size_t> faces;   ///< of everybody
    std::int64_t batches = 0;         ///< a pass
  };
  struct Turn {
    std::size_t set;
    std::int64_t step;  ///< of the set's own
  };

  Turn turn_of(std::int64_t step) const;
  std::vector<std::size_t> people_of(const Turn& turn) const;
  std::vector<std::size_t> negatives(const DataSet& set, std::span<const std::size_t> people,
                                     std::size_t most, std::int64_t step) const;

  IdentityBatchOptions options_;
  std::uint64_t seed_;
  std::vector<std::size_t> identity_;            ///< of each face
  std::vector<std::vector<std::size_t>> faces_;  ///< of each person
  std::vector<DataSet> sets_;
  std::vector<std::size_t> turns_;  ///< the set of each batch of a pass, before they are shuffled
};

/// Batches of single faces: each comes once an epoch, in a fresh order each time. What does not
/// fill a batch at the end of an epoch is left out of it. Like IdentitySampler, a function of seed
/// and step; but it keeps the epoch's order, so one object is for one thread at a time.
class EpochSampler {
 public:
  /// Throws Error when `size` is 0, UsageError when `batch` is.
  EpochSampler(std::size_t size, int batch, std::uint64_t seed);

  std::vector<std::size_t> batch(std::int64_t step) const;
  std::int64_t steps_per_epoch() const { return steps_; }

 private:
  std::size_t size_, batch_;
  std::uint64_t seed_;
  std::int64_t steps_;
  mutable std::int64_t epoch_ = -1;  ///< that order_ is of
  mutable std::vector<std::size_t> order_;
};

}  // namespace facenet
