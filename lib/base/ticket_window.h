#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace facenet {

/// Numbered pieces of work that many threads take and one thread finishes in order, with a bound on
/// how far the takers may run ahead of the finisher: the bound on memory of a pipeline whose output
/// order must not depend on the number of threads.
class TicketWindow {
 public:
  TicketWindow(std::size_t tickets, std::size_t window) : tickets_(tickets), window_(window) {}

  /// Waits until the next ticket lies inside the window. False when no ticket is left, or after
  /// close().
  bool take(std::size_t& ticket) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock,
                  [&] { return closed_ || next_ >= tickets_ || next_ < finished_ + window_; });
    if (closed_ || next_ >= tickets_) return false;
    ticket = next_++;
    return true;
  }

  /// The finisher has dealt with one more ticket.
  void finish_one() {
    {
      std::lock_guard lock(mutex_);
      ++finished_;
    }
    changed_.notify_all();
  }

  /// No further tickets are given out.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

  /// Tickets given out so far.
  std::size_t taken() const {
    std::lock_guard lock(mutex_);
    return next_;
  }

 private:
  const std::size_t tickets_;
  const std::size_t window_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;
  std::size_t finished_ = 0;
  bool closed_ = false;
};

}  // namespace facenet
