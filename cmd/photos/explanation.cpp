#include "cmd/photos/explanation.h"

#include <iostream>

namespace facenet {

Json explanation_json(const Explanation& explanation) {
  const auto or_null = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  Json json{{"together", explanation.together},
            {"faces", {explanation.a, explanation.b}},
            {"people", {explanation.person_a, explanation.person_b}},
            {"distance", explanation.distance},
            {"probability", probability_json(explanation.probability)},
            {"threshold", explanation.threshold},
            {"joined_at", or_null(explanation.joined_at)},
            {"mean_distance", or_null(explanation.mean_distance)},
            {"face_counts", {explanation.size_a, explanation.size_b}},
            {"nearest", Json::array()},
            {"constraints", explanation.constraints}};
  for (const Explanation::Link& link : explanation.nearest)
    json["nearest"].push_back({{"faces", {link.a, link.b}}, {"distance", link.distance}});
  return json;
}

void print_explanation(const Explanation& explanation) {
  const auto line = [](const std::string& text) { std::cout << text << '\n'; };
  const double threshold = explanation.threshold;
  if (explanation.together) {
    line(fmt::format("faces {} and {} are both person {}", explanation.a, explanation.b,
                     explanation.person_a));
  } else {
    line(fmt::format("face {} is person {}, face {} is person {}", explanation.a,
                     explanation.person_a, explanation.b, explanation.person_b));
  }
  line(fmt::format("  their own distance is {:.3f}{}", explanation.distance,
                   probability_text(explanation.probability)));
  for (const std::string& constraint : explanation.constraints)
    line(fmt::format("  {} by {}", explanation.together ? "together" : "kept apart", constraint));
  if (!explanation.mean_distance) return;
  const std::string sides = fmt::format("{} and {} faces", explanation.size_a, explanation.size_b);
  if (explanation.joined_at && *explanation.joined_at <= threshold) {
    line(fmt::format("  joined as parts of {} at mean distance {:.3f}; the threshold is {:.3f}",
                     sides, *explanation.joined_at, threshold));
  } else {
    line(fmt::format("  their people of {} are at mean distance {:.3f}; the threshold is {:.3f}",
                     sides, *explanation.mean_distance, threshold));
    if (explanation.joined_at)
      line(fmt::format("  they join at threshold {:.3f}", *explanation.joined_at));
  }
  for (const Explanation::Link& link : explanation.nearest)
    line(fmt::format("  nearest faces across: {} and {} at {:.3f}", link.a, link.b, link.distance));
}

}  // namespace facenet
