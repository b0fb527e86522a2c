#include "cmd/redetection_report.h"

#include <algorithm>

#include "base/logging.h"
#include "base/text.h"
#include "people/facts.h"
#include "people/lost_faces.h"

namespace facenet {
namespace {

/// Of these the text lists no more; --json has all.
constexpr std::size_t kLostFacesShown = 20;

std::string describe_lost(const LostFace& lost) {
  std::vector<std::string> facts;
  for (const FactRecord& fact : lost.facts)
    facts.push_back(fmt::format("fact {}{}: {}", fact.id, fact.undone ? " (undone)" : "",
                                escape_control(describe_fact(fact))));
  const std::string whose = lost.person == 0 ? ""
                            : lost.name.empty()
                                ? fmt::format(" of person {}", lost.person)
                                : fmt::format(" of {} (person {})", lost.name, lost.person);
  return fmt::format("{}: face {}{} is not found any more; it stays, because of {}", lost.photo,
                     lost.face, whose, fmt::join(facts, "; "));
}

}  // namespace

void report_redetection(const Catalog& catalog, const Redetection& redetection) {
  if (!redetection.is_any()) return;
  std::string text =
      fmt::format("faces found anew in {}: {} kept, {} new, {} gone",
                  counted(redetection.photos, "photo"), with_thousands(redetection.kept),
                  with_thousands(redetection.fresh), with_thousands(redetection.gone));
  if (redetection.lost > 0)
    text += fmt::format(", {} not found but kept because of what you said",
                        with_thousands(redetection.lost));
  if (redetection.waiting > 0)
    text += fmt::format("; {} still to be looked at, when there",
                        counted(redetection.waiting, "photo"));
  log_info("{}", text);
  if (redetection.photos == 0) return;
  const std::vector<LostFace> lost = lost_faces(catalog);
  for (std::size_t i = 0; i < std::min(lost.size(), kLostFacesShown); ++i)
    log_warning("{}", describe_lost(lost[i]));
  if (lost.size() > kLostFacesShown)
    log_warning("not found any more, but kept: {} besides; --json lists all",
                counted(std::ssize(lost) - static_cast<std::ptrdiff_t>(kLostFacesShown), "face"));
}

Json redetection_json(const Catalog& catalog, const Redetection& redetection) {
  if (!redetection.is_any()) return nullptr;
  Json json{{"photo_count", redetection.photos},   {"kept_face_count", redetection.kept},
            {"new_face_count", redetection.fresh}, {"gone_face_count", redetection.gone},
            {"lost_face_count", redetection.lost}, {"waiting_photo_count", redetection.waiting},
            {"lost_faces", Json::array()}};
  for (const LostFace& lost : lost_faces(catalog)) {
    Json entry{{"face", lost.face},
               {"person", lost.person == 0 ? Json(nullptr) : Json(lost.person)},
               {"name", lost.name.empty() ? Json(nullptr) : Json(lost.name)}};
    set_photo(entry, lost.photo);
    entry["facts"] = Json::array();
    for (const FactRecord& fact : lost.facts)
      entry["facts"].push_back(
          {{"fact", fact.id}, {"text", describe_fact(fact)}, {"undone", fact.undone}});
    json["lost_faces"].push_back(std::move(entry));
  }
  return json;
}

}  // namespace facenet
