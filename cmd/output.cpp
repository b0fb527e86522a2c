#include "cmd/output.h"

#include <cmath>
#include <iostream>
#include <limits>
#include <map>
#include <set>

#include "base/format.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/text.h"

namespace facenet {
namespace {

double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

Json point_json(const Point& point) {
  return Json::array({rounded(point.x, 100), rounded(point.y, 100)});
}

/// Paths of a person's photos, each once, in the order of the faces.
std::vector<std::string> photo_paths(const Person& person) {
  std::vector<std::string> paths;
  std::set<std::string> seen;
  for (const PersonFace& face : person.faces) {
    if (!face.paths.empty() && seen.insert(face.paths.front()).second) {
      paths.push_back(face.paths.front());
    }
  }
  return paths;
}

/// Photos that are shown as one.
struct PhotoStack {
  std::string first{};
  std::vector<std::string> like_it{};
};

std::vector<PhotoStack> photo_stacks(const Person& person) {
  std::vector<PhotoStack> stacks;
  std::set<std::string> seen;
  std::map<std::size_t, std::size_t> place;  // in `stacks`, of that which begins with a face
  for (const PersonFace& face : person.faces) {
    if (face.paths.empty() || !seen.insert(face.paths.front()).second) continue;
    const auto [there, is_new] = place.emplace(face.stack, stacks.size());
    if (is_new)
      stacks.push_back({.first = face.paths.front()});
    else
      stacks[there->second].like_it.push_back(face.paths.front());
  }
  return stacks;
}

/// A stack takes a line, or where all photos are wanted one for each.
void print_text(const Person& person, std::size_t stacks_shown) {
  const auto by_hand = std::ranges::count_if(
      person.faces, [](const PersonFace& shown) { return shown.face.by_hand; });
  std::cout << fmt::format(
      "person {}{}{}{}: {}{}\n", person.id, person.name.empty() ? "" : " ",
      escape_control(person.name), person.hidden ? " (hidden)" : "",
      counted(std::ssize(person.faces), "face"),
      by_hand == 0 ? "" : fmt::format(", {} marked by hand", with_thousands(by_hand)));
  const bool shows_all = stacks_shown == SIZE_MAX;
  std::size_t left = 0;
  for (const PhotoStack& stack : photo_stacks(person)) {
    const std::size_t photos = 1 + stack.like_it.size();
    if (stacks_shown == 0) {
      left += photos;
      continue;
    }
    --stacks_shown;
    std::cout << "    " << escape_control(stack.first);
    if (photos > 1) std::cout << fmt::format(" (+{} like it)", photos - 1);
    std::cout << '\n';
    if (shows_all)
      for (const std::string& path : stack.like_it)
        std::cout << "        " << escape_control(path) << '\n';
  }
  if (left > 0) std::cout << fmt::format("    and {} more\n", left);
}

void print_csv_rows(const Person& person) {
  for (const PersonFace& shown : person.faces) {
    const FaceRecord& face = shown.face;
    std::cout << fmt::format("{},{},{},{},{:.2f},{:.2f},{:.2f},{:.2f},{:.4f},{},{:d}\n", person.id,
                             csv_field(person.name), face.id, csv_field(shown.paths.front()),
                             face.x, face.y, face.width, face.height, face.score,
                             time_field(face.time_ms), face.by_hand);
  }
}

void print_null_separated(const std::vector<Person>& people, const OutputOptions& options) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < people.size(); ++i) {
    if (options.grouped && i > 0) std::cout << options.group_separator << '\0';
    for (const std::string& path : photo_paths(people[i]))
      if (options.grouped || seen.insert(path).second) std::cout << path << '\0';
  }
}

}  // namespace

void set_photo(Json& object, const std::string& path) {
  object["photo"] = to_valid_utf8(path);
  if (!is_valid_utf8(path)) object["photo_bytes"] = base64(path);
}

void set_time(Json& object, std::optional<std::int64_t> time_ms) {
  if (time_ms) object["time"] = static_cast<double>(*time_ms) / 1000;
}

std::string time_field(std::optional<std::int64_t> time_ms) {
  return time_ms ? fmt::format("{:.3f}", static_cast<double>(*time_ms) / 1000) : "";
}

std::string time_suffix(std::optional<std::int64_t> time_ms) {
  return time_ms ? " at " + time_text(*time_ms) : "";
}

Json problems_json(std::span<const std::pair<std::string, std::string>> problems) {
  Json json = Json::array();
  for (const auto& [path, reason] : problems) {
    Json entry;
    set_photo(entry, path);
    entry["error"] = to_valid_utf8(reason);
    json.push_back(std::move(entry));
  }
  return json;
}

void log_away(std::int64_t photos) {
  if (photos > 0)
    log_info("{} not there now, and left out: `facenet photos --missing`",
             counted(photos, "photo is", "photos are"));
}

