// A folder a person, with links to the photos or copies of them.
#include <filesystem>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/progress.h"
#include "base/text.h"
#include "cmd/common_options.h"
#include "cmd/export/export.h"
#include "cmd/output.h"
#include "export/bring_up_to_date.h"
#include "export/wanted_photos.h"
#include "library/library.h"
#include "people/statements.h"

namespace facenet {
namespace {

struct FolderOptions {
  CommonOptions common;
  OutputOptions output;
  ExportQuery query;
  ExportOptions to_do;
  std::string people;
  std::vector<std::string> folder;
  bool hard = false;
};

const char* word_for(const FolderOptions& options) {
  return options.to_do.kind == FileKind::kCopy       ? "copies"
         : options.to_do.kind == FileKind::kHardLink ? "hard links"
                                                     : "links";
}

Json report_json(const FolderOptions& options, const WantedPhotos& wanted,
                 const ExportReport& report) {
  Json json{{"folder", to_valid_utf8(absolute_path(options.folder.front()))},
            {"kind", word_for(options)},
            {"dry_run", options.to_do.dry_run},
            {"folder_count", wanted.folders},
            {"photo_count", wanted.photos},
            {"added_count", report.added},
            {"removed_count", report.removed},
            {"left_count", report.left},
            {"added_folder_count", report.folders_added},
            {"removed_folder_count", report.folders_removed},
            {"sharing_count", report.sharing},
            {"missing_count", report.away},
            {"kept_count", report.kept},
            {"taken", Json::array()},
            {"failed", problems_json(report.failed)}};
  for (const std::string& name : report.taken) json["taken"].push_back(to_valid_utf8(name));
  return json;
}

void log_report(const FolderOptions& options, const WantedPhotos& wanted,
                const ExportReport& report) {
  for (const auto& [path, reason] : report.failed) log_warning("{}: {}", path, reason);
  if (!report.taken.empty())
    log_warning("left alone, as facenet did not put them there, or as they were changed: {}",
                briefly(report.taken));
  log_away(report.away);
  if (report.kept > 0)
    log_info("{} kept, though no longer asked for: the {} not there now",
             counted(report.kept, "file is", "files are"),
             report.kept == 1 ? "photo is" : "photos are");
  const std::string folders =
      report.folders_added + report.folders_removed == 0
          ? ""
          : fmt::format("; folders: {} added, {} removed", with_thousands(report.folders_added),
                        with_thousands(report.folders_removed));
  const std::string sharing =
      report.sharing == 0 ? ""
                          : fmt::format(" ({} of them take no room, as the disk shares their data)",
                                        with_thousands(report.sharing));
  log_info("{}: {} of {}: {} {}added{}, {} removed, {} left{}", options.folder.front(),
           word_for(options), counted(wanted.photos, "photo"), with_thousands(report.added),
           options.to_do.dry_run ? "would be " : "", sharing, with_thousands(report.removed),
           with_thousands(report.left), folders);
}

ExitStatus export_folders(FolderOptions& options) {
  const std::string& folder = options.folder.front();
  WantedPhotos wanted;
  {
    const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
    require_grouped(catalog);
    if (!options.people.empty()) options.query.people = resolve_people(catalog, options.people);
    if (options.query.together && options.query.people.size() < 2)
      fail<UsageError>("--together: give two people or more with --people");
    wanted = wanted_photos(catalog, options.query, folder);
    if (wanted.files.empty() && !file_exists(folder + "/" + kManifestName)) {
      log_error("{}: {}", catalog.path(),
                options.query.together ? "no photo shows them all" : "there is nobody to export");
      return ExitStatus::kNegative;
    }
  }
  Progress progress("files", 0);
  options.to_do.is_there = [&](const std::string& photo) { return wanted.there.contains(photo); };
  options.to_do.progress = [&](std::int64_t done, std::int64_t all) {
    progress.update(done, fmt::format("of {}", with_thousands(all)));
  };
  const ExportReport report = bring_up_to_date(folder, wanted.files, options.to_do);
  progress.finish();
  if (options.output.json) print_json(report_json(options, wanted, report));
  log_report(options, wanted, report);
  if (report.interrupted) return interrupt_status();
  return report.failed.empty() && report.taken.empty() ? ExitStatus::kOk : ExitStatus::kPartial;
}

constexpr const char* kCommonText =
    "A photo of three people is in three folders; people without a name have folders such as "
    "'person 15'. Run it again to bring DIR up to date: it adds what is missing, and removes what "
    "it put there and is no longer so. It touches nothing else. DIR must be new or empty the first "
    "time; it keeps a list in DIR/.facenet-export.";

/// Reads the options that both commands have. False when there is nothing to do.
bool parse(CommandLine& line, FolderOptions& options, const Arguments& arguments) {
  line.positionals("DIR: give a folder", options.folder, 1, 1).completion = Completion::kFolders;
  line.flag("named", options.query.named, "only people who have a name");
  line.option("min-faces", options.query.min_faces, "N",
              "only people with at least N faces, and those who have a name");
  line.option("people", options.people, "PERSON[,PERSON...]", "only these people");
  line.flag("together", options.query.together,
            "one folder with the photos that show all of --people");
  line.flag("dry-run", options.to_do.dry_run, "only say what would be done");
  options.output.add_json(line, "one JSON document with what was done");
  options.common.add_catalog(line);
  options.common.add_messages(line);
  options.common.add_progress(line);
  if (!line.parse(arguments)) return false;
  options.common.apply();
  if (options.query.min_faces < 1) fail<UsageError>("--min-faces must be at least 1");
  if (line.given("people") && options.people.empty()) fail<UsageError>("--people: give a person");
  if (line.given("people") && (line.given("min-faces") || options.query.named))
    fail<UsageError>("--people goes without --named and --min-faces");
  if (options.query.together && !line.given("people"))
    fail<UsageError>("--together goes with --people");
  return true;
}

}  // namespace

ExitStatus export_links(Arguments arguments) {
  FolderOptions options;
  CommandLine line("export links [OPTIONS] DIR",
                   std::string("Fills DIR with a folder for each person, and in it a link to each "
                               "photo of that person. ") +
                       kCommonText);
  line.flag("relative", options.to_do.relative,
            "links that start at their folder, so that they hold when DIR and the photos are moved "
            "together");
  line.flag("hard", options.hard,
            "hard links: further names of the same files, on the same disk, which stay when the "
            "photos are moved or deleted");
  if (!parse(line, options, arguments)) return ExitStatus::kOk;
  if (options.hard && options.to_do.relative)
    fail<UsageError>("--relative goes without --hard: hard links are to no path");
  options.to_do.kind = options.hard ? FileKind::kHardLink : FileKind::kLink;
  return export_folders(options);
}

ExitStatus export_copies(Arguments arguments) {
  FolderOptions options;
  options.to_do.kind = FileKind::kCopy;
  CommandLine line("export copies [OPTIONS] DIR",
                   std::string("Fills DIR with a folder for each person, and in it a copy of each "
                               "photo of that person. Where the disk can (Btrfs, XFS, bcachefs), "
                               "copies share the data of their photos and take no room. ") +
                       kCommonText);
  if (!parse(line, options, arguments)) return ExitStatus::kOk;
  return export_folders(options);
}

}  // namespace facenet
