#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "train/data/chip_cache.h"
#include "train/data/dataset.h"
#include "train/data/sampler.h"
#include "train/train_options.h"

namespace facenet {

/// Which faces of a cache are for training, which for validation, and which make up a batch.
class BatchPlan {
 public:
  /// For process `rank` of `processes`. Throws Error when too few faces are left, UsageError when
  /// the batch does not divide among the processes.
  BatchPlan(const ChipCache& cache, const TrainOptions& options, int rank, int processes);

  /// Chips of the whole batch, and this process's share of it: as many for each process, so up to
  /// processes - 1 faces of a batch are left out of both.
  std::vector<std::size_t> whole(std::int64_t step) const;
  std::vector<std::size_t> share(std::int64_t step) const;

  std::int64_t batch_size() const;  ///< faces, at most
  std::int64_t steps_per_pass() const;
  std::size_t faces() const { return split_.training.size(); }
  std::int64_t people() const { return people_; }

  /// Chips of people who are never trained on; with `most` above 0 those of every k-th of them, so
  /// that there are some `most`.
  std::vector<std::size_t> validation(std::size_t most) const;

 private:
  const ChipCache& cache_;
  int rank_, processes_;
  std::int64_t batch_;
  DatasetSplit split_;
  std::int64_t people_ = 0;
  std::vector<std::int32_t> identity_;  ///< of each training face
  std::unique_ptr<IdentitySampler> by_identity_;
  // One for each thread that asks: the loader's and the trainer's. EpochSampler keeps its epoch.
  std::unique_ptr<EpochSampler> for_share_, for_whole_;
};

}  // namespace facenet
