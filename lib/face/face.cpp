#include "face/face.h"

#include <algorithm>
#include <tuple>

namespace facenet {

bool share_centres(const Box& a, const Box& b) {
  const auto holds = [](const Box& outer, const Point& at) {
    return at.x >= outer.x && at.x <= outer.x + outer.width && at.y >= outer.y &&
           at.y <= outer.y + outer.height;
  };
  return holds(a, b.centre()) && holds(b, a.centre());
}

float overlap(const Box& a, const Box& b) {
  const float width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const float height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const float shared = width * height;
  return shared / (a.area() + b.area() - shared);
}

float overlap_at(const Face& face, const Box& box, std::optional<std::int64_t> time_ms) {
  if (face.time_ms == time_ms) return overlap(face.box, box);
  for (const Sighting& sighting : face.sightings)
    if (sighting.time_ms == time_ms) return overlap(sighting.box, box);
  return 0;
}

Face scaled(const Face& face, float factor) {
  Face result = face;
  result.box = {face.box.x * factor, face.box.y * factor, face.box.width * factor,
                face.box.height * factor};
  for (Point& point : result.landmarks) {
    point.x = (point.x + 0.5F) * factor - 0.5F;
    point.y = (point.y + 0.5F) * factor - 0.5F;
  }
  return result;
}

void sort_faces(std::vector<Face>& faces) {
  const auto key = [](const Face& face) {
    return std::tuple(-face.box.area(), face.box.y, face.box.x);
  };
  std::stable_sort(faces.begin(), faces.end(),
                   [&](const Face& a, const Face& b) { return key(a) < key(b); });
}

}  // namespace facenet
