#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/library_report.h"
#include "cmd/output.h"
#include "cmd/photos/path_arguments.h"
#include "cmd/photos/photo_stream.h"
#include "cmd/photos/vector_file.h"
#include "cmd/redetection_report.h"
#include "library/library.h"
#include "pipeline/upgrade_vectors.h"

namespace facenet {
namespace {

struct FileOptions {
  std::string path;    ///< "-": stdout
  std::string format;  ///< empty: what the name ends in
  bool force = false;
};

ExitStatus embed_to_file(const PathArguments& paths, const AnalyserOptions& options,
                         const FileOptions& output, const OutputOptions& report) {
  VectorFile file(output.path, output.format, output.force);
  JsonRecords records("photos", report);
  const int dimension = describe_embedder(*options.embedder).info.embedding;
  const auto add = [&](const std::string& path, const PhotoAnalysis& analysis) {
    Json record = analysis_json(path, analysis);
    for (std::size_t i = 0; i < analysis.faces.size(); ++i) {
      record["faces"][i]["row"] = file.rows() + static_cast<std::int64_t>(i);
    }
    file.add(path, analysis, dimension);
    records.add(record);
  };
  const PhotoStreamResult result = stream_photos(paths.paths, paths.exclusion(), options, add);
  records.finish();
  if (result.status != ExitStatus::kOk && result.status != ExitStatus::kPartial &&
      result.status != ExitStatus::kNegative) {
    file.write();
    log_warning("{}: only {} of {}, because the run was stopped; --force replaces it", file.name(),
                counted(file.rows(), "vector"),
                counted(static_cast<long long>(result.photos), "photo"));
    return result.status;
  }
  file.write();
  log_info("{}: {} of {}", file.name(), counted(file.rows(), "vector"),
           counted(static_cast<long long>(result.photos), "photo"));
  return result.status;
}

ExitStatus embed_to_catalog(const PathArguments& paths, AnalyserOptions options,
                            const CommonOptions& common, const DetectorChoice& detector,
                            bool model_given, bool strict, bool json) {
  Catalog catalog(common.catalog_path(), Catalog::Mode::kCreate);
  if (!model_given) use_model_of_catalog(catalog, *options.embedder);
  detector.complete(catalog, options.detector);
  prepare_model(*options.embedder);
  const LibraryUpdate update =
      update_library(catalog, paths.paths, options, torch_analyser(), paths.exclusion());
  remember_model(catalog, *options.embedder);
  report_problems(update, strict);
  report_redetection(catalog, update.redetection);
  if (json) {
    print_json({{"catalog", absolute_path(common.catalog_path())},
                {"photo_counts", photo_counts_json(update)},
                {"embedded_face_count", update.embedded},
                {"model", options.embedder->model},
                {"redetection", redetection_json(catalog, update.redetection)},
                {"seconds", {{"scan", update.scan_seconds}, {"embed", update.embed_seconds}}}});
  } else {
    log_info("{}", summary(update));
  }
  return status_of(update, paths.paths, strict);
}

std::string summary_of(const VectorUpgrade& upgrade, const std::string& model) {
  if (upgrade.embedded + upgrade.assessed + upgrade.left + upgrade.missing == 0)
    return fmt::format("every face has a vector of {}; nothing to do", model);
  std::string text = fmt::format("{} got vectors of {}", counted(upgrade.embedded, "face"), model);
  if (upgrade.assessed > 0)
    text += fmt::format("; {} looked at again for what an earlier facenet did not note",
                        with_thousands(upgrade.assessed));
  if (upgrade.left > 0) text += fmt::format("; {} left", with_thousands(upgrade.left));
  if (upgrade.missing > 0)
    text += fmt::format("; {} in photos that are away", with_thousands(upgrade.missing));
  return text;
}

ExitStatus upgrade_catalog(AnalyserOptions options, const CommonOptions& common,
                           const DetectorChoice& detector, bool json) {
  Catalog catalog(common.catalog_path(), Catalog::Mode::kWrite);
  detector.complete(catalog, options.detector);
  use_model_of_catalog(catalog, *options.embedder);
  prepare_model(*options.embedder);
  const VectorUpgrade upgrade = upgrade_vectors(catalog, options, torch_analyser());
  for (const auto& [path, reason] : upgrade.problems) log_warning("{}: {}", path, reason);
  if (json)
    print_json({{"catalog", to_valid_utf8(absolute_path(common.catalog_path()))},
                {"model", options.embedder->model},
                {"embedded_face_count", upgrade.embedded},
                {"assessed_face_count", upgrade.assessed},
                {"left_face_count", upgrade.left},
                {"missing_face_count", upgrade.missing},
                {"seconds", upgrade.seconds}});
  log_info("{}", summary_of(upgrade, options.embedder->model));
  if (upgrade.interrupted)
    return stopped("stopped; what was finished is kept, and the next run goes on from there");
  return upgrade.problems.empty() ? ExitStatus::kOk : ExitStatus::kPartial;
}

}  // namespace

ExitStatus run_embed(Arguments arguments) {
  CommonOptions common;
  OutputOptions output;
  AnalyserOptions options;
  options.embedder.emplace();
  PathArguments paths;
  FileOptions file;
  bool upgrade = false, strict = false;

  CommandLine line(
      "embed [OPTIONS] PATH...\nembed [OPTIONS] --upgrade",
      "Turns every face in photos and folders into a vector of unit length. The squared Euclidean "
      "distance of two vectors says how likely it is that they show the same person. The vectors "
      "go into the catalog, where `facenet cluster` finds them. With --output they go into a file "
      "instead, and no catalog is used.\n\n"
      "After `facenet model upgrade`, run `facenet embed --upgrade` to give the faces in the "
      "catalog vectors of the new model. You can stop it at any time and run it again later. All "
      "other commands work in the meantime.");
  paths.add(line, "PATH: give photos or folders, or --upgrade", 0);
  paths.add_shard(line);
  line.flag("upgrade", upgrade,
            "read the photos of those faces that have no vector of the catalog's model, instead of "
            "PATH");
  line.option(
      "output,o", file.path, "FILE",
      "write the vectors to FILE.npy or FILE.csv (a row for each face), to FILE.jsonl (a line for "
      "each photo), or to stdout if FILE is -");
  line.option("format", file.format, "NAME",
              "format of the output file: npy, csv or jsonl (default: what its name ends with; "
              "jsonl for -)")
      .choices = {"npy", "csv", "jsonl"};
  line.flag("force", file.force, "replace the output file if it exists");
  add_videos(line, options);
  add_strict(line, strict);
  output.add_records(line,
                     "photo, with --output; \"row\" is the row of a face's vector. Without "
                     "--output, --json describes the run");
  common.add_catalog(line);
  common.add_threads(line);
  common.add_messages(line);
  common.add_progress(line);
  add_detection_options(line, options);
  add_embedding_options(line, *options.embedder);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  options.threads = common.thread_count();

  output.validate();
  if (upgrade) {
    for (const char* name : {"output", "format", "force", "strict", "model", "from0", "exclude",
                             "jsonl", "videos", "shard"})
      if (line.given(name)) fail<UsageError>("--{} does not go with --upgrade", name);
    if (!paths.paths.empty())
      fail<UsageError>("--upgrade takes no PATH: it reads the catalog's photos");
    return upgrade_catalog(options, common, DetectorChoice(line), output.json);
  }
  if (!paths.read()) return ExitStatus::kNegative;
  if (paths.paths.empty()) fail<UsageError>("missing PATH: give photos or folders, or --upgrade");
  if (!file.path.empty()) {
    for (const char* name : {"strict", "videos"})
      if (line.given(name)) fail<UsageError>("--{} goes with a catalog, not with --output", name);
    if (file.path == "-" && (output.json || output.json_lines))
      fail<UsageError>("--output - and --json would both go to stdout");
    options.hash = false;
    prepare_model(*options.embedder);
    return embed_to_file(paths, options, file, output);
  }
  for (const char* name : {"format", "force", "jsonl"})
    if (line.given(name)) fail<UsageError>("--{} goes with --output", name);
  return embed_to_catalog(paths, options, common, DetectorChoice(line), line.given("model"), strict,
                          output.json);
}

}  // namespace facenet
