#include "cmd/catalog/split.h"

#include "base/file.h"
#include "base/logging.h"
#include "base/progress.h"
#include "base/text.h"
#include "cmd/common_options.h"
#include "cmd/output.h"
#include "library/splitting/split_catalog.h"

namespace facenet {
namespace {

Json catalog_json(const SplitCatalog& made) {
  const SplitPart& part = made.part;
  return {{"catalog", to_valid_utf8(made.file)},
          {"folder", part.folder.empty() ? Json(nullptr) : Json(to_valid_utf8(part.folder))},
          {"person", part.person == 0 ? Json(nullptr) : Json(part.person)},
          {"name", part.person == 0 ? Json(nullptr) : Json(part.name)},
          {"photo_count", made.counts.photos},
          {"face_count", made.counts.faces},
          {"people_count", made.counts.people},
          {"fact_count", made.counts.facts}};
}

void log_report(const std::string& folder, const SplitReport& report) {
  for (const SplitCatalog& made : report.catalogs)
    log_info("{}: holds {} of {} in {} and {}", made.file, counted(made.counts.faces, "face"),
             counted(made.counts.people, "person", "people"), counted(made.counts.photos, "photo"),
             counted(made.counts.facts, "fact"));
  if (report.shared_photos > 0)
    log_info(
        "{} in several catalogs, because you said something about faces in them together, and "
        "something else later",
        counted(report.shared_photos, "photo is", "photos are"));
  log_info("{}: {} made", folder, counted(std::ssize(report.catalogs), "catalog"));
}

}  // namespace

ExitStatus split_catalog_command(Arguments arguments) {
  CommonOptions common;
  OutputOptions output;
  std::vector<std::string> folder;
  std::string by;
  SplitOptions options;
  CommandLine line(
      "catalog split DIR --by HOW [OPTIONS]",
      "Makes several catalogs of one, in the folder DIR, such as for an archive. The catalog "
      "itself "
      "is not changed, and `catalog merge` of all of them gives it back, with what you said of "
      "people. Each also leaves out what you forgot.\n\n"
      "By path, there is a catalog for each folder that lies directly in the folder that holds all "
      "photos. By person, there is one for each person with a name; a photo of two people is in "
      "both. What belongs to none of these is in DIR/rest.db.");
  line.positionals("DIR: give a folder", folder, 1, 1).completion = Completion::kFolders;
  line.option("by", by, "HOW", "a catalog for each folder (path), or for each person (person)")
      .choices = {"path", "person"};
  line.flag("force", options.overwrite, "replace catalogs in DIR that exist");
  output.add_json(line, "print one JSON document");
  common.add_catalog(line);
  common.add_messages(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  if (by.empty()) fail<UsageError>("give --by path or --by person");
  options.by = by == "path" ? SplitBy::kPath : SplitBy::kPerson;

  Progress progress("catalogs", 0);
  options.progress = [&](std::size_t done, std::size_t all) {
    progress.update(static_cast<std::int64_t>(done), fmt::format("of {}", all));
  };
  const SplitReport report = split_catalog(common.catalog_path(), folder.front(), options);
  progress.finish();
  if (report.catalogs.empty()) {
    log_error("{}: {}", common.catalog_path(),
              options.by == SplitBy::kPath ? "there are no photos to split"
                                           : "nobody has a name: `facenet people name` gives one");
    return ExitStatus::kNegative;
  }
  if (output.json) {
    Json catalogs = Json::array();
    for (const SplitCatalog& made : report.catalogs) catalogs.push_back(catalog_json(made));
    print_json({{"catalog", to_valid_utf8(absolute_path(common.catalog_path()))},
                {"by", by},
                {"shared_photo_count", report.shared_photos},
                {"catalogs", std::move(catalogs)}});
  }
  log_report(folder.front(), report);
  return ExitStatus::kOk;
}

}  // namespace facenet
