#pragma once

#include <barrier>
#include <exception>
#include <functional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "base/ranks.h"

namespace facenet::testing_index {

/// Ranks that are threads of one process.
class ThreadRanks {
 public:
  /// Calls work(ranks) on each of `size` threads, and rethrows what the first of them throws.
  static void run(int size, const std::function<void(Ranks&)>& work) {
    ThreadRanks all(size);
    std::vector<std::exception_ptr> errors(static_cast<std::size_t>(size));
    {
      std::vector<std::jthread> threads;
      for (int rank = 0; rank < size; ++rank) {
        threads.emplace_back([&, rank] {
          One one(all, rank);
          try {
            work(one);
          } catch (...) {
            errors[static_cast<std::size_t>(rank)] = std::current_exception();
            all.gone_ = true;
            all.barrier_.arrive_and_drop();
          }
        });
      }
    }
    for (const auto& error : errors) {
      if (error) std::rethrow_exception(error);
    }
  }

 private:
  explicit ThreadRanks(int size) : barrier_(size), letters_(static_cast<std::size_t>(size)) {
    for (auto& row : letters_) row.resize(static_cast<std::size_t>(size));
  }

  class One : public Ranks {
   public:
    One(ThreadRanks& all, int rank) : all_(all), rank_(static_cast<std::size_t>(rank)) {}

    int rank() const override { return static_cast<int>(rank_); }
    int size() const override { return static_cast<int>(all_.letters_.size()); }
    std::vector<Bytes> exchange(std::vector<Bytes> out) override {
      if (out.size() != all_.letters_.size()) throw std::logic_error("not one message a rank");
      all_.letters_[rank_] = std::move(out);
      all_.barrier_.arrive_and_wait();
      if (all_.gone_) throw std::runtime_error("another rank is gone");
      std::vector<Bytes> in;
      for (auto& row : all_.letters_) in.push_back(std::move(row[rank_]));
      all_.barrier_.arrive_and_wait();
      return in;
    }

   private:
    ThreadRanks& all_;
    std::size_t rank_;
  };

  std::barrier<> barrier_;
  std::vector<std::vector<Bytes>> letters_;  ///< [from][to]
  std::atomic<bool> gone_ = false;
};

}  // namespace facenet::testing_index
