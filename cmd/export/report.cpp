// A page to look at the library with.
#include <algorithm>
#include <iostream>

#include "base/fold_case.h"
#include "base/logging.h"
#include "base/progress.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/output.h"
#include "report/gather.h"
#include "report/write_report.h"

namespace facenet {
namespace {

bool is_page(const std::string& target) {
  const std::string folded = fold_case(target);
  return folded.ends_with(".html") || folded.ends_with(".htm");
}

Json written_json(const std::string& target, const Report& report, const WrittenReport& written) {
  Json json{{"file", to_valid_utf8(is_page(target) ? target : target + "/index.html")},
            {"people_count", report.people.size()},
            {"face_count", report.face_count()},
            {"photo_count", written.photos},
            {"pair_count", report.same.size()},
            {"doubtful_face_count", report.wrong.size()},
            {"failed", problems_json(written.failed)}};
  return json;
}

std::size_t photos_away(const Report& report) {
  std::size_t away = 0;
  for (const ReportPerson& person : report.people) away += person.away;
  return away;
}

}  // namespace

ExitStatus run_report(Arguments arguments) {
  CommonOptions common;
  OutputOptions output;
  EmbedderOptions embedder;
  ReportOptions options;
  WriteOptions writing;
  std::string target;
  CommandLine line(
      "report [OPTIONS] -o DIR|FILE.html",
      "Makes a page to look at the people with, in any browser: everybody's faces, names and "
      "photos, the pairs that are probably the same person, the faces that are probably wrong, and "
      "the figures of `facenet catalog quality`. It needs no server, and loads nothing from "
      "elsewhere. Whoever has it sees the faces: keep it as you keep the photos.\n\n"
      "FILE.html is one page with all pictures, for up to 3,000 faces; DIR is a folder with a page "
      "for each person, for any number. Prints the file to open.");
  line.option("output,o", target, "DIR|FILE.html", "where to write (required)").completion =
      Completion::kFiles;
  line.option("min-faces", options.min_faces, "N",
              "only people with at least N faces, and those who have a name");
  line.flag("force", writing.force, "replace FILE.html, or a DIR that holds a report");
  output.add_json(line, "one JSON document with what was written");
  common.add_catalog(line);
  common.add_threads(line);
  common.add_messages(line);
  common.add_progress(line);
  add_model_options(line, embedder);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  if (target.empty()) fail<UsageError>("give a folder or a file: --output DIR|FILE.html");
  while (target.size() > 1 && target.ends_with('/')) target.pop_back();
  if (options.min_faces < 1) fail<UsageError>("--min-faces must be at least 1");
  options.threads = writing.threads = common.thread_count();

  Report report;
  {
    const Catalog catalog(common.catalog_path(), Catalog::Mode::kRead);
    const CatalogModel model = model_of_catalog(catalog, embedder, line.given("model"));
    report = gather_report(catalog, model, options);
    if (report.people.empty()) {
      log_error("{}: no people with {} or more faces", catalog.path(), options.min_faces);
      return ExitStatus::kNegative;
    }
  }
  Progress progress("photos", 0);
  writing.progress = [&](std::int64_t done, std::int64_t all) {
    progress.update(done, fmt::format("of {}", with_thousands(all)));
  };
  const WrittenReport written = is_page(target) ? write_one_page(report, target, writing)
                                                : write_pages(report, target, writing);
  progress.finish();
  if (output.json)
    print_json(written_json(target, report, written));
  else
    std::cout << escape_control(is_page(target) ? target : target + "/index.html") << '\n';
  for (const auto& [path, reason] : written.failed) log_warning("{}: {}", path, reason);
  if (const std::size_t away = photos_away(report); away > 0)
    log_info("photos that are not there now are left out: `facenet photos --missing`");
  return written.failed.empty() ? ExitStatus::kOk : ExitStatus::kPartial;
}

}  // namespace facenet
