#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace facenet {

/// A list of entries for each cluster, all in one array: a cluster that takes over another has both
/// places, one behind the other, so that lists join without a copy. Threads may use the lists of
/// different clusters at the same time, but not while clusters join. Internal to index/.
template <class Entry>
class Chains {
 public:
  using Id = std::int32_t;

  /// Point i has the entries from offsets[i] up to offsets[i + 1].
  Chains(std::vector<std::int64_t> offsets, std::vector<Entry> entries)
      : offsets_(std::move(offsets)),
        entries_(std::move(entries)),
        length_(offsets_.size() - 1),
        next_(length_.size(), -1),
        last_(length_.size()) {
    for (std::size_t i = 0; i < length_.size(); ++i) {
      length_[i] = static_cast<Id>(offsets_[i + 1] - offsets_[i]);
    }
    std::iota(last_.begin(), last_.end(), Id{0});
  }

  void read(Id cluster, std::vector<Entry>& entries) const {
    entries.clear();
    for (Id place = cluster; place >= 0; place = next_[index(place)]) {
      const auto begin = entries_.begin() + offsets_[index(place)];
      entries.insert(entries.end(), begin, begin + length_[index(place)]);
    }
  }

  /// At most as many entries as the cluster's places have room for, which can become fewer.
  void write(Id cluster, std::span<const Entry> entries) {
    for (Id place = cluster;; place = next_[index(place)]) {
      const std::int64_t room = offsets_[index(place) + 1] - offsets_[index(place)];
      const auto count = static_cast<std::size_t>(std::min(room, std::ssize(entries)));
      std::ranges::copy(entries.first(count), entries_.begin() + offsets_[index(place)]);
      length_[index(place)] = static_cast<Id>(count);
      entries = entries.subspan(count);
      if (!entries.empty()) continue;
      next_[index(place)] = -1;  // what is never read again would make long lists slow to walk
      last_[index(cluster)] = place;
      return;
    }
  }

  void join(Id first, Id second) {
    next_[index(last_[index(first)])] = second;
    last_[index(first)] = last_[index(second)];
  }

 private:
  static std::size_t index(Id id) { return static_cast<std::size_t>(id); }

  std::vector<std::int64_t> offsets_;
  std::vector<Entry> entries_;
  std::vector<Id> length_;  ///< entries in use at each place
  std::vector<Id> next_,
      last_;  ///< place of the same cluster; last only of a cluster's first place
};

}  // namespace facenet
