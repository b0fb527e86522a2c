#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/distributed/deal.h"
#include "index/linkage/rounds.h"

namespace facenet {

/// At which rank a cluster is, by the name that it has at first: where its smallest point was dealt
/// to, and after move_to() where others near to it are. A cluster that takes in another stays where
/// it is. Internal to index/.
class Homes {
 public:
  explicit Homes(const Deal& deal) : deal_(deal) {}

  int rank() const { return deal_.rank(); }
  int size() const { return deal_.size(); }
  int owner(std::int64_t id) const {
    return owner_.empty() ? deal_.owner(id) : owner_[static_cast<std::size_t>(id)];
  }
  bool is_own(std::int64_t id) const { return owner(id) == rank(); }
  /// The place of a cluster among those of its owner.
  std::int64_t slot(std::int64_t id) const {
    return slot_.empty() ? deal_.slot(id) : slot_[static_cast<std::size_t>(id)];
  }
  std::int64_t own_count() const { return own_count_ < 0 ? deal_.own_count() : own_count_; }

  /// `owner` of each cluster of `clusters`, which are all there are.
  void move_to(std::span<const std::int32_t> clusters, std::vector<std::int32_t> owner);

 private:
  Deal deal_;
  std::vector<std::int32_t> owner_, slot_;
  std::int64_t own_count_ = -1;
};

/// Two clusters that should be at one rank, the nearer the more so.
struct Bond {
  float distance;
  std::int32_t first, second;
};

/// An owner for each of `clusters`, by their names; -1 for all other names. Each rank gets about as
/// many points, in groups of clusters that bonds hold together, the nearest first. `sizes` are by
/// names.
std::vector<std::int32_t> homes_by_bonds(std::span<const std::int32_t> clusters,
                                         std::span<const std::int32_t> sizes,
                                         std::vector<Bond> bonds, int ranks);

}  // namespace facenet
