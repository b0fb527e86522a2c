#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace facenet {

/// What one process sends to another.
using Bytes = std::vector<std::byte>;

/// The processes of one computation, each with its share of the data. All of them make the same
/// calls in the same order.
class Ranks {
 public:
  virtual ~Ranks() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// out[r] goes to rank r; returns what each rank has sent here, by rank. What is for this rank
  /// itself comes back as it is. Throws Error that names the rank which is gone.
  virtual std::vector<Bytes> exchange(std::vector<Bytes> out) = 0;
};

/// One process alone.
class SoleRank : public Ranks {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  std::vector<Bytes> exchange(std::vector<Bytes> out) override { return out; }
};

/// Counts what goes through other ranks.
class CountingRanks : public Ranks {
 public:
  explicit CountingRanks(Ranks& ranks) : ranks_(ranks) {}

  int rank() const override { return ranks_.rank(); }
  int size() const override { return ranks_.size(); }
  std::vector<Bytes> exchange(std::vector<Bytes> out) override {
    ++exchanges_;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (i != static_cast<std::size_t>(rank())) sent_ += static_cast<std::int64_t>(out[i].size());
    }
    return ranks_.exchange(std::move(out));
  }

  std::int64_t exchanges() const { return exchanges_; }
  /// Bytes to other ranks.
  std::int64_t sent() const { return sent_; }

 private:
  Ranks& ranks_;
  std::int64_t exchanges_ = 0, sent_ = 0;
};

/// What facenet_torch.so (pipeline/torch_functions.h says why there is one) hands out: ranks that
/// talk to each other by LibTorch's c10d.
struct RankConnection {
  /// The processes that MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE name; nullptr when none of
  /// them is set. Throws UsageError when only some are or one has no meaning, Error when the others
  /// are not there.
  std::unique_ptr<Ranks> (*from_environment)();
};

/// Name of the function by which it does.
inline constexpr const char* kRankConnectionSymbol = "facenet_rank_connection";

}  // namespace facenet

extern "C" const facenet::RankConnection* facenet_rank_connection();
