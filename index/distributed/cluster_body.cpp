#include "index/distributed/cluster_body.h"

#include <span>

#include "index/vector_sums.h"

namespace facenet {
namespace {

void add_rows(std::span<double> sum, std::span<const float> rows) {
  for (std::size_t begin = 0; begin < rows.size(); begin += sum.size()) {
    add_to_sum(sum, rows.subspan(begin, sum.size()));
  }
}

}  // namespace

ClusterSum ClusterBody::sum(std::vector<double>& scratch) const {
  ClusterSum sum{.size = size, .scatter = scatter};
  if (size == 1) {
    sum.row = rows;
  } else if (!values.empty()) {
    sum.values = values;
  } else {
    scratch.assign(dimension(), 0.0);
    add_rows(scratch, rows);
    sum.values = scratch;
  }
  return sum;
}

void ClusterBody::add(const ClusterBody& other) {
  std::vector<double> scratch, other_scratch;
  scatter += other.scatter + sum_of_distances(sum(scratch), other.sum(other_scratch));
  squares += other.squares;
  if (size + other.size < kKeepsSum) {
    rows.insert(rows.end(), other.rows.begin(), other.rows.end());
  } else {
    if (values.empty()) {
      std::vector<double> total(dimension(), 0.0);
      add_rows(total, rows);
      values = std::move(total);
      std::vector<float>().swap(rows);
    }
    if (other.values.empty()) {
      add_rows(values, other.rows);
    } else {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += other.values[i];
    }
  }
  size += other.size;
}

void put_whole(const WholeCluster& whole, Message& message) {
  message.put(whole.body.size);
  message.put(whole.body.scatter);
  message.put(whole.body.squares);
  message.put_all(std::span<const float>(whole.body.rows));
  message.put_all(std::span<const double>(whole.body.values));
  message.put(whole.bound);
  message.put(whole.list.size());
  message.put_all(std::span<const NearCluster>(whole.list));
}

WholeCluster get_whole(MessageReader& message, int dimension) {
  WholeCluster whole;
  const auto numbers = static_cast<std::size_t>(dimension);
  whole.body.size = message.get<std::int64_t>();
  whole.body.scatter = message.get<double>();
  whole.body.squares = message.get<double>();
  if (whole.body.size < kKeepsSum) {
    whole.body.rows.resize(static_cast<std::size_t>(whole.body.size) * numbers);
  } else {
    whole.body.values.resize(numbers);
  }
  message.get_all(std::span(whole.body.rows));
  message.get_all(std::span(whole.body.values));
  whole.bound = message.get<double>();
  whole.list.resize(message.get<std::size_t>());
  message.get_all(std::span(whole.list));
  return whole;
}

}  // namespace facenet
