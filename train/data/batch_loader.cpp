#include "train/data/batch_loader.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include <ATen/ops/empty.h>

#include "base/error.h"
#include "base/random.h"
#include "base/ticket_window.h"

namespace facenet {
namespace {

at::Tensor empty_images(std::size_t count, const Augmenter& augmenter) {
  return at::empty({static_cast<std::int64_t>(count), 3, augmenter.height(), augmenter.width()},
                   at::TensorOptions(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
}

}  // namespace

at::Tensor plain_batch(const ChipCache& cache, const Augmenter& augmenter,
                       std::span<const std::size_t> chips) {
  at::Tensor images = empty_images(chips.size(), augmenter);
  float* out = images.data_ptr<float>();
  for (const std::size_t chip : chips) {
    augmenter.write_plain(cache.pixels(chip), out);
    out += augmenter.values();
  }
  return images;
}

class BatchLoader::Impl {
 public:
  Impl(const ChipCache& cache, const Augmenter& augmenter,
       std::function<std::vector<std::size_t>(std::int64_t)> plan, std::uint64_t seed,
       std::int64_t first_step, std::size_t workers, std::size_t ahead, const Augmenter* teacher)
      : cache_(cache),
        augmenter_(augmenter),
        teacher_(teacher),
        plan_(std::move(plan)),
        seed_(seed),
        first_step_(first_step),
        next_step_(first_step),
        shares_(workers),
        window_(SIZE_MAX, ahead * workers) {
    for (std::size_t i = 0; i < workers; ++i) workers_.emplace_back([this] { work(); });
  }

  ~Impl() { stop(); }

  Batch next() {
    const auto start = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      const auto found = pending_.find(next_step_);
      return exception_ || (found != pending_.end() && found->second->shares_left == 0);
    });
    waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (exception_) std::rethrow_exception(exception_);
    Batch batch = std::move(pending_.extract(next_step_++).mapped()->batch);
    lock.unlock();
    for (std::size_t share = 0; share < shares_; ++share) window_.finish_one();
    return batch;
  }

  double waited() const { return waited_; }

 private:
  /// A batch in the making.
  struct Pending {
    bool planned = false;
    Batch batch;
    std::size_t shares_left = 0;
  };

  /// Tickets number the shares of all batches, one share for each worker.
  void work() {
    try {
      for (std::size_t ticket; window_.take(ticket);) {
        const auto step = first_step_ + static_cast<std::int64_t>(ticket / shares_);
        Pending& pending = pending_of(step);
        plan(step, pending);
        fill(step, ticket % shares_, pending.batch);
        const std::lock_guard lock(mutex_);
        if (--pending.shares_left == 0) changed_.notify_one();
      }
    } catch (...) {
      stopped_ = true;
      window_.close();
      const std::lock_guard lock(mutex_);
      if (!exception_) exception_ = std::current_exception();
      changed_.notify_one();
    }
  }

  /// Stays where it is until all its shares are done.
  Pending& pending_of(std::int64_t step) {
    const std::lock_guard lock(mutex_);
    auto& pending = pending_[step];
    if (!pending) {
      pending = std::make_unique<Pending>();
      pending->shares_left = shares_;
    }
    return *pending;
  }

  /// By whoever comes first; the others wait for it.
  void plan(std::int64_t step, Pending& pending) {
    const std::lock_guard lock(plan_mutex_);
    if (pending.planned || stopped_) return;
    pending.batch.chips = plan_(step);
    const std::size_t count = pending.batch.chips.size();
    pending.batch.images = empty_images(count, augmenter_);
    if (teacher_ != nullptr) pending.batch.teacher_images = empty_images(count, *teacher_);
    pending.planned = true;
  }

  void fill(std::int64_t step, std::size_t share, const Batch& batch) const {
    const std::size_t count = batch.chips.size();
    const std::size_t end = count * (share + 1) / shares_;
    const auto write = [&](const Augmenter& augmenter, const at::Tensor& images, std::size_t i) {
      augmenter.write(cache_.pixels(batch.chips[i]), seed_of({seed_, std::uint64_t(step), i}),
                      images.data_ptr<float>() + i * augmenter.values());
    };
    for (std::size_t i = count * share / shares_; i < end && !stopped_; ++i) {
      write(augmenter_, batch.images, i);
      if (teacher_ != nullptr) write(*teacher_, batch.teacher_images, i);
    }
  }

  void stop() {
    stopped_ = true;
    window_.close();
    workers_.clear();
  }

  const ChipCache& cache_;
  const Augmenter& augmenter_;
  const Augmenter* const teacher_;
  const std::function<std::vector<std::size_t>(std::int64_t)> plan_;
  const std::uint64_t seed_;
  const std::int64_t first_step_;
  std::int64_t next_step_;
  const std::size_t shares_;  ///< of a batch

  std::mutex plan_mutex_;
  std::mutex mutex_;  ///< of what follows
  std::condition_variable changed_;
  std::map<std::int64_t, std::unique_ptr<Pending>> pending_;
  std::exception_ptr exception_;

  double waited_ = 0;
  std::atomic<bool> stopped_ = false;
  TicketWindow window_;
  std::vector<std::jthread> workers_;
};

BatchLoader::BatchLoader(const ChipCache& cache, const Augmenter& augmenter,
                         std::function<std::vector<std::size_t>(std::int64_t step)> plan,
                         std::uint64_t seed, std::int64_t first_step, int workers, int ahead,
                         const Augmenter* teacher) {
  if (workers < 1 || ahead < 1) {
    fail<UsageError>("batches need at least 1 thread and 1 batch ahead, not {} and {}", workers,
                     ahead);
  }
  impl_ = std::make_unique<Impl>(cache, augmenter, std::move(plan), seed, first_step,
                                 static_cast<std::size_t>(workers), static_cast<std::size_t>(ahead),
                                 teacher);
}

BatchLoader::~BatchLoader() = default;

Batch BatchLoader::next() {
  return impl_->next();
}

double BatchLoader::seconds_waited() const {
  return impl_->waited();
}

}  // namespace facenet
