#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "train/data/augment.h"
#include "train/data/chip_cache.h"

namespace facenet {

struct Batch {
  at::Tensor images;  ///< [N, 3, H, W] float32, channels last
  /// The same variations of the same faces at a second model's input size; undefined without one.
  at::Tensor teacher_images;
  std::vector<std::size_t> chips;  ///< of the cache, one a row
};

/// The chips as inference sees them: for validation. [N, 3, H, W] float32, channels last.
at::Tensor plain_batch(const ChipCache& cache, const Augmenter& augmenter,
                       std::span<const std::size_t> chips);

/// Makes batches ahead of time on threads of its own, all of which work on each of them. What a
/// batch holds depends on seed and step alone, not on the number of threads. next() is for one
/// thread.
class BatchLoader {
 public:
  /// `plan`: the chips of a batch; called once a step, by one thread at a time. Cache and augmenter
  /// must outlive the loader. `ahead`: batches that may wait or be in the making. `teacher`: makes
  /// Batch::teacher_images. Throws UsageError when `workers` or `ahead` is below 1.
  BatchLoader(const ChipCache& cache, const Augmenter& augmenter,
              std::function<std::vector<std::size_t>(std::int64_t step)> plan, std::uint64_t seed,
              std::int64_t first_step, int workers, int ahead = 2,
              const Augmenter* teacher = nullptr);
  /// Stops the threads after the chips at hand.
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  /// The batches of first_step, first_step + 1, … Rethrows what a thread threw.
  Batch next();

  /// Spent in next(), waiting for a batch.
  double seconds_waited() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace facenet
