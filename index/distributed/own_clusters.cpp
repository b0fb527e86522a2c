#include "index/distributed/own_clusters.h"

#include <algorithm>
#include <utility>

#include "base/distance.h"

namespace facenet {
OwnClusters::OwnClusters(const Deal& deal, int dimension, std::span<const float> rows,
                         const Constraints& constraints)
    : deal_(deal),
      dimension_(dimension),
      rows_(rows),
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
                       [this](Id id) { return deal_.is_own(id) && is_cluster(id); });
  return own;
}

std::span<const float> OwnClusters::row(Id point) const {
  return rows_.subspan(
      static_cast<std::size_t>(deal_.slot(point)) * static_cast<std::size_t>(dimension_),
      static_cast<std::size_t>(dimension_));
}

std::span<const float> OwnClusters::rows_of(Id cluster) const {
  const Body& own = body(cluster);
  return own.rows.empty() ? row(cluster) : std::span<const float>(own.rows);
}

void OwnClusters::add_rows(std::span<double> sum, std::span<const float> rows) const {
  for (std::size_t begin = 0; begin < rows.size(); begin += sum.size()) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(rows[begin + i]);
  }
}

ClusterSum OwnClusters::sum_of(const Body& body, std::span<const float> row, std::int64_t size,
                               std::vector<double>& scratch) const {
  ClusterSum sum{.size = size, .scatter = body.scatter};
  if (size == 1) {
    sum.row = row;
  } else if (!body.values.empty()) {
    sum.values = body.values;
  } else {
    scratch.assign(static_cast<std::size_t>(dimension_), 0.0);
    add_rows(scratch, body.rows);
    sum.values = scratch;
  }
  return sum;
}

ClusterSum OwnClusters::sum(Id cluster, std::vector<double>& scratch) const {
  return sum_of(body(cluster), row(cluster), size(cluster), scratch);
}

void OwnClusters::mean(Id cluster, std::span<float> mean) const {
  std::vector<double> scratch;
  write_mean(sum(cluster, scratch), mean);
}

double OwnClusters::mean_square(Id cluster) const {
  return body(cluster).squares / static_cast<double>(size(cluster));
}

void OwnClusters::join(Id first, Id second) {
  size_[index(first)] += size_[index(second)];
  constraints_.join(first, second);
  sets_.join(first, second);
}

void OwnClusters::give(Id second, std::int64_t second_size, Message& message) {
  Body& own = bodies_[static_cast<std::size_t>(deal_.slot(second))];
  message.put(own.scatter);
  message.put(own.squares);
  if (second_size >= kKeepsSum) {
    message.put_all(std::span<const double>(own.values));
  } else {
    message.put_all(rows_of(second));
  }
  own = {};
}

void OwnClusters::take(Id first, std::int64_t first_size, std::int64_t second_size,
                       MessageReader& message) {
  const auto dimension = static_cast<std::size_t>(dimension_);
  Body& own = bodies_[static_cast<std::size_t>(deal_.slot(first))];
  Body other;
  other.scatter = message.get<double>();
  other.squares = message.get<double>();
  if (second_size >= kKeepsSum) {
    other.values.resize(dimension);
    message.get_all(std::span(other.values));
  } else {
    other.rows.resize(static_cast<std::size_t>(second_size) * dimension);
    message.get_all(std::span(other.rows));
  }
  std::vector<double> scratch, other_scratch;
  const std::span<const float> other_row =
      std::span<const float>(other.rows).first(second_size == 1 ? dimension : 0);
  own.scatter +=
      other.scatter + sum_of_distances(sum_of(own, row(first), first_size, scratch),
                                       sum_of(other, other_row, second_size, other_scratch));
  own.squares += other.squares;
  if (first_size + second_size < kKeepsSum) {
    if (own.rows.empty()) own.rows.assign(row(first).begin(), row(first).end());
    own.rows.insert(own.rows.end(), other.rows.begin(), other.rows.end());
    return;
  }
  if (own.values.empty()) {
    std::vector<double> values(dimension, 0.0);
    add_rows(values, rows_of(first));
    own.values = std::move(values);
    std::vector<float>().swap(own.rows);
  }
  if (other.values.empty()) {
    add_rows(own.values, other.rows);
  } else {
    for (std::size_t i = 0; i < dimension; ++i) own.values[i] += other.values[i];
  }
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