Json box_json(const Box& box) {
  return Json::array({rounded(box.x, 100), rounded(box.y, 100), rounded(box.width, 100),
                      rounded(box.height, 100)});
}

Json score_json(float score) {
  return rounded(score, 10000);
}

std::string box_text(const Box& box) {
  return fmt::format("{:.0f}x{:.0f}{:+.0f}{:+.0f}", box.width, box.height, std::round(box.x),
                     std::round(box.y));
}

Json face_json(const Face& face) {
  Json json{{"box", box_json(face.box)}, {"score", score_json(face.score)}};
  for (const Point& point : face.landmarks) json["landmarks"].push_back(point_json(point));
  return json;
}

Json analysis_json(const std::string& path, const PhotoAnalysis& analysis) {
  Json json;
  set_photo(json, path);
  if (analysis.status != PhotoAnalysis::Status::kAnalysed) {
    json["error"] = to_valid_utf8(analysis.error);
    return json;
  }
  json["width"] = analysis.width;
  json["height"] = analysis.height;
  json["faces"] = Json::array();
  for (const Face& face : analysis.faces) json["faces"].push_back(face_json(face));
  return json;
}

Json person_json(const Person& person) {
  Json json{{"person", person.id},
            {"name", person.name.empty() ? Json(nullptr) : Json(person.name)}};
  if (person.hidden) json["hidden"] = true;
  json["face_count"] = person.faces.size();
  json["stack_count"] = person.stack_count();
  json["faces"] = Json::array();
  for (const PersonFace& shown : person.faces) {
    const FaceRecord& record = shown.face;
    Json face{{"face", record.id}};
    set_photo(face, shown.paths.front());
    set_time(face, record.time_ms);
    face["box"] = box_json({record.x, record.y, record.width, record.height});
    face["score"] = score_json(record.score);
    if (!shown.recognisable) face["recognisable"] = false;
    if (const FaceId first = person.faces[shown.stack].face.id; first != record.id)
      face["like"] = first;
    if (record.by_hand) face["by_hand"] = true;
    json["faces"].push_back(std::move(face));
  }
  return json;
}

Json probability_json(double probability) {
  return std::isnan(probability) ? Json(nullptr) : Json(probability);
}

Json operating_point_json(const OperatingPoint& point) {
  Json joins = nullptr;
  if (point.joins.is_measured())
    joins = {{"strangers", point.joins.strangers}, {"even", point.joins.even},
             {"crowd", point.joins.crowd},         {"fewer", point.joins.fewer},
             {"more", point.joins.more},           {"slope", point.joins.slope},
             {"ceiling", point.joins.ceiling}};
  Json recognisability = nullptr;
  if (const auto& constants = point.recognisability; constants.is_measured())
    recognisability = {{"length", constants.length},
                       {"sharpness", constants.sharpness},
                       {"offset", constants.offset}};
  return {{"verification", point.verification}, {"clustering", point.clustering},
          {"midpoint", point.midpoint},         {"steepness", point.steepness},
          {"joins", std::move(joins)},          {"recognisability", std::move(recognisability)}};
}

ExitStatus stopped(const char* message) {
  if (!reader_has_gone()) log_warning("{}", message);
  return interrupt_status();
}

std::string probability_text(double probability) {
  return std::isnan(probability) ? "" : fmt::format(", probability {:.4f}", probability);
}

std::string json_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void print_json(const Json& json) {
  std::cout << json_text(json) << '\n';
}

void print_records(const Json& document, const char* records, const OutputOptions& options) {
  if (!options.json_lines) return print_json(document);
  for (const Json& record : document.at(records)) print_json(record);
}

JsonRecords::JsonRecords(std::string name, const OutputOptions& options)
    : name_(std::move(name)), options_(options) {}

void JsonRecords::add(const Json& record) {
  if (options_.json_lines) return print_json(record);
  if (!options_.json) return;
  std::cout << (any_ ? ",\n" : fmt::format("{{{}:[\n", json_text(name_))) << json_text(record);
  any_ = true;
}

void JsonRecords::finish(const Json& more) {
  if (!options_.json) return;
  std::cout << (any_ ? "\n]" : fmt::format("{{{}:[]", json_text(name_)));
  for (const auto& [key, value] : more.items()) {
    std::cout << ',' << json_text(key) << ':' << json_text(value);
  }
  std::cout << "}\n";
}

void print_people(const std::vector<Person>& people, const OutputOptions& options,
                  std::size_t stacks_shown) {
  if (options.null_separated) return print_null_separated(people, options);
  if (options.csv) std::cout << "person,name,face,photo,x,y,width,height,score,time,by_hand\n";
  for (const Person& person : people) {
    if (options.csv) {
      print_csv_rows(person);
    } else {
      print_text(person, stacks_shown);
    }
  }
}

}  // namespace facenet
