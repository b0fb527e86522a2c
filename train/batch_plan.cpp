#include "train/batch_plan.h"

#include <algorithm>
#include <set>

#include "base/error.h"

namespace facenet {

BatchPlan::BatchPlan(const ChipCache& cache, const TrainOptions& options, int rank, int processes)
    : cache_(cache),
      rank_(rank),
      processes_(processes),
      batch_(options.is_triplet() ? std::max<std::int64_t>(std::int64_t{options.identities.people} *
                                                                   options.identities.images +
                                                               options.identities.negatives,
                                                           options.identities.exemplars)
                                  : options.batch),
      split_(split_dataset(cache.identity(), cache.identities(), options.dataset)) {
  for (const std::size_t chip : split_.training) identity_.push_back(cache.identity()[chip]);
  people_ = std::ssize(std::set<std::int32_t>(identity_.begin(), identity_.end()));
  if (options.is_triplet()) {
    by_identity_ = std::make_unique<IdentitySampler>(identity_, options.identities, options.seed,
                                                     data_sets_of(cache.identities()));
    return;
  }
  const auto faces = static_cast<int>(std::min<std::size_t>(split_.training.size(), 1U << 30));
  const int batch = std::min(options.batch, faces);
  if (batch < 2 * processes) {
    fail("{}: has too few faces for training: {}", cache.path(), faces);
  }
  for_share_ = std::make_unique<EpochSampler>(split_.training.size(), batch, options.seed);
  for_whole_ = std::make_unique<EpochSampler>(split_.training.size(), batch, options.seed);
}

std::vector<std::size_t> BatchPlan::whole(std::int64_t step) const {
  std::vector<std::size_t> chips =
      by_identity_ ? by_identity_->batch(step) : for_whole_->batch(step);
  chips.resize(chips.size() - chips.size() % static_cast<std::size_t>(processes_));
  for (std::size_t& chip : chips) chip = split_.training[chip];
  return chips;
}

std::vector<std::size_t> BatchPlan::share(std::int64_t step) const {
  const std::vector<std::size_t> all =
      by_identity_ ? by_identity_->batch(step) : for_share_->batch(step);
  const std::size_t size = all.size() / static_cast<std::size_t>(processes_);
  std::vector<std::size_t> chips;
  for (std::size_t i = 0; i < size; ++i) {
    chips.push_back(split_.training[all[static_cast<std::size_t>(rank_) * size + i]]);
  }
  return chips;
}

std::int64_t BatchPlan::batch_size() const {
  return batch_;
}

std::int64_t BatchPlan::steps_per_pass() const {
  return by_identity_ ? by_identity_->steps_per_pass() : for_whole_->steps_per_epoch();
}

std::vector<std::size_t> BatchPlan::validation(std::size_t most) const {
  const std::size_t faces = split_.validation.size();
  const std::size_t every = most == 0 || faces <= most ? 1 : (faces + most - 1) / most;
  std::vector<std::size_t> chips;
  std::size_t person = 0;
  for (std::size_t i = 0; i < faces; ++i) {
    const std::size_t chip = split_.validation[i];
    const bool is_next =
        i > 0 && cache_.identity()[chip] != cache_.identity()[split_.validation[i - 1]];
    if (is_next) ++person;
    if (person % every == 0) chips.push_back(chip);
  }
  return chips;
}

}  // namespace facenet
