#include "library/who.h"

#include <algorithm>
#include <iostream>

#include "base/file.h"
#include "base/hash.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/output.h"
#include "cmd/photos/photo_stream.h"
#include "cmd/photos/piped_photos.h"
#include "library/library.h"
#include "pipeline/torch_module.h"

namespace facenet {
namespace {

struct WhoOptions {
  CommonOptions common;
  AnalyserOptions analyser;
  OutputOptions output;
  DetectorChoice detector;
  bool model_given = false;
  std::vector<std::string> photos;
};

struct WhoAnswer {
  bool in_catalog = false;
  std::vector<NamedFace> faces;
};

WhoAnswer who_is_in(const Catalog& catalog, WhoOptions& options) {
  PipedPhotos piped;
  const std::string& name = options.photos.front();
  const std::string photo = piped.file_of(name);
  if (!file_exists(photo)) fail<PhotoError>("{}: no such photo", name);
  const CatalogModel model =
      model_of_catalog(catalog, *options.analyser.embedder, options.model_given);
  require_grouped(catalog);
  if (auto faces = who_is_in_known_photo(catalog, model, sha256_of_file(photo)))
    return {.in_catalog = true, .faces = std::move(*faces)};
  options.detector.complete(catalog, options.analyser.detector);
  const auto analyser = torch_functions().make_analyser(options.analyser);
  const std::vector<AnalysisRequest> requests = {{photo, std::nullopt}};
  const PhotoAnalysis analysis = std::move(analyser->analyse(requests).front());
  require_photo(name, analysis);
  return {.in_catalog = false, .faces = who_is_in_new_photo(catalog, model, analysis)};
}

Json number_or_null(std::int64_t number) {
  return number == 0 ? Json(nullptr) : Json(number);
}

Json named_face_json(const NamedFace& named) {
  const Recognition& who = named.who;
  Json json{{"face", number_or_null(named.id)},
            {"box", box_json(named.face.box)},
            {"score", score_json(named.face.score)},
            {"person", number_or_null(who.person)},
            {"name", named.name.empty() ? Json(nullptr) : Json(named.name)},
            {"distance", who.distance ? Json(*who.distance) : Json(nullptr)},
            {"threshold", who.threshold ? Json(*who.threshold) : Json(nullptr)},
            {"probability", who.distance ? probability_json(who.probability) : Json(nullptr)}};
  if (named.by_hand) json["by_hand"] = true;
  set_time(json, named.face.time_ms);
  return json;
}

void print_who_json(const std::string& photo, const WhoAnswer& answer,
                    const OutputOptions& output) {
  Json json;
  set_photo(json, photo);
  json["in_catalog"] = answer.in_catalog;
  json["face_count"] = answer.faces.size();
  json["faces"] = Json::array();
  for (const NamedFace& face : answer.faces) json["faces"].push_back(named_face_json(face));
  print_records(json, "faces", output);
}

void print_who_csv(const WhoAnswer& answer) {
  const auto number = [](std::int64_t id) { return id == 0 ? "" : std::to_string(id); };
  std::cout << "face,person,name,distance,probability,x,y,width,height,score,time,by_hand\n";
  for (const NamedFace& named : answer.faces) {
    const Recognition& who = named.who;
    const Box& box = named.face.box;
    const std::string measured =
        who.distance ? fmt::format("{:.6f},{:.6f}", *who.distance, who.probability) : ",";
    std::cout << fmt::format("{},{},{},{},{:.2f},{:.2f},{:.2f},{:.2f},{:.4f},{},{:d}\n",
                             number(named.id), number(who.person), csv_field(named.name), measured,
                             box.x, box.y, box.width, box.height, named.face.score,
                             time_field(named.face.time_ms), named.by_hand);
  }
}

void print_who_text(const WhoAnswer& answer) {
  for (const NamedFace& named : answer.faces) {
    const Recognition& who = named.who;
    std::cout << box_text(named.face.box) << time_suffix(named.face.time_ms)
              << (named.by_hand ? " (marked by hand)" : "");
    if (who.person == 0) {
      std::cout << " nobody\n";
      continue;
    }
    std::cout << fmt::format(" person {}{}{}", who.person, named.name.empty() ? "" : " ",
                             escape_control(named.name));
    std::cout << (who.distance ? fmt::format(": distance {:.3f}{}", *who.distance,
                                             probability_text(who.probability))
                               : ", on no other photo")
              << '\n';
  }
}

ExitStatus who(WhoOptions options) {
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  const WhoAnswer answer = who_is_in(catalog, options);
  const std::string& photo = options.photos.front();
  if (options.output.any_json()) {
    print_who_json(photo, answer, options.output);
  } else if (options.output.csv) {
    print_who_csv(answer);
  } else {
    print_who_text(answer);
  }
  if (answer.faces.empty()) log_error("{}: no face found; {}", photo, kFindMoreFaces);
  const bool any = std::ranges::any_of(
      answer.faces, [](const NamedFace& named) { return named.who.person != 0; });
  return any ? ExitStatus::kOk : ExitStatus::kNegative;
}

}  // namespace

ExitStatus run_who(Arguments arguments) {
  WhoOptions options;
  options.analyser.embedder.emplace();
  options.analyser.hash = false;

  CommandLine line("who [OPTIONS] PHOTO",
                   "Says who is in a photo: for every face, the largest first, its box (width x "
                   "height + x + y, pixels of the upright photo), the person, and the mean squared "
                   "distance to the person's other faces with its probability. Of a photo that the "
                   "catalog has, it says what the catalog holds. Any other photo is analysed, and "
                   "its faces are compared with the people; no one is in a photo twice. Exit "
                   "status 1 when it is nobody of the catalog, 3 when the photo cannot be read.");
  line.positionals("PHOTO: give a photo", options.photos, 1, 1).completion = Completion::kFiles;
  options.output.add_records(line, "face");
  options.output.add_csv(line, "one row a face");
  options.common.add_catalog(line);
  options.common.add_threads(line);
  options.common.add_messages(line);
  add_detection_options(line, options.analyser);
  add_embedding_options(line, *options.analyser.embedder);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();
  options.output.validate();
  options.analyser.threads = options.common.thread_count();
  options.model_given = line.given("model");
  options.detector = DetectorChoice(line);
  try {
    return who(std::move(options));
  } catch (const PhotoError& error) {
    log_error("{}", error.what());
    return ExitStatus::kPartial;
  }
}

}  // namespace facenet
