#include "library/attach_faces.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>
#include <unordered_set>

#include "index/neighbours.h"
#include "library/grouping_rule.h"

namespace facenet {
namespace {

/// A group of the core that others may join.
struct Host {
  std::int32_t group = 0;
  FaceGroup faces = {};
  std::vector<double> mean = {};
  double length = 0;  ///< of the mean
  std::unordered_set<std::int64_t> photos = {};
};

struct Candidate {
  double distance = 0;  ///< mean squared distance to the host's faces
  std::size_t guest = 0;
  std::size_t host = 0;
};

double dot(std::span<const float> vector, const std::vector<double>& mean) {
  return std::inner_product(vector.begin(), vector.end(), mean.begin(), 0.0, std::plus<>(),
                            [](float a, double b) { return double{a} * b; });
}

class Attacher {
 public:
  Attacher(const FaceParts& parts, LateVectors& core_vectors, LateVectors& weak_vectors,
           std::span<const std::int32_t> core_groups, const JoinConstantsByKind& joins,
           const Rivals& rivals)
      : parts_(parts),
        core_vectors_(core_vectors),
        weak_vectors_(weak_vectors),
        joins_(joins),
        rivals_(rivals) {
    groups_.assign(parts.all.faces.size(), -1);
    for (std::size_t i = 0; i < parts.core_rows.size(); ++i) {
      groups_[parts.core_rows[i]] = core_groups[i];
      next_ = std::max(next_, core_groups[i] + 1);
    }
    if (parts.weak_rows.empty()) return;
    core_shots_.emplace(parts.core, core_vectors.values(), joins);
    add_hosts(core_groups);
    for (const auto& separation : parts.all.apart) note(separation);
  }

  std::vector<std::int32_t> attach(int threads) {
    for (const Candidate& candidate : candidates(threads)) try_to_join(candidate);
    for (const std::size_t row : parts_.weak_rows)
      if (groups_[row] < 0) groups_[row] = next_++;
    return std::move(groups_);
  }

 private:
  void add_hosts(std::span<const std::int32_t> core_groups) {
    std::map<std::int32_t, std::vector<std::size_t>> members;
    for (std::size_t row = 0; row < core_groups.size(); ++row)
      members[core_groups[row]].push_back(row);
    for (const auto& [group, rows] : members) {
      const bool is_said = std::ranges::any_of(
          rows, [&](std::size_t row) { return parts_.core.block[row] != kNone; });
      if (rows.size() > 1 || is_said) add_host(group, rows, is_said);
    }
  }

  void add_host(std::int32_t group, const std::vector<std::size_t>& rows, bool is_said) {
    if (!is_said && !core_shots_->differ(rows)) return;
    std::vector<double> sum = core_vectors_.sum(rows);
    Host host{.group = group, .faces = group_of(sum, rows, *core_shots_, joins_)};
    for (double& value : sum) value /= static_cast<double>(rows.size());
    host.length = std::sqrt(std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0));
    if (host.length == 0) return;
    host.mean = std::move(sum);
    for (const std::size_t row : rows)
      if (parts_.core.photo[row] != kNone) host.photos.insert(parts_.core.photo[row]);
    hosts_.push_back(std::move(host));
  }

  /// For each face of either side, the faces that it must not be with.
  void note(const ClusteringInput::Separation& separation) {
    for (const std::int64_t row : separation.left)
      apart_[static_cast<std::size_t>(row)].push_back(&separation.right);
    for (const std::int64_t row : separation.right)
      apart_[static_cast<std::size_t>(row)].push_back(&separation.left);
  }

  FaceGroup guest_group(std::size_t guest) const {
    return {.by_other = static_cast<double>(parts_.weak.by_other[guest])};
  }

  /// The squared distance of a face and a host's direction within which the host may be joined.
  double radius() const {
    double radius = 0;
    for (const Host& host : hosts_)
      for (const double by_other : {0.0, 1.0}) {
        const double farthest = farthest_join({.by_other = by_other}, host.faces, joins_, rivals_);
        radius = std::max(radius, 2 - 2 * (1 - farthest / 2) / host.length);
      }
    return std::min(radius + 1e-5, 4.0);
  }

  std::vector<Candidate> candidates(int threads) {
    if (hosts_.empty()) return {};
    std::vector<float> directions;
    for (const Host& host : hosts_)
      for (const double value : host.mean)
        directions.push_back(static_cast<float>(value / host.length));
    const auto dimension = static_cast<int>(weak_vectors_.dimension());
    const Points guests{weak_vectors_.values(), std::ssize(parts_.weak.faces), dimension};
    const Points points{directions, std::ssize(hosts_), dimension};
    std::vector<Candidate> list;
    for (const Pair& pair : pairs_across(guests, points, radius(), threads)) {
      const auto guest = static_cast<std::size_t>(pair.first);
      const Host& host = hosts_[static_cast<std::size_t>(pair.second)];
      const double distance = std::max(0.0, 2 - 2 * dot(guests.row(pair.first), host.mean));
      if (weigh_join(guest_group(guest), host.faces, distance, joins_, rivals_).passes())
        list.push_back({distance, guest, static_cast<std::size_t>(pair.second)});
    }
    std::ranges::sort(list, {}, [](const Candidate& candidate) {
      return std::tuple(candidate.distance, candidate.guest, candidate.host);
    });
    return list;
  }

  bool is_kept_apart(std::size_t row, std::int32_t group) const {
    const auto found = apart_.find(row);
    return found != apart_.end() &&
           std::ranges::any_of(found->second, [&](const std::vector<std::int64_t>* rows) {
             return std::ranges::any_of(*rows, [&](std::int64_t other) {
               return groups_[static_cast<std::size_t>(other)] == group;
             });
           });
  }

  void try_to_join(const Candidate& candidate) {
    Host& host = hosts_[candidate.host];
    const std::size_t row = parts_.weak_rows[candidate.guest];
    const std::int64_t photo = parts_.weak.photo[candidate.guest];
    if (groups_[row] >= 0 || host.photos.contains(photo) || is_kept_apart(row, host.group)) return;
    if (photo != kNone) host.photos.insert(photo);
    groups_[row] = host.group;
  }

  const FaceParts& parts_;
  LateVectors& core_vectors_;
  LateVectors& weak_vectors_;
  const JoinConstantsByKind& joins_;
  const Rivals& rivals_;
  std::optional<Shots> core_shots_;  ///< where there is something to attach
  std::vector<Host> hosts_;
  std::map<std::size_t, std::vector<const std::vector<std::int64_t>*>> apart_;
  std::int32_t next_ = 0;
  std::vector<std::int32_t> groups_;
};

}  // namespace

FaceParts part_faces(ClusteringInput all, bool apart) {
  FaceParts parts;
  if (!apart) std::ranges::fill(all.weak, std::uint8_t{0});
  for (std::size_t row = 0; row < all.faces.size(); ++row)
    (all.weak[row] != 0 ? parts.weak_rows : parts.core_rows).push_back(row);
  parts.core = select_rows(all, parts.core_rows);
  parts.weak = select_rows(all, parts.weak_rows);
  parts.all = std::move(all);
  return parts;
}

std::vector<std::int32_t> attach_faces(const FaceParts& parts, LateVectors& core_vectors,
                                       LateVectors& weak_vectors,
                                       std::span<const std::int32_t> core_groups,
                                       const JoinConstantsByKind& joins, const Rivals& rivals,
                                       int threads) {
  return Attacher(parts, core_vectors, weak_vectors, core_groups, joins, rivals).attach(threads);
}

}  // namespace facenet
