#include "train/data/sampler.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace facenet {
namespace {

/// What a random number is for, so that numbers for different ends differ.
enum Purpose : std::uint64_t { kTurns, kPeople, kFaces, kNegatives, kEpoch };

bool contains(std::span<const std::size_t> values, std::size_t value) {
  return std::ranges::find(values, value) != values.end();
}

}  // namespace

void IdentityBatchOptions::validate() const {
  if (people < 1) fail<UsageError>("--people must be at least 1, not {}", people);
  if (images < 2) {
    fail<UsageError>("--images must be at least 2, not {}", images);
  }
  if (negatives < 0) fail<UsageError>("--negatives must be 0 or more, not {}", negatives);
  if (exemplars == 0) return;
  if (negatives > 0) {
    fail<UsageError>("--exemplars and --negatives both say how many faces to add: leave one out");
  }
  if (exemplars < std::int64_t{people} * images) {
    fail<UsageError>("a batch of {} faces has no room for {} people with {} each", exemplars,
                     people, images);
  }
}

IdentitySampler::IdentitySampler(std::span<const std::int32_t> identity,
                                 const IdentityBatchOptions& options, std::uint64_t seed,
                                 std::span<const std::int32_t> data_set)
    : options_(options), seed_(seed), identity_(identity.begin(), identity.end()) {
  options_.validate();
  for (std::size_t face = 0; face < identity_.size(); ++face) {
    const std::size_t person = identity_[face];
    faces_.resize(std::max(faces_.size(), person + 1));
    faces_[person].push_back(face);
  }
  for (std::size_t person = 0; person < faces_.size(); ++person) {
    const std::size_t set = data_set.empty() ? 0 : static_cast<std::size_t>(data_set[person]);
    sets_.resize(std::max(sets_.size(), set + 1));
    if (faces_[person].size() >= 2) sets_[set].people.push_back(person);
    sets_[set].faces.insert(sets_[set].faces.end(), faces_[person].begin(), faces_[person].end());
  }
  for (std::size_t set = 0; set < sets_.size(); ++set) {
    if (sets_[set].people.empty()) continue;
    const auto people = static_cast<double>(sets_[set].people.size());
    sets_[set].batches = std::max(1L, std::lround(people / options_.people));
    turns_.insert(turns_.end(), static_cast<std::size_t>(sets_[set].batches), set);
  }
  if (turns_.empty()) fail("nobody has two images: there is nothing to learn from");
}

IdentitySampler::Turn IdentitySampler::turn_of(std::int64_t step) const {
  const std::int64_t pass = step / steps_per_pass();
  const auto place = static_cast<std::size_t>(step % steps_per_pass());
  const auto order = shuffled(turns_.size(), seed_of({seed_, kTurns, std::uint64_t(pass)}));
  const std::size_t set = turns_[order[place]];
  const auto before = std::count_if(order.begin(), order.begin() + std::ptrdiff_t(place),
                                    [&](std::size_t turn) { return turns_[turn] == set; });
  return {set, pass * sets_[set].batches + before};
}

std::vector<std::size_t> IdentitySampler::people_of(const Turn& turn) const {
  const std::vector<std::size_t>& everybody = sets_[turn.set].people;
  const std::size_t count = std::min(everybody.size(), static_cast<std::size_t>(options_.people));
  const std::size_t first = static_cast<std::size_t>(turn.step) * count;
  std::vector<std::size_t> people, order;
  for (std::size_t place = first; place < first + count; ++place) {
    const std::size_t in_pass = place % everybody.size();
    if (order.empty() || in_pass == 0) {
      order =
          shuffled(everybody.size(), seed_of({seed_, kPeople, turn.set, place / everybody.size()}));
    }
    const std::size_t person = everybody[order[in_pass]];
    if (!contains(people, person)) people.push_back(person);
  }
  return people;
}

std::vector<std::size_t> IdentitySampler::negatives(const DataSet& set,
                                                    std::span<const std::size_t> people,
                                                    std::size_t most, std::int64_t step) const {
  std::vector<bool> taken(faces_.size());
  for (const std::size_t person : people) taken[person] = true;
  std::vector<std::size_t> others;
  std::ranges::copy_if(set.faces, std::back_inserter(others),
                       [&](std::size_t face) { return !taken[identity_[face]]; });
  const std::size_t count = std::min(others.size(), most);
  Random random(seed_of({seed_, kNegatives, std::uint64_t(step)}));
  draw_to_front(others, count, random);
  others.resize(count);
  return others;
}

std::vector<std::size_t> IdentitySampler::batch(std::int64_t step) const {
  const Turn turn = turn_of(step);
  const std::vector<std::size_t> people = people_of(turn);
  std::vector<std::size_t> batch;
  for (const std::size_t person : people) {
    std::vector<std::size_t> faces = faces_[person];
    const std::size_t count = std::min(faces.size(), static_cast<std::size_t>(options_.images));
    Random random(seed_of({seed_, kFaces, std::uint64_t(step), person}));
    draw_to_front(faces, count, random);
    batch.insert(batch.end(), faces.begin(), faces.begin() + std::ptrdiff_t(count));
  }
  const std::size_t more = options_.exemplars > 0
                               ? static_cast<std::size_t>(options_.exemplars) - batch.size()
                               : static_cast<std::size_t>(options_.negatives);
  if (more > 0) {
    const auto others = negatives(sets_[turn.set], people, more, step);
    batch.insert(batch.end(), others.begin(), others.end());
  }
  return batch;
}

EpochSampler::EpochSampler(std::size_t size, int batch, std::uint64_t seed)
    : size_(size), batch_(static_cast<std::size_t>(batch)), seed_(seed) {
  if (batch < 1) fail<UsageError>("a batch holds at least 1 image, not {}", batch);
  if (size == 0) fail("there are no images to draw batches from");
  batch_ = std::min(batch_, size_);
  steps_ = static_cast<std::int64_t>(size_ / batch_);
}

std::vector<std::size_t> EpochSampler::batch(std::int64_t step) const {
  if (const std::int64_t epoch = step / steps_; epoch != epoch_) {
    order_ = shuffled(size_, seed_of({seed_, kEpoch, std::uint64_t(epoch)}));
    epoch_ = epoch;
  }
  const auto first =
      order_.begin() + std::ptrdiff_t(static_cast<std::size_t>(step % steps_) * batch_);
  return {first, first + std::ptrdiff_t(batch_)};
}

}  // namespace facenet
