#include "pipeline/analyse.h"

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/ticket_window.h"

namespace facenet {
namespace {

/// Photos that one thread takes at a time, at most: enough for R-Net, O-Net and the embedder to run
/// in full batches, few enough that a signal is obeyed soon.
constexpr std::size_t kLargestBundle = 8;
/// Bundles a thread may be ahead of the receiver.
constexpr std::size_t kWindowPerThread = 4;

using Bundle = std::vector<PhotoAnalysis>;

/// Where workers leave finished bundles for the receiver, and the first exception of any of them.
class Outbox {
 public:
  void put(std::size_t ticket, Bundle bundle) {
    {
      std::lock_guard lock(mutex_);
      bundles_.emplace(ticket, std::move(bundle));
    }
    changed_.notify_one();
  }

  void put_exception(std::exception_ptr exception) {
    {
      std::lock_guard lock(mutex_);
      if (!exception_) exception_ = std::move(exception);
    }
    changed_.notify_one();
  }

  void worker_ended() {
    {
      std::lock_guard lock(mutex_);
      ++ended_;
    }
    changed_.notify_one();
  }

  /// Bundle `ticket`; nothing once all `workers` have ended without making it. Rethrows.
  std::optional<Bundle> get(std::size_t ticket, std::size_t workers) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock,
                  [&] { return exception_ || bundles_.contains(ticket) || ended_ == workers; });
    if (exception_) std::rethrow_exception(exception_);
    const auto found = bundles_.find(ticket);
    if (found == bundles_.end()) return std::nullopt;
    Bundle bundle = std::move(found->second);
    bundles_.erase(found);
    return bundle;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::size_t, Bundle> bundles_;
  std::exception_ptr exception_;
  std::size_t ended_ = 0;
};

}  // namespace

void AnalyserOptions::validate() const {
  decode.validate();
  detector.validate();
  if (embedder) embedder->validate();
  if (chip_size < 0 || chip_size > 4096) fail<UsageError>("--size must lie between 1 and 4096");
  if (chip_margin < 0 || chip_margin > 4096) {
    fail<UsageError>("the margin around chips must lie between 0 and 4096");
  }
  if (chip_margin > 0 && embedder) fail<UsageError>("an embedder takes faces without a margin");
  if (threads < 1 || threads > 1024) fail<UsageError>("--threads must lie between 1 and 1024");
}

void analyse_in_order(const Analyser& analyser, std::span<const AnalysisRequest> requests,
                      const std::function<bool(const Sha256&)>& is_known,
                      const std::function<bool(std::size_t, PhotoAnalysis&&)>& receive) {
  if (requests.empty()) return;
  const auto divide_up = [](std::size_t a, std::size_t b) { return (a + b - 1) / b; };
  const auto allowed = static_cast<std::size_t>(analyser.options().threads);
  const std::size_t bundle_size = std::min(kLargestBundle, divide_up(requests.size(), allowed));
  const std::size_t bundles = divide_up(requests.size(), bundle_size);
  const std::size_t threads = std::min(allowed, bundles);
  // Photos are independent, so a thread each for them beats many threads inside one convolution;
  // only a run that has fewer photos than threads gives the networks several.
  const int compute_threads = std::max(1, analyser.options().threads / static_cast<int>(threads));

  TicketWindow window(bundles, threads * kWindowPerThread);
  Outbox outbox;
  const auto work = [&] {
    try {
      analyser.set_compute_threads(compute_threads);
      for (std::size_t ticket; !interrupted() && window.take(ticket);) {
        const auto bundle = requests.subspan(
            ticket * bundle_size, std::min(bundle_size, requests.size() - ticket * bundle_size));
        outbox.put(ticket, analyser.analyse(bundle, is_known));
      }
    } catch (...) {
      outbox.put_exception(std::current_exception());
    }
    outbox.worker_ended();
  };

  std::vector<std::jthread> workers;
  struct Closer {  // before the threads are joined, also when receive() throws
    TicketWindow& window;
    ~Closer() { window.close(); }
  } const closer{window};
  for (std::size_t i = 0; i < threads; ++i) workers.emplace_back(work);

  std::size_t index = 0;
  for (std::size_t ticket = 0; ticket < bundles; ++ticket) {
    auto bundle = outbox.get(ticket, threads);
    if (!bundle) return;
    for (PhotoAnalysis& analysis : *bundle) {
      if (!receive(index++, std::move(analysis))) return;
    }
    window.finish_one();
  }
}

}  // namespace facenet
