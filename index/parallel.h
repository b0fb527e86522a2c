#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <omp.h>
#include <thread>
#include <vector>

namespace facenet {

/// Calls work(0) ... work(count - 1) on up to `threads` threads and rethrows the first exception.
/// Each worker keeps OpenMP to itself: many blocks at once scale with any BLAS, one block's matrix
/// product only with a threaded one. Internal to index/.
template <class Work>
void parallel_for(std::int64_t count, int threads, const Work& work) {
  std::atomic<std::int64_t> next = 0;
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto worker = [&] {
    omp_set_num_threads(1);  // of this thread's own parallel regions
    try {
      for (std::int64_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads && i < count; ++i) workers.emplace_back(worker);
  }
  if (error) std::rethrow_exception(error);
}

/// The same in pieces of `size`: work(begin, end).
template <class Work>
void parallel_for_pieces(std::int64_t count, std::int64_t size, int threads, const Work& work) {
  const std::int64_t pieces = (count + size - 1) / size;
  if (pieces == 1 || threads == 1) {
    for (std::int64_t begin = 0; begin < count; begin += size) {
      work(begin, std::min(begin + size, count));
    }
    return;
  }
  parallel_for(pieces, threads, [&](std::int64_t piece) {
    work(piece * size, std::min((piece + 1) * size, count));
  });
}

}  // namespace facenet
