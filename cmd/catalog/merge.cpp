#include "cmd/catalog/merge.h"

#include <filesystem>

#include "base/file.h"
#include "base/logging.h"
#include "base/text.h"
#include "catalog/backup.h"
#include "cmd/common_options.h"
#include "cmd/output.h"
#include "library/merging/merge_catalog.h"

namespace facenet {
namespace {

/// Catalogs by name; each can be merged once.
void require_different(const std::vector<std::string>& files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (i > 0 && !file_exists(files[i])) fail("{}: no such catalog", files[i]);
    for (std::size_t j = 0; j < i; ++j)
      if (std::error_code error; std::filesystem::equivalent(files[i], files[j], error))
        throw UsageError(fmt::format("{} is named twice", files[i]));
  }
}

std::vector<std::string> valid_utf8(const std::vector<std::string>& paths) {
  std::vector<std::string> texts;
  for (const std::string& path : paths) texts.push_back(to_valid_utf8(path));
  return texts;
}

Json report_json(const std::string& from, const MergeReport& report) {
  return {{"catalog", to_valid_utf8(absolute_path(from))},
          {"new_photo_count", report.photos},
          {"known_photo_count", report.known_photos},
          {"new_face_count", report.faces},
          {"new_vector_count", report.vectors},
          {"new_people_count", report.people},
          {"new_fact_count", report.facts},
          {"left_out_fact_count", report.lost_facts},
          {"moved_face_count", report.moved_faces},
          {"forgotten_photo_count", report.forgotten_photos},
          {"forgotten_face_count", report.forgotten_faces},
          {"other_photos_at", valid_utf8(report.other_photos_at)},
          {"contradictions", report.contradictions}};
}

void log_report(const std::string& from, const MergeReport& report) {
  if (report.changes_anything())
    log_info("{}: {} with {}, {} and {} are new; {} there already", from,
             counted(report.photos, "photo"), counted(report.faces, "face"),
             counted(report.people, "person", "people"), counted(report.facts, "fact"),
             counted(report.known_photos, "photo was", "photos were"));
  else
    log_info("{}: holds nothing new", from);
  if (report.moved_faces > 0)
    log_info("{} put where the facts say that they belong",
             counted(report.moved_faces, "face was", "faces were"));
  if (report.forgotten_photos + report.forgotten_faces > 0)
    log_info("{} and {} left out, which are forgotten here: `facenet forget --allow` lets them in",
             counted(report.forgotten_photos, "photo"), counted(report.forgotten_faces, "face"));
  if (!report.other_photos_at.empty())
    log_warning("{} left out, at which other photos lie here: {}",
                counted(std::ssize(report.other_photos_at), "path"),
                briefly(report.other_photos_at));
  if (report.lost_facts > 0)
    log_warning("{} left out: the photos that they are about were",
                counted(report.lost_facts, "fact"));
  for (const std::string& line : report.contradictions) log_warning("{}", line);
}

}  // namespace

ExitStatus merge_catalogs_command(Arguments arguments) {
  CommonOptions common;
  OutputOptions output;
  std::vector<std::string> files;
  CommandLine line(
      "catalog merge OUT IN... [OPTIONS]",
      "Adds all that the catalogs IN hold to the catalog OUT, which is made if there is none: "
      "photos, faces, vectors, people and what you said of them, in the order in which you said "
      "it. "
      "What several hold is there once, so that merging again changes nothing. The catalogs IN are "
      "not changed.\n\nRun `facenet cluster --catalog OUT` afterwards: it groups all faces.");
  line.positionals("OUT IN: give the catalog that is to hold everything, and others", files, 2, SIZE_MAX);
  output.add_json(line, "print one JSON document");
  common.add_messages(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  require_different(files);

  const std::string& out = files.front();
  Json merged = Json::array();
  auto from = files.begin() + 1;
  if (!file_exists(out)) {
    backup_catalog(*from, out, false);
    log_info("{}: copied to {}", *from, out);
    ++from;
  }
  Catalog into(out, Catalog::Mode::kWrite);
  for (; from != files.end(); ++from) {
    const MergeReport report = merge_catalog(into, Catalog(*from, Catalog::Mode::kRead));
    log_report(*from, report);
    merged.push_back(report_json(*from, report));
  }
  const CatalogCounts counts = into.counts();
  log_info("{}: holds {} of {} in {} and {} now", out, counted(counts.faces, "face"),
           counted(counts.people, "person", "people"), counted(counts.photos, "photo"),
           counted(counts.facts, "fact"));
  if (output.json)
    print_json({{"catalog", to_valid_utf8(absolute_path(out))},
                {"photo_count", counts.photos},
                {"face_count", counts.faces},
                {"people_count", counts.people},
                {"fact_count", counts.facts},
                {"merged", std::move(merged)}});
  return ExitStatus::kOk;
}

}  // namespace facenet
