#include "cmd/photos/explanation.h"

#include <iostream>

#include "base/text.h"

namespace facenet {

namespace {

Json terms_json(const Explanation& explanation) {
  if (!explanation.terms) return nullptr;
  const Explanation::Terms& terms = *explanation.terms;
  return {{"likeness", terms.evidence.cosine},
          {"likeness_needed", terms.evidence.even_cosine},
          {"probability", terms.evidence.probability()},
          {"shot_counts",
           {static_cast<std::int64_t>(terms.shots_a), static_cast<std::int64_t>(terms.shots_b)}},
          {"rival_count", static_cast<std::int64_t>(terms.rivals)}};
}

void print_terms(const Explanation& explanation, const std::string& sides) {
  const Explanation::Terms& terms = *explanation.terms;
  const JoinEvidence& evidence = terms.evidence;
  std::cout << fmt::format("  {} of {}: the likeness of their mean faces is {:.3f}\n",
                           explanation.together ? "joined as groups" : "their people are groups",
                           sides, evidence.cosine);
  if (evidence.is_burst) {
    std::cout << "  near-duplicates: such photos are always one person\n";
    return;
  }
  if (!evidence.is_near) {
    std::cout << fmt::format("  their mean distance {:.3f} is too large for any likeness\n",
                             *explanation.mean_distance);
    return;
  }
  std::cout << fmt::format(
      "  {:.3f} is needed for groups of this size, with {} that the smaller could be mistaken for: "
      "one person with probability {:.4f}\n",
      evidence.even_cosine, counted(static_cast<long long>(terms.rivals), "group"),
      evidence.probability());
  if (explanation.together && !evidence.passes())
    std::cout << "  the two would not join on their own: the rest of the person took both in\n";
}

void print_distances(const Explanation& explanation, const std::string& sides) {
  const double threshold = *explanation.threshold;
  if (explanation.joined_at && *explanation.joined_at <= threshold) {
    std::cout << fmt::format(
        "  joined as parts of {} at mean distance {:.3f}; the threshold is {:.3f}\n", sides,
        *explanation.joined_at, threshold);
    return;
  }
  std::cout << fmt::format(
      "  their people of {} are at mean distance {:.3f}; the threshold is {:.3f}\n", sides,
      *explanation.mean_distance, threshold);
  if (explanation.joined_at)
    std::cout << fmt::format("  they join at threshold {:.3f}\n", *explanation.joined_at);
}

}  // namespace

Json explanation_json(const Explanation& explanation) {
  const auto or_null = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  Json json{{"together", explanation.together},
            {"faces", {explanation.a, explanation.b}},
            {"people", {explanation.person_a, explanation.person_b}},
            {"as_grouped", explanation.as_grouped},
            {"unrecognisable_faces", explanation.unrecognisable},
            {"distance", explanation.distance},
            {"probability", probability_json(explanation.probability)},
            {"rule", explanation.threshold ? "threshold" : "default"},
            {"threshold", or_null(explanation.threshold)},
            {"joined_at", or_null(explanation.joined_at)},
            {"mean_distance", or_null(explanation.mean_distance)},
            {"face_counts", {explanation.size_a, explanation.size_b}},
            {"terms", terms_json(explanation)},
            {"nearest", Json::array()},
            {"constraints", explanation.constraints}};
  for (const Explanation::Link& link : explanation.nearest)
    json["nearest"].push_back({{"faces", {link.a, link.b}}, {"distance", link.distance}});
  return json;
}

void print_explanation(const Explanation& explanation) {
  const auto line = [](const std::string& text) { std::cout << escape_control(text) << '\n'; };
  if (explanation.together) {
    line(fmt::format("faces {} and {} are both person {}", explanation.a, explanation.b,
                     explanation.person_a));
  } else {
    line(fmt::format("face {} is person {}, face {} is person {}", explanation.a,
                     explanation.person_a, explanation.b, explanation.person_b));
  }
  line(fmt::format("  their own distance is {:.3f}{}", explanation.distance,
                   probability_text(explanation.probability)));
  if (!explanation.as_grouped)
    line("  facts or photos have changed since the faces were grouped: this is how the faces of " +
         std::string(explanation.together ? "this person" : "these two people") + " are bound now");
  for (const FaceId face : explanation.unrecognisable)
    line(fmt::format(
        "  face {} is not recognisable: by itself it makes no person, and it joins only a person "
        "who was seen more than once",
        face));
  for (const std::string& constraint : explanation.constraints)
    line(fmt::format("  {} by {}", explanation.together ? "together" : "kept apart", constraint));
  if (!explanation.mean_distance) return;
  const std::string sides = fmt::format("{} and {} faces", explanation.size_a, explanation.size_b);
  if (explanation.terms) {
    print_terms(explanation, sides);
  } else if (explanation.threshold) {
    print_distances(explanation, sides);
  }
  for (const Explanation::Link& link : explanation.nearest)
    line(fmt::format("  nearest faces across: {} and {} at {:.3f}", link.a, link.b, link.distance));
}

}  // namespace facenet
