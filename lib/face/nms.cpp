#include "face/nms.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace facenet {
namespace {

/// Boxes by their edges and one array per coordinate, so that the inner loop below is vectorised: a
/// busy photo brings thousands of windows.
struct Edges {
  std::vector<float> left, top, right, bottom, area;

  void push_back(const Box& box) {
    left.push_back(box.x);
    top.push_back(box.y);
    right.push_back(box.x + box.width);
    bottom.push_back(box.y + box.height);
    area.push_back(box.area());
  }
  std::size_t size() const { return area.size(); }
};

/// Whether the box and any of `kept` share more than `most` of the area that whole(i, shared) gives
/// for box i of them. The test is a multiplication, as a division would be by zero for empty boxes;
/// in double, where areas of whole pixels are exact.
template <class Whole>
bool shares_more(const Edges& kept, const Box& box, double most, const Whole& whole) {
  const float right = box.x + box.width;
  const float bottom = box.y + box.height;
  int overlapping = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const float width = std::min(kept.right[i], right) - std::max(kept.left[i], box.x);
    const float height = std::min(kept.bottom[i], bottom) - std::max(kept.top[i], box.y);
    const float shared = std::max(width, 0.0F) * std::max(height, 0.0F);
    overlapping += shared > most * whole(i, shared) ? 1 : 0;
  }
  return overlapping > 0;
}

bool overlaps_any(const Edges& kept, const Box& box, const OverlapLimit& limit) {
  const float area = box.area();
  const auto both = [&](std::size_t i, float shared) { return kept.area[i] + area - shared; };
  const auto smaller = [&](std::size_t i, float) { return std::min(kept.area[i], area); };
  const auto enclosing = [&](std::size_t i, float) {
    return (std::max(kept.right[i], box.x + box.width) - std::min(kept.left[i], box.x)) *
           (std::max(kept.bottom[i], box.y + box.height) - std::min(kept.top[i], box.y));
  };
  switch (limit.measure) {
    case OverlapMeasure::kUnion:
      return shares_more(kept, box, limit.most, both);
    case OverlapMeasure::kSmaller:
      return shares_more(kept, box, limit.most, smaller);
    case OverlapMeasure::kEnclosing:
      return shares_more(kept, box, limit.most, enclosing);
  }
  throw std::logic_error("no such measure of overlap");
}

}  // namespace

std::vector<int> suppress_overlaps(std::span<const Box> boxes, std::span<const float> scores,
                                   std::initializer_list<OverlapLimit> limits) {
  std::vector<int> order(boxes.size());
  std::iota(order.begin(), order.end(), 0);
  const auto score = [&](int i) { return scores[static_cast<std::size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return score(a) > score(b); });

  std::vector<int> stay;
  Edges kept;
  for (const int index : order) {
    const Box& box = boxes[static_cast<std::size_t>(index)];
    const bool is_taken = std::ranges::any_of(
        limits, [&](const OverlapLimit& limit) { return overlaps_any(kept, box, limit); });
    if (is_taken) continue;
    kept.push_back(box);
    stay.push_back(index);
  }
  return stay;
}

}  // namespace facenet
