#include "index/linkage/search/near_list.h"

#include <limits>

namespace facenet {

double join_lists(const NearPart& a, const NearPart& b, double reach,
                  std::vector<NearCluster>& joined) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kRounding = 1e-12;  // the average must not come out above the distances
  const auto weight_a = static_cast<double>(a.size), weight_b = static_cast<double>(b.size);
  const auto average = [&](double of_a, double of_b) {
    return (weight_a * of_a + weight_b * of_b) / (weight_a + weight_b) * (1 - kRounding);
  };
  const double least_a = a.least(reach), least_b = b.least(reach);
  const auto add = [&](std::int32_t id, double of_a, double of_b) {
    joined.push_back({id, rounded_down(average(of_a, of_b))});
  };
  joined.clear();
  auto next_a = a.list.begin();
  auto next_b = b.list.begin();
  while (next_a != a.list.end() || next_b != b.list.end()) {
    const bool is_of_a =
        next_b == b.list.end() || (next_a != a.list.end() && next_a->id <= next_b->id);
    const bool is_of_b =
        next_a == a.list.end() || (next_b != b.list.end() && next_b->id <= next_a->id);
    add(is_of_a ? next_a->id : next_b->id,
        is_of_a ? static_cast<double>(next_a->at_least) : least_a,
        is_of_b ? static_cast<double>(next_b->at_least) : least_b);
    next_a += is_of_a;
    next_b += is_of_b;
  }
  return a.bound == kInfinity && b.bound == kInfinity ? kInfinity : average(least_a, least_b);
}

}  // namespace facenet
