#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/ranks.h"
#include "index/distributed/deal.h"
#include "index/linkage/merge_tree.h"

namespace facenet {

/// A file with the joins that a clustering has found so far, from which another attempt goes on,
/// with any number of ranks. It is written whole or not at all.
class LinkageCheckpoint {
 public:
  /// What is clustered, so that the joins of something else are refused: a hash of vectors and
  /// constraints, and the threshold.
  struct Input {
    std::uint64_t hash = 0;
    std::int64_t count = 0;
    double threshold = 0;
    friend bool operator==(const Input&, const Input&) = default;
  };

  LinkageCheckpoint(std::string path, const Input& input);

  /// The joins of the file; none when there is no file. Throws Error for a file of another input,
  /// or one that is none of these or is damaged.
  std::vector<Merge> read() const;
  /// Writes the joins, if the last time was `interval` ago. Throws Error.
  void write(std::span<const Merge> merges,
             std::chrono::seconds interval = std::chrono::seconds(30));
  /// When all is done.
  void remove() const;

 private:
  std::string path_;
  Input input_;
  std::chrono::steady_clock::time_point written_ = std::chrono::steady_clock::now();
};

/// A hash of all vectors in their order, whichever ranks they are at, and of `photo`. All ranks
/// call it, and get the same.
std::uint64_t hash_of_all(Ranks& ranks, const Deal& deal, std::span<const float> rows,
                          int dimension, std::span<const std::int64_t> photo);

/// `merges` of rank 0, at all ranks.
std::vector<Merge> from_first_rank(Ranks& ranks, std::span<const Merge> merges);

}  // namespace facenet
