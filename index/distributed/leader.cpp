#include "index/distributed/leader.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "index/distributed/agglomerate.h"
#include "index/distributed/message.h"
#include "index/points.h"

namespace facenet {
namespace {

/// A clustering, but for the vectors.
struct Task {
  std::int64_t count = 0;
  int dimension = 0;
  AgglomerateOptions options;
  std::vector<std::int64_t> photo, block, label;
  std::vector<Separation> apart;

  Constraints constraints() const { return {photo, block, label, apart}; }
};

void put_numbers(std::span<const std::int64_t> numbers, Message& message) {
  message.put(numbers.size());
  message.put_all(numbers);
}

std::vector<std::int64_t> get_numbers(MessageReader& message) {
  std::vector<std::int64_t> numbers(message.get<std::size_t>());
  message.get_all(std::span(numbers));
  return numbers;
}

void put_task(const Points& points, const Constraints& constraints,
              const AgglomerateOptions& options, Message& message) {
  message.put(points.count);
  message.put(points.dimension);
  message.put(options);
  put_numbers(constraints.photo, message);
  put_numbers(constraints.block, message);
  put_numbers(constraints.label, message);
  message.put(constraints.apart.size());
  for (const auto& [left, right] : constraints.apart) {
    put_numbers(left, message);
    put_numbers(right, message);
  }
}

Task get_task(MessageReader& message) {
  Task task;
  task.count = message.get<std::int64_t>();
  task.dimension = message.get<int>();
  task.options = message.get<AgglomerateOptions>();
  task.photo = get_numbers(message);
  task.block = get_numbers(message);
  task.label = get_numbers(message);
  task.apart.resize(message.get<std::size_t>());
  for (auto& [left, right] : task.apart) {
    left = get_numbers(message);
    right = get_numbers(message);
  }
  return task;
}

/// Each rank gets its rows from the first, which has `values`: a few at a time, so that no second
/// copy of all is on its way.
std::vector<float> deal_out(Ranks& ranks, std::int64_t count, int dimension,
                            std::span<const float> values) {
  constexpr std::int64_t kAtOnce = 1 << 14;
  const Deal own(count, ranks.rank(), ranks.size());
  std::vector<float> rows;
  rows.reserve(index(own.own_count() * dimension));
  for (std::int64_t from = 0; from < count; from += kAtOnce) {
    Messages messages(index(ranks.size()));
    for (int r = 0; ranks.rank() == 0 && r < ranks.size(); ++r) {
      const std::int64_t to = std::min(from + kAtOnce, count);
      Deal(count, r, ranks.size()).for_own_runs([&](std::int64_t begin, std::int64_t end) {
        begin = std::max(begin, from);
        end = std::min(end, to);
        if (begin >= end) return;
        messages[index(r)].put_all(
            values.subspan(index(begin * dimension), index((end - begin) * dimension)));
      });
    }
    const Bytes bytes = exchange(ranks, messages).front();
    const std::size_t before = rows.size();
    rows.resize(before + bytes.size() / sizeof(float));
    MessageReader(bytes).get_all(std::span(rows).subspan(before));
  }
  return rows;
}

}  // namespace

Clustering LeadingRank::agglomerate(const Points& points, const Constraints& constraints,
                                    const AgglomerateOptions& options) {
  Message message;
  message.put(true);
  put_task(points, constraints, options, message);
  ranks_.exchange(std::vector<Bytes>(index(ranks_.size()), message.take()));
  std::vector<float> rows = deal_out(ranks_, points.count, points.dimension, points.values);
  return facenet::agglomerate(ranks_, Deal(points.count, 0, ranks_.size()), points.dimension,
                              std::move(rows), constraints, options);
}

void LeadingRank::release() {
  Message message;
  message.put(false);
  ranks_.exchange(std::vector<Bytes>(index(ranks_.size()), message.take()));
}

void help(Ranks& ranks) {
  while (true) {
    const auto told = ranks.exchange(std::vector<Bytes>(index(ranks.size())));
    MessageReader message(told.front());
    if (!message.get<bool>()) return;
    const Task task = get_task(message);
    std::vector<float> rows = deal_out(ranks, task.count, task.dimension, {});
    agglomerate(ranks, Deal(task.count, ranks.rank(), ranks.size()), task.dimension,
                std::move(rows), task.constraints(), task.options);
  }
}

}  // namespace facenet
