#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "web/insight.h"

namespace facenet {

/// Finds out anew, in a thread of its own, whenever the view has changed; where that takes long,
/// less often, so that whoever edits is not slowed down by it.
class InsightFinder {
 public:
  /// `find` throws Error; it is to give up when `stop` becomes true.
  using Find = std::function<Insight(const std::atomic<bool>& stop)>;
  explicit InsightFinder(Find find);
  ~InsightFinder();
  InsightFinder(const InsightFinder&) = delete;
  InsightFinder& operator=(const InsightFinder&) = delete;

  /// There is a view of this version now.
  void ask(std::int64_t version);
  /// The last that was found; never null. Waits for one of this version, for so long at most.
  std::shared_ptr<const Insight> get(std::int64_t version = 0,
                                     std::chrono::milliseconds most = {}) const;

 private:
  void work();
  Insight try_to_find();

  Find find_;
  mutable std::mutex mutex_;
  mutable std::condition_variable news_;
  std::int64_t wanted_ = 0;
  std::chrono::milliseconds last_took_{0};
  std::atomic<bool> stopping_ = false;
  std::shared_ptr<const Insight> found_ = std::make_shared<const Insight>();
  std::jthread thread_;  ///< last: it uses all of the above
};

}  // namespace facenet
