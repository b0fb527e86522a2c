#include "face/nms.h"

#include <algorithm>
#include <numeric>

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

/// Whether the box overlaps any of `kept` by more than the limit. The test is a multiplication, as
/// a division would be by zero for empty boxes.
bool overlaps_any(const Edges& kept, const Box& box, float limit, OverlapMeasure measure) {
  const float right = box.x + box.width;
  const float bottom = box.y + box.height;
  const float area = box.area();
  const bool by_union = measure == OverlapMeasure::kUnion;
  int overlapping = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const float width = std::min(kept.right[i], right) - std::max(kept.left[i], box.x);
    const float height = std::min(kept.bottom[i], bottom) - std::max(kept.top[i], box.y);
    const float shared = std::max(width, 0.0F) * std::max(height, 0.0F);
    const float whole = by_union ? kept.area[i] + area - shared : std::min(kept.area[i], area);
    overlapping += shared > limit * whole ? 1 : 0;
  }
  return overlapping > 0;
}

}  // namespace

std::vector<int> suppress_overlaps(std::span<const Box> boxes, std::span<const float> scores,
                                   float limit, OverlapMeasure measure) {
  std::vector<int> order(boxes.size());
  std::iota(order.begin(), order.end(), 0);
  const auto score = [&](int i) { return scores[static_cast<std::size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return score(a) > score(b); });

  std::vector<int> stay;
  Edges kept;
  for (const int index : order) {
    const Box& box = boxes[static_cast<std::size_t>(index)];
    if (overlaps_any(kept, box, limit, measure)) continue;
    kept.push_back(box);
    stay.push_back(index);
  }
  return stay;
}

}  // namespace facenet
