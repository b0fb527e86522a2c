#include "index/distributed/own_clusters.h"

#include <algorithm>
#include <utility>

#include "base/distance.h"

namespace facenet {

OwnClusters::OwnClusters(const Deal& deal, int dimension, std::vector<float> rows,
                         const Constraints& constraints)
    : homes_(deal),
      dimension_(dimension),
      rows_(std::move(rows)),
      sets_(deal.count()),
      constraints_(deal.count(), constraints),
      size_(static_cast<std::size_t>(deal.count()), 1),
      bodies_(static_cast<std::size_t>(deal.own_count())) {
  deal.for_own_runs([&](std::int64_t begin, std::int64_t end) {
    for (; begin < end; ++begin) {
      bodies_[static_cast<std::size_t>(deal.slot(begin))].squares =
          squared_norm(row(static_cast<Id>(begin)));
    }
  });
}

std::vector<OwnClusters::Id> OwnClusters::own_of(std::span<const Id> clusters) const {
  std::vector<Id> own;
  std::ranges::copy_if(clusters, std::back_inserter(own),
                       [this](Id id) { return homes_.is_own(id) && is_cluster(id); });
  return own;
}

std::span<const float> OwnClusters::row(Id point) const {
  const auto dimension = static_cast<std::size_t>(dimension_);
  if (!kept(point).rows.empty()) return std::span(kept(point).rows).first(dimension);
  return std::span(rows_).subspan(slot(point) * dimension, dimension);
}

ClusterBody OwnClusters::body(Id cluster) const {
  ClusterBody body = kept(cluster);
  if (body.size == 1 && body.rows.empty()) {
    body.rows.assign(row(cluster).begin(), row(cluster).end());
  }
  return body;
}

ClusterSum OwnClusters::sum(Id cluster, std::vector<double>& scratch) const {
  if (kept(cluster).size == 1) return {.row = row(cluster), .size = 1};
  return kept(cluster).sum(scratch);
}

void OwnClusters::mean(Id cluster, std::span<float> mean) const {
  std::vector<double> scratch;
  write_mean(sum(cluster, scratch), mean);
}

double OwnClusters::mean_square(Id cluster) const {
  return kept(cluster).squares / static_cast<double>(kept(cluster).size);
}

void OwnClusters::join(Id first, Id second) {
  size_[index(first)] += size_[index(second)];
  constraints_.join(first, second);
  sets_.join(first, second);
}

ClusterBody OwnClusters::give_away(Id second) {
  ClusterBody given = body(second);
  bodies_[slot(second)] = {};
  return given;
}

void OwnClusters::take(Id first, const ClusterBody& second) {
  ClusterBody joined = kept(first).size == 1 ? body(first) : std::move(bodies_[slot(first)]);
  joined.add(second);
  bodies_[slot(first)] = std::move(joined);
}

void OwnClusters::move_to(const Homes& homes, std::vector<ClusterBody> bodies) {
  homes_ = homes;
  bodies_ = std::move(bodies);
  std::vector<float>().swap(rows_);
}

void put_sum(const ClusterSum& sum, Message& message) {
  message.put(sum.size);
  message.put(sum.scatter);
  if (sum.size == 1) {
    message.put_all(sum.row);
  } else {
    message.put_all(sum.values);
  }
}

ReceivedSum::ReceivedSum(MessageReader& message, int dimension) {
  const auto size = message.get<std::int64_t>();
  const auto scatter = message.get<double>();
  if (size == 1) {
    row_.resize(static_cast<std::size_t>(dimension));
    message.get_all(std::span(row_));
  } else {
    values_.resize(static_cast<std::size_t>(dimension));
    message.get_all(std::span(values_));
  }
  sum_ = {.row = row_, .values = values_, .size = size, .scatter = scatter};
}

}  // namespace facenet
