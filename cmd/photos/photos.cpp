#include <array>
#include <iostream>

#include "base/logging.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/output.h"
#include "library/photo_list.h"
#include "people/statements.h"

namespace facenet {
namespace {

/// What may be asked for besides all photos.
struct PhotoQuestion {
  PhotoQuery::Kind kind;
  const char* option;
  const char* help;
  const char* none;  ///< what to say when there is no such photo
};

constexpr std::array kQuestions = {
    PhotoQuestion{PhotoQuery::Kind::kWithoutFaces, "without-faces",
                  "photos in which no face was found", "every photo has a face"},
    PhotoQuestion{PhotoQuery::Kind::kUnreadable, "unreadable",
                  "files that could not be read as photos, and why",
                  "there are no unreadable photos"},
    PhotoQuestion{PhotoQuery::Kind::kMissing, "missing",
                  "photos that are nowhere now, by the path where they were",
                  "no photo is missing"},
    PhotoQuestion{
        PhotoQuery::Kind::kSkipped, "skipped",
        "files that were not read: videos without --videos, documents of Photoshop, and so on",
        "no files were skipped"},
};

struct PhotosOptions {
  CommonOptions common;
  OutputOptions output;
  std::array<bool, kQuestions.size()> asked{};
  std::string of;
  std::vector<std::string> words;

  const PhotoQuestion* question() const {
    for (std::size_t i = 0; i < asked.size(); ++i)
      if (asked[i]) return &kQuestions[i];
    return nullptr;
  }
};

Json listed_face_json(const ListedFace& listed) {
  const FaceRecord& face = listed.face;
  Json json{{"face", face.id},
            {"person", listed.person == 0 ? Json(nullptr) : Json(listed.person)},
            {"name", listed.name.empty() ? Json(nullptr) : Json(listed.name)},
            {"box", box_json({face.x, face.y, face.width, face.height})},
            {"score", score_json(face.score)}};
  set_time(json, face.time_ms);
  return json;
}

Json listed_photo_json(const ListedPhoto& photo) {
  Json json;
  set_photo(json, photo.path);
  if (!photo.error.empty()) {
    json["error"] = to_valid_utf8(photo.error);
  } else if (!photo.skipped.empty()) {
    json["skipped"] = photo.skipped;
  } else {
    json["face_count"] = photo.faces.size();
    json["faces"] = Json::array();
    for (const ListedFace& face : photo.faces) json["faces"].push_back(listed_face_json(face));
  }
  return json;
}

void print_photo_text(const ListedPhoto& photo) {
  std::cout << escape_control(photo.path);
  const std::string& reason = photo.error.empty() ? photo.skipped : photo.error;
  if (!reason.empty()) std::cout << ": " << escape_control(reason);
  std::cout << '\n';
}

void print_photos(const PhotoList& list, const OutputOptions& output) {
  if (output.any_json()) {
    Json json{{"photo_count", list.photos.size()},
              {"missing_count", list.away},
              {"replaced_count", list.replaced},
              {"photos", Json::array()}};
    for (const ListedPhoto& photo : list.photos) json["photos"].push_back(listed_photo_json(photo));
    return print_records(json, "photos", output);
  }
  if (output.csv) std::cout << "photo,face_count,error,skipped\n";
  for (const ListedPhoto& photo : list.photos) {
    if (output.csv) {
      std::cout << fmt::format("{},{},{},{}\n", csv_field(photo.path), photo.faces.size(),
                               csv_field(photo.error), photo.skipped);
    } else if (output.null_separated) {
      std::cout << photo.path << '\0';
    } else {
      print_photo_text(photo);
    }
  }
}

ExitStatus photos(const PhotosOptions& options) {
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  const PhotoQuestion* const question = options.question();
  PhotoQuery query;
  if (question != nullptr) query.kind = question->kind;
  if (!options.of.empty()) query.people = resolve_people(catalog, options.of);
  const PhotoList list = list_photos(catalog, query);
  print_photos(list, options.output);
  if (list.away > 0)
    log_info("{} not there now: `facenet photos --missing`",
             counted(list.away, "more is", "more are"));
  const bool lists_missing = query.kind == PhotoQuery::Kind::kMissing;
  if (lists_missing && list.replaced > 0)
    log_info("{} missing{}; {}", counted(list.replaced, "photo is", "photos are"),
             list.photos.empty() ? "" : " besides",
             list.replaced == 1 ? "another has taken its place" : "others have taken their places");
  if (!list.photos.empty() || (lists_missing && list.replaced > 0)) return ExitStatus::kOk;
  const char* none = !options.of.empty() ? "no photo shows them"
                     : question != nullptr
                         ? question->none
                         : "has no photos; scan some with `facenet cluster PHOTOS`";
  log_error("{}: {}", catalog.path(), none);
  return ExitStatus::kNegative;
}

}  // namespace

ExitStatus run_photos(Arguments arguments) {
  PhotosOptions options;
  CommandLine line("photos [OPTIONS]",
                   "Lists photos of the catalog, by paths that exist: all, or those that one of "
                   "these options asks for. Exit status 1 when there are none.");
  for (std::size_t i = 0; i < kQuestions.size(); ++i)
    line.flag(kQuestions[i].option, options.asked[i], kQuestions[i].help);
  line.option("of", options.of, "PERSON[,PERSON...]",
              "photos that show this person; of several people, photos that show all of them");
  options.output.add_json(line, "one JSON document, with the faces of each photo");
  options.output.add_json_lines(line, "photo");
  options.output.add_csv(line, "one row a photo");
  options.output.add_null(line, "paths, each ended by NUL");
  options.common.add_catalog(line);
  options.common.add_messages(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();
  options.output.validate();
  int given = line.given("of");
  for (const PhotoQuestion& question : kQuestions) given += line.given(question.option);
  if (given > 1)
    fail<UsageError>(
        "give only one of --without-faces, --unreadable, --missing, --skipped and --of");
  if (line.given("of") && options.of.empty()) fail<UsageError>("--of: give a person");
  return photos(options);
}

}  // namespace facenet
