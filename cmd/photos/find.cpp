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
#include "library/library.h"
#include "people/people.h"
#include "people/vectors.h"
#include "pipeline/torch_module.h"

namespace facenet {
namespace {

struct FindOptions {
  CommonOptions common;
  AnalyserOptions analyser;
  OutputOptions output;
  double threshold = 0;  ///< 0: the model's
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
  Person person;        ///< without faces; id 0: nobody
  double distance = 0;  ///< mean over the person's faces
  double threshold = 0;
  double probability = 0;
  std::vector<FoundPhoto> photos;  ///< the nearest first
};

PhotoAnalysis analyse(const FindOptions& options) {
  const auto analyser = torch_functions().make_analyser(options.analyser);
  const std::vector<AnalysisRequest> requests = {{options.photos.front(), std::nullopt}};
  PhotoAnalysis analysis = std::move(analyser->analyse(requests).front());
  require_face(options.photos.front(), analysis);
  return analysis;
}

class Finder {
 public:
  Finder(const Catalog& catalog, const CatalogModel& model, const FindOptions& options)
      : catalog_(catalog), points_(model.points), options_(options), vectors_(catalog, model.id) {}

  /// Of a person of whose faces this share has vectors of the compatible model.
  double threshold(double share_by_other) const {
    return options_.threshold > 0 ? options_.threshold
                                  : points_.between(0, share_by_other).clustering;
  }

  FoundPerson find(const Face& asked, std::span<const float> vector) const {
    FoundPerson found{.asked = asked, .person = {}, .photos = {}};
    const PeopleVectors::Member* nearest = nullptr;
    for (const PeopleVectors::Member& member : vectors_.people()) {
      const double distance = vectors_.mean_distance(vector, member);
      const double limit = threshold(member.share_by_other());
      if (nearest != nullptr && distance - limit >= found.distance - found.threshold) continue;
      nearest = &member;
      found.distance = distance;
      found.threshold = limit;
    }
    if (nearest == nullptr || found.distance > found.threshold) return found;
    found.probability = points_.between(0, nearest->share_by_other()).probability(found.distance);
    found.person = find_person(catalog_, nearest->id);
    for (PersonFace& face : found.person.faces) add_photo(*nearest, std::move(face), vector, found);
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
    const auto& faces = vectors_.input().faces;
    const auto row = std::find_if(member.rows.begin(), member.rows.end(),
                                  [&](std::size_t at) { return faces[at] == face.face.id; });
    if (row == member.rows.end()) return;  // not seen by this model yet
    const double distance = squared_distance(vector, vectors_.vector(*row));
    const double by_other = vectors_.input().by_other[*row];
    const double probability = points_.between(0, by_other).probability(distance);
    if (!(probability < options_.min_probability))
      found.photos.push_back({std::move(face), distance, probability});
  }

  const Catalog& catalog_;
  const PairPoints& points_;
  const FindOptions& options_;
  PeopleVectors vectors_;
};

Json found_json(const FoundPerson& found) {
  Json json{{"face", face_json(found.asked)}, {"person", nullptr}};
  if (found.person.id == 0) return json;
  json["person"] = {{"id", found.person.id},
                    {"name", found.person.name.empty() ? Json(nullptr) : Json(found.person.name)},
                    {"distance", found.distance},
                    {"threshold", found.threshold},
                    {"probability", probability_json(found.probability)}};
  json["photos"] = Json::array();
  for (const FoundPhoto& photo : found.photos) {
    const FaceRecord& record = photo.face.face;
    Json entry;
    set_photo(entry, photo.face.paths.front());
    entry["face"] = record.id;
    entry["box"] = box_json({record.x, record.y, record.width, record.height});
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
                           found.distance, probability_text(found.probability));
  for (const FoundPhoto& photo : found.photos)
    std::cout << fmt::format("    {:.3f} {:.4f} {}\n", photo.distance, photo.probability,
                             escape_control(photo.face.paths.front()));
}

void print_csv(const std::vector<FoundPerson>& people) {
  std::cout << "asked,person,name,face,photo,distance,probability\n";
  for (std::size_t i = 0; i < people.size(); ++i)
    for (const FoundPhoto& photo : people[i].photos)
      std::cout << fmt::format("{},{},{},{},{},{:.6f},{:.6f}\n", i, people[i].person.id,
                               csv_field(people[i].person.name), photo.face.face.id,
                               csv_field(photo.face.paths.front()), photo.distance,
                               photo.probability);
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
  const CatalogModel model = model_of_catalog(catalog, *options.analyser.embedder,
                                              options.model_given, options.threshold == 0);
  const PhotoAnalysis analysis = analyse(options);

  const Catalog::Snapshot snapshot(catalog);
  const Finder finder(catalog, model, options);
  const auto dimension = static_cast<std::size_t>(model.info.embedding);
  std::vector<FoundPerson> people;
  for (std::size_t i = 0; i < (options.all ? analysis.faces.size() : 1); ++i)
    people.push_back(finder.find(analysis.faces[i],
                                 std::span(analysis.embeddings).subspan(i * dimension, dimension)));
  if (options.output.json) {
    Json json{{"photo", nullptr}, {"threshold", finder.threshold(0)}, {"faces", Json::array()}};
    set_photo(json, options.photos.front());
    for (const FoundPerson& found : people) json["faces"].push_back(found_json(found));
    print_json(json);
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

  CommandLine line("find [OPTIONS] PHOTO",
                   "Says who the largest face of a photo is, and lists every photo of that person, "
                   "the most alike first,\n"
                   "with squared distance and probability. The photo need not be in the catalog. "
                   "Exit status 1 when\n"
                   "it is nobody of the catalog, 2 when there is no telling (no face, unreadable "
                   "photo).");
  line.positionals("PHOTO: give a photo", options.photos, 1, 1);
  line.flag("all", options.all, "ask for every face of the photo, the largest first");
  line.option("threshold", options.threshold, "D",
              "it is the nearest person when the mean squared distance is at most D (default: the "
              "model's for clustering)");
  line.option("min-probability", options.min_probability, "P",
              "list only photos that show the same face with at least this probability");
  options.output.add_json(line, "one JSON document");
  options.output.add_csv(line, "one row a photo");
  options.output.add_null(line, "photo paths, each ended by NUL");
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
  return find(std::move(options));
}

}  // namespace facenet
