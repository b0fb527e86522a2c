#include "web/insight_finder.h"

#include <algorithm>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"

namespace facenet {

InsightFinder::InsightFinder(Find find) : find_(std::move(find)), thread_([this] { work(); }) {}

InsightFinder::~InsightFinder() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  news_.notify_all();
}

void InsightFinder::ask(std::int64_t version) {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = std::max(wanted_, version);
  }
  news_.notify_all();
}

std::shared_ptr<const Insight> InsightFinder::get(std::int64_t version,
                                                  std::chrono::milliseconds most) const {
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, most, [&] { return stopping_ || found_->version >= version; });
  return found_;
}

Insight InsightFinder::try_to_find() {
  try {
    return find_(stopping_);
  } catch (const std::exception& error) {
    Insight nothing;
    nothing.no_queue = error.what();
    return nothing;
  }
}

void InsightFinder::work() {
  constexpr int kNice = 10;
  // Of this thread alone, and of the processes that it starts.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  constexpr std::chrono::milliseconds kShort{300}, kLongestPause{10'000};
  std::unique_lock lock(mutex_);
  for (;;) {
    news_.wait(lock, [&] { return stopping_ || wanted_ > found_->version; });
    if (last_took_ > kShort)
      news_.wait_for(lock, std::min(2 * last_took_, kLongestPause),
                     [&] { return stopping_.load(); });
    if (stopping_) return;
    const std::int64_t version = wanted_;
    lock.unlock();
    const auto start = std::chrono::steady_clock::now();
    auto insight = std::make_shared<Insight>(try_to_find());
    insight->version = version;
    lock.lock();
    last_took_ = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    found_ = std::move(insight);
    news_.notify_all();
  }
}

}  // namespace facenet
