#include <algorithm>
#include <iostream>
#include <set>

#include "base/distance.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/output.h"
#include "cmd/photos/photo_stream.h"
#include "cmd/photos/piped_photos.h"
#include "library/library.h"
#include "library/recognise.h"
#include "people/people.h"
#include "pipeline/store.h"
#include "pipeline/torch_module.h"

namespace facenet {
namespace {

struct FindOptions {
  CommonOptions common;
  AnalyserOptions analyser;
  OutputOptions output;
  DetectorChoice detector;
  double threshold = 0;  ///< 0: the catalog's
  double min_probability = 0;
  bool all = false;
  bool model_given = false;
  std::vector<std::string> photos;
};

/// A photo of the person that was found.
struct FoundPhoto {
  PersonFace face;
  double distance = 0, probability = 0;
};

/// Who a face of the question is.
struct FoundPerson {
  Face asked;
  Recognition who;
  Person person;                   ///< without faces; id 0: nobody
  std::vector<FoundPhoto> photos;  ///< the nearest first
};

PhotoAnalysis analyse(const FindOptions& options) {
  const auto analyser = torch_functions().make_analyser(options.analyser);
  PipedPhotos piped;
  const std::vector<AnalysisRequest> requests = {
      {piped.file_of(options.photos.front()), std::nullopt}};
  PhotoAnalysis analysis = std::move(analyser->analyse(requests).front());
  require_photo(options.photos.front(), analysis);
  return analysis;
}

class Finder {
 public:
  Finder(const Catalog& catalog, const CatalogModel& model, const FindOptions& options)
      : catalog_(catalog),
        options_(options),
        recogniser_(catalog, model,
                    options.threshold > 0 ? std::optional(options.threshold) : std::nullopt) {}

  std::optional<double> threshold() const { return recogniser_.threshold(); }

  FoundPerson find(const Face& asked, std::span<const float> vector) const {
    FoundPerson found{
        .asked = asked, .who = recogniser_.nearest(vector), .person = {}, .photos = {}};
    if (found.who.person == 0) return found;
    found.person = find_person(catalog_, found.who.person);
    const PeopleVectors::Member& member = *recogniser_.people().find(found.who.person);
    for (PersonFace& face : found.person.faces) add_photo(member, std::move(face), vector, found);
    found.person.faces.clear();
    std::sort(found.photos.begin(), found.photos.end(), [](const auto& a, const auto& b) {
      return std::tie(a.distance, a.face.paths.front()) <
             std::tie(b.distance, b.face.paths.front());
    });
    return found;
  }

 private:
  void add_photo(const PeopleVectors::Member& member, PersonFace face,
                 std::span<const float> vector, FoundPerson& found) const {
    const PeopleVectors& vectors = recogniser_.people();
    const auto& faces = vectors.input().faces;
    const auto row = std::find_if(member.rows.begin(), member.rows.end(),
                                  [&](std::size_t at) { return faces[at] == face.face.id; });
    if (row == member.rows.end()) return;  // not seen by this model yet
    const double distance = squared_distance(vector, vectors.vector(*row));
    const double by_other = vectors.input().by_other[*row];
    const double probability = recogniser_.points().between(0, by_other).probability(distance);
    if (!(probability < options_.min_probability))
      found.photos.push_back({std::move(face), distance, probability});
  }

