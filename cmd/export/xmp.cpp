// Sidecars for other photo programs.
#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/progress.h"
#include "base/text.h"
#include "cmd/common_options.h"
#include "cmd/export/export.h"
#include "cmd/output.h"
#include "exchange/export_xmp.h"
#include "library/library.h"

namespace facenet {
namespace {

struct SidecarOptions {
  CommonOptions common;
  OutputOptions output;
  XmpExportOptions to_do;
  std::string style = "digikam";
};

Json sidecars_json(const std::string& catalog, const SidecarOptions& options,
                   const XmpExport& report) {
  Json json{{"catalog", to_valid_utf8(catalog)},
            {"dry_run", options.to_do.dry_run},
            {"style", options.style},
            {"region_count", report.regions},
            {"added_count", report.added},
            {"changed_count", report.changed},
            {"unchanged_count", report.unchanged},
            {"missing_count", report.away},
            {"video_count", report.videos},
            {"failed", problems_json(report.problems)}};
  return json;
}

ExitStatus write_sidecars(SidecarOptions& options) {
  const std::string catalog = absolute_path(options.common.catalog_path());
  require_grouped(Catalog(catalog, Catalog::Mode::kRead));
  Progress progress("photos", 0);
  options.to_do.progress = [&](std::int64_t done, std::int64_t all) {
    progress.update(done, fmt::format("of {}", with_thousands(all)));
  };
  const XmpExport report = export_xmp(catalog, options.to_do);
  progress.finish();
  if (options.output.json) print_json(sidecars_json(catalog, options, report));
  for (const auto& [path, reason] : report.problems) log_warning("{}: {}", path, reason);
  log_away(report.away);
  if (report.videos > 0)
    log_info("{} left out: faces in videos have no place in a sidecar",
             counted(report.videos, "video is", "videos are"));
  if (report.interrupted) {
    log_info("stopped; the sidecars that were written stay");
    return interrupt_status();
  }
  const std::int64_t sidecars = report.added + report.changed + report.unchanged;
  if (sidecars == 0 && report.problems.empty()) {
    log_error("{}: no face has a name yet: `facenet people name PERSON NAME` gives one", catalog);
    return ExitStatus::kNegative;
  }
  log_info("{} with {}: {} {}added, {} changed, {} as before", counted(sidecars, "sidecar"),
           counted(report.regions, "face"), with_thousands(report.added),
           options.to_do.dry_run ? "would be " : "", with_thousands(report.changed),
           with_thousands(report.unchanged));
  return report.problems.empty() ? ExitStatus::kOk : ExitStatus::kPartial;
}

}  // namespace

ExitStatus export_xmp_sidecars(Arguments arguments) {
  SidecarOptions options;
  CommandLine line(
      "export xmp [OPTIONS] [PATH...]",
      "Writes a sidecar beside each photo that shows people with names, so that digiKam, "
      "Lightroom, darktable and others know them: face regions of the Metadata Working Group and "
      "of Microsoft, and the names as keywords. Photos are never changed.\n\n"
      "What a sidecar held before stays in it. Run it again after you have named, renamed or "
      "merged people: what facenet wrote and is no longer so goes, and faces that another program "
      "has marked stay as that program marked them. PATH are photos of the catalog, or folders of "
      "them; without any, all get sidecars.");
  line.positionals("PATH...: photos or folders", options.to_do.paths, 0, SIZE_MAX);
  line.option("style", options.style, "STYLE",
              "how sidecars are called: 'digikam': photo.jpg.xmp, as digiKam and darktable do; "
              "'lightroom': photo.xmp")
      .choices = {"digikam", "lightroom"};
  line.flag("dry-run", options.to_do.dry_run, "only say what would be written");
  options.output.add_json(line, "one JSON document");
  options.common.add_catalog(line);
  options.common.add_messages(line);
  options.common.add_progress(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();
  if (options.style == "lightroom") options.to_do.style = SidecarStyle::kReplaced;
  return write_sidecars(options);
}

}  // namespace facenet
