#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <omp.h>
#include <thread>
#include <vector>

#include "base/interrupt.h"

namespace facenet {

/// Keeps the calling thread's OpenMP, and with it BLAS, to that thread while this lives.
class OneOmpThread {
 public:
  OneOmpThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneOmpThread() { omp_set_num_threads(before_); }
  OneOmpThread(const OneOmpThread&) = delete;
  OneOmpThread& operator=(const OneOmpThread&) = delete;

 private:
  int before_;
};

/// Calls work(0) ... work(count - 1) on up to `threads` threads, the calling one where one is
/// enough, and rethrows the first exception; after a signal that is Interrupted. Each keeps OpenMP
/// to itself: many blocks at once scale with any BLAS, one block's matrix product only with a
/// threaded one. Internal to index/.
template <class Work>
void parallel_for(std::int64_t count, int threads, const Work& work) {
  std::atomic<std::int64_t> next = 0;
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto worker = [&] {
    const OneOmpThread one;
    try {
      for (std::int64_t i = next++; i < count; i = next++) {
        stop_if_interrupted();
        work(i);
      }
    } catch (...) {
      next = count;
      const std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
    }
  };
  if (count == 1 || threads == 1) {
    worker();
  } else {
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads && i < count; ++i) workers.emplace_back(worker);
  }
  if (error) std::rethrow_exception(error);
}

/// The same in pieces of `size`: work(begin, end).
template <class Work>
void parallel_for_pieces(std::int64_t count, std::int64_t size, int threads, const Work& work) {
  parallel_for((count + size - 1) / size, threads, [&](std::int64_t piece) {
    work(piece * size, std::min((piece + 1) * size, count));
  });
}

}  // namespace facenet