  const Catalog& catalog_;
  const FindOptions& options_;
  Recogniser recogniser_;
};

Json found_json(const FoundPerson& found) {
  Json json = face_json(found.asked);
  const bool is_known = found.person.id != 0;
  json["person"] = is_known ? Json(found.person.id) : Json(nullptr);
  json["name"] = found.person.name.empty() ? Json(nullptr) : Json(found.person.name);
  json["distance"] = is_known ? Json(*found.who.distance) : Json(nullptr);
  json["threshold"] = is_known ? Json(*found.who.threshold) : Json(nullptr);
  json["probability"] = is_known ? probability_json(found.who.probability) : Json(nullptr);
  json["photos"] = Json::array();
  for (const FoundPhoto& photo : found.photos) {
    const FaceRecord& record = photo.face.face;
    Json entry;
    set_photo(entry, photo.face.paths.front());
    set_time(entry, record.time_ms);
    entry["face"] = record.id;
    entry["box"] = box_json(box_of(record));
    entry["distance"] = photo.distance;
    entry["probability"] = probability_json(photo.probability);
    json["photos"].push_back(std::move(entry));
  }
  return json;
}

void print_text(const FoundPerson& found, std::size_t number, bool all) {
  const std::string face = all ? fmt::format("face {}: ", number) : "";
  if (found.person.id == 0) {
    std::cout << face << "nobody\n";
    return;
  }
  std::cout << fmt::format("{}person {}{}{}: distance {:.3f}{}\n", face, found.person.id,
                           found.person.name.empty() ? "" : " ", escape_control(found.person.name),
                           *found.who.distance, probability_text(found.who.probability));
  for (const FoundPhoto& photo : found.photos)
    std::cout << fmt::format("    {:.3f} {:.4f} {} {}{}\n", photo.distance, photo.probability,
                             box_text(box_of(photo.face.face)),
                             escape_control(photo.face.paths.front()),
                             time_suffix(photo.face.face.time_ms));
}

void print_csv(const std::vector<FoundPerson>& people) {
  std::cout << "asked,person,name,face,photo,distance,probability,x,y,width,height,time\n";
  for (std::size_t i = 0; i < people.size(); ++i)
    for (const FoundPhoto& photo : people[i].photos) {
      const Box box = box_of(photo.face.face);
      std::cout << fmt::format("{},{},{},{},{},{:.6f},{:.6f},{:.2f},{:.2f},{:.2f},{:.2f},{}\n", i,
                               people[i].person.id, csv_field(people[i].person.name),
                               photo.face.face.id, csv_field(photo.face.paths.front()),
                               photo.distance, photo.probability, box.x, box.y, box.width,
                               box.height, time_field(photo.face.face.time_ms));
    }
}

void print_null_separated(const std::vector<FoundPerson>& people) {
  std::set<std::string> seen;
  for (const FoundPerson& found : people)
    for (const FoundPhoto& photo : found.photos)
      if (seen.insert(photo.face.paths.front()).second)
        std::cout << photo.face.paths.front() << '\0';
}

ExitStatus find(FindOptions options) {
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  const CatalogModel model =
      model_of_catalog(catalog, *options.analyser.embedder, options.model_given);
  require_grouped(catalog);
  options.detector.complete(catalog, options.analyser.detector);
  const PhotoAnalysis analysis = analyse(options);
  if (analysis.faces.empty()) {
    log_error("{}: no face found; {}, or another photo", options.photos.front(), kFindMoreFaces);
    return ExitStatus::kNegative;
  }
  if (!options.all)
    say_which_face(options.photos.front(), analysis,
                   "--all asks for every face, and so does `facenet who`");

  const Catalog::Snapshot snapshot(catalog);
  const Finder finder(catalog, model, options);
  const auto dimension = static_cast<std::size_t>(model.info.embedding);
  std::vector<FoundPerson> people;
  for (std::size_t i = 0; i < (options.all ? analysis.faces.size() : 1); ++i)
    people.push_back(finder.find(analysis.faces[i],
                                 std::span(analysis.embeddings).subspan(i * dimension, dimension)));
  if (options.output.any_json()) {
    Json json;
    set_photo(json, options.photos.front());
    const auto threshold = finder.threshold();
    json["threshold"] = threshold ? Json(*threshold) : Json(nullptr);
    json["face_count"] = analysis.faces.size();
    json["faces"] = Json::array();
    for (const FoundPerson& found : people) json["faces"].push_back(found_json(found));
    print_records(json, "faces", options.output);
  } else if (options.output.csv) {
    print_csv(people);
  } else if (options.output.null_separated) {
    print_null_separated(people);
  } else {
    for (std::size_t i = 0; i < people.size(); ++i) print_text(people[i], i, options.all);
  }
  const bool any = std::any_of(people.begin(), people.end(),
                               [](const FoundPerson& found) { return !found.photos.empty(); });
  return any ? ExitStatus::kOk : ExitStatus::kNegative;
}

}  // namespace

ExitStatus run_find(Arguments arguments) {
  FindOptions options;
  options.analyser.embedder.emplace();
  options.analyser.hash = false;

  CommandLine line(
      "find [OPTIONS] PHOTO",
      "Says who the largest face in a photo is, and lists all photos of that person, "
      "the most similar first, with squared distance, probability, and where in the "
      "photo the face is (width x height + x + y, in pixels of the upright photo). The "
      "photo need not be in the catalog.\n\n"
      "The exit status is 1 if it is nobody in the catalog or the photo has no face, and 3 if "
      "the photo cannot be read.");
  line.positionals("PHOTO: give a photo", options.photos, 1, 1);
  line.flag("all", options.all, "look up every face in the photo, the largest first");
  line.option("threshold", options.threshold, "D",
              "accept the nearest person if the mean squared distance is at most D (default: what "
              "`facenet cluster --threshold` was given, else by the rule for grouping)");
  line.option("min-probability", options.min_probability, "P",
              "list only photos that show the same person with at least this probability");
  options.output.add_records(line, "face that was asked for");
  options.output.add_csv(line, "print a row for each photo");
  options.output.add_null(line, "print the paths of photos, each followed by NUL");
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
  if (line.given("threshold") && !(options.threshold > 0 && options.threshold <= 4))
    fail<UsageError>("--threshold must lie between 0 and 4: vectors have unit length");
  if (!(options.min_probability >= 0 && options.min_probability <= 1))
    fail<UsageError>("--min-probability must lie between 0 and 1");
  options.detector = DetectorChoice(line);
  try {
    return find(std::move(options));
  } catch (const PhotoError& error) {
    log_error("{}", error.what());
    return ExitStatus::kPartial;
  }
}

}  // namespace facenet
