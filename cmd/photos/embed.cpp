#include <iostream>
#include <sstream>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/npy.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/library_report.h"
#include "cmd/output.h"
#include "cmd/photos/photo_stream.h"
#include "library/library.h"
#include "pipeline/upgrade_vectors.h"

namespace facenet {
namespace {

/// A double that prints with as few digits as the float needs, not with the float's binary tail.
double shortest(float value) {
  return std::stod(fmt::format("{}", value));
}

/// Gathers the vectors of a run and writes them in the form that the file's name asks for.
class VectorFile {
 public:
  VectorFile(std::string path, bool force) : path_(std::move(path)), force_(force) {
    if (path_.ends_with(".npy")) {
      form_ = Form::kNpy;
    } else if (path_.ends_with(".csv")) {
      form_ = Form::kCsv;
    } else if (path_.ends_with(".jsonl")) {
      form_ = Form::kJsonLines;
    } else {
      fail<UsageError>("--output {}: the name must end in .npy, .csv or .jsonl", path_);
    }
  }

  std::int64_t rows() const { return rows_; }

  void add(const std::string& photo, const PhotoAnalysis& analysis, int dimension) {
    dimension_ = dimension;
    rows_ += std::ssize(analysis.faces);
    if (form_ == Form::kNpy) {
      values_.insert(values_.end(), analysis.embeddings.begin(), analysis.embeddings.end());
    } else if (form_ == Form::kCsv) {
      add_csv(photo, analysis);
    } else {
      add_json(photo, analysis);
    }
  }

  void write() const {
    if (form_ == Form::kNpy) return write_npy(path_, values_, dimension_, force_);
    write_file_atomically(path_, force_, [&](std::ostream& out) {
      if (form_ == Form::kCsv) out << csv_header();
      out << text_;
    });
  }

 private:
  enum class Form { kNpy, kCsv, kJsonLines };

  std::string csv_header() const {
    std::string header = "photo,x,y,width,height,score";
    for (int i = 0; i < dimension_; ++i) header += fmt::format(",v{}", i);
    return header + "\n";
  }

  void add_csv(const std::string& photo, const PhotoAnalysis& analysis) {
    for (std::size_t i = 0; i < analysis.faces.size(); ++i) {
      const Face& face = analysis.faces[i];
      text_ += fmt::format("{},{:.2f},{:.2f},{:.2f},{:.2f},{:.4f}", csv_field(photo), face.box.x,
                           face.box.y, face.box.width, face.box.height, face.score);
      for (const float value : vector_of(analysis, i)) text_ += fmt::format(",{}", value);
      text_ += '\n';
    }
  }

  void add_json(const std::string& photo, const PhotoAnalysis& analysis) {
    Json json = analysis_json(photo, analysis);
    for (std::size_t i = 0; i < analysis.faces.size(); ++i) {
      Json& embedding = json["faces"][i]["embedding"] = Json::array();
      for (const float value : vector_of(analysis, i)) embedding.push_back(shortest(value));
    }
    text_ += json.dump() + '\n';
  }

  std::span<const float> vector_of(const PhotoAnalysis& analysis, std::size_t face) const {
    const auto size = static_cast<std::size_t>(dimension_);
    return std::span(analysis.embeddings).subspan(face * size, size);
  }

  std::string path_;
  bool force_;
  Form form_{};
  int dimension_ = 0;
  std::int64_t rows_ = 0;
  std::vector<float> values_;
  std::string text_;
};

ExitStatus embed_to_file(const std::vector<std::string>& paths, const AnalyserOptions& options,
                         const std::string& output, bool force, bool json) {
  VectorFile file(output, force);
  if (!force && file_exists(output)) fail("{}: exists already; give --force to replace it", output);
  const int dimension = describe_embedder(*options.embedder).info.embedding;
  const PhotoStreamResult result =
      stream_photos(paths, options, [&](const std::string& path, const PhotoAnalysis& analysis) {
        Json line = analysis_json(path, analysis);
        for (std::size_t i = 0; i < analysis.faces.size(); ++i) {
          line["faces"][i]["row"] = file.rows() + static_cast<std::int64_t>(i);
        }
        file.add(path, analysis, dimension);
        if (json) print_json(line);
      });
  if (result.status != ExitStatus::kOk && result.status != ExitStatus::kPartial &&
      result.status != ExitStatus::kNegative) {
    log_warning("{}: not written, because the run was stopped", output);
    return result.status;
  }
  file.write();
  log_info("{}: {} vectors of {} photos", output, with_thousands(file.rows()),
           with_thousands(static_cast<long long>(result.photos)));
  return result.status;
}

ExitStatus embed_to_catalog(const std::vector<std::string>& paths, AnalyserOptions options,
                            const CommonOptions& common, bool model_given, bool json) {
  Catalog catalog(common.catalog_path(), Catalog::Mode::kCreate);
  if (!model_given) use_model_of_catalog(catalog, *options.embedder);
  prepare_model(*options.embedder);
  const LibraryUpdate update = update_library(catalog, paths, options, torch_analyser());
  remember_model(catalog, *options.embedder);
  report_problems(update);
  if (json) {
    print_json({{"catalog", absolute_path(common.catalog_path())},
                {"photos", photo_counts_json(update)},
                {"embedded", update.embedded},
                {"model", options.embedder->model},
                {"seconds", {{"scan", update.scan_seconds}, {"embed", update.embed_seconds}}}});
  } else {
    log_info("{}", summary(update));
  }
  return status_of(update, paths);
}

std::string summary_of(const VectorUpgrade& upgrade, const std::string& model) {
  if (upgrade.embedded + upgrade.left + upgrade.missing == 0)
    return fmt::format("every face has a vector of {}; nothing to do", model);
  std::string text =
      fmt::format("{} faces got vectors of {}", with_thousands(upgrade.embedded), model);
  if (upgrade.left > 0) text += fmt::format("; {} left", with_thousands(upgrade.left));
  if (upgrade.missing > 0)
    text += fmt::format("; {} in photos that are away", with_thousands(upgrade.missing));
  return text;
}

ExitStatus upgrade_catalog(AnalyserOptions options, const CommonOptions& common, bool json) {
  Catalog catalog(common.catalog_path(), Catalog::Mode::kWrite);
  use_model_of_catalog(catalog, *options.embedder);
  prepare_model(*options.embedder);
  const VectorUpgrade upgrade = upgrade_vectors(catalog, options, torch_analyser());
  for (const auto& [path, reason] : upgrade.problems) log_warning("{}: {}", path, reason);
  if (json)
    print_json({{"catalog", to_valid_utf8(absolute_path(common.catalog_path()))},
                {"model", options.embedder->model},
                {"embedded", upgrade.embedded},
                {"left", upgrade.left},
                {"missing", upgrade.missing},
                {"seconds", upgrade.seconds}});
  log_info("{}", summary_of(upgrade, options.embedder->model));
  if (upgrade.interrupted) {
    log_warning("stopped; what was finished is kept, and the next run goes on from there");
    return interrupt_status();
  }
  return upgrade.problems.empty() ? ExitStatus::kOk : ExitStatus::kPartial;
}

}  // namespace

ExitStatus run_embed(Arguments arguments) {
  CommonOptions common;
  OutputOptions output;
  AnalyserOptions options;
  options.embedder.emplace();
  std::vector<std::string> paths;
  std::string file;
  bool force = false, upgrade = false;

  CommandLine line(
      "embed [OPTIONS] PATH...\nembed [OPTIONS] --upgrade",
      "Maps every face of photos and folders to a vector of unit length, whose squared Euclidean\n"
      "distance to others measures who it is. The vectors go into the catalog, where `cluster` "
      "finds\n"
      "them; with --output they go into a file and no catalog is touched. With --upgrade the faces "
      "that\n"
      "the catalog has, but no vector of its model for, get one: after `facenet model upgrade`, as "
      "time\n"
      "allows (stop it whenever you like), while every other command works.");
  line.positionals("PATH: give photos or folders", paths, 0, SIZE_MAX);
  line.flag("upgrade", upgrade,
            "instead of PATH: reads the photos of faces that the catalog's model has no vector of");
  line.option("output,o", file, "FILE",
              "write vectors to FILE.npy (a row a face), FILE.csv or FILE.jsonl (a line a photo)");
  line.flag("force", force, "replace the output file if it exists");
  output.add_json(
      line,
      "with --output one line a photo, each face with the \"row\" of its vector; else one "
      "document about the run");
  common.add_catalog(line);
  common.add_threads(line);
  common.add_messages(line);
  common.add_progress(line);
  add_detection_options(line, options);
  add_embedding_options(line, *options.embedder);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  options.threads = common.thread_count();

  if (upgrade) {
    if (!paths.empty()) fail<UsageError>("--upgrade takes no PATH: it reads the catalog's photos");
    for (const char* name : {"output", "force", "model"})
      if (line.given(name)) fail<UsageError>("--{} does not go with --upgrade", name);
    return upgrade_catalog(options, common, output.json);
  }
  if (paths.empty()) fail<UsageError>("missing PATH: give photos or folders, or --upgrade");
  if (!file.empty()) {
    options.hash = false;
    prepare_model(*options.embedder);
    return embed_to_file(paths, options, file, force, output.json);
  }
  return embed_to_catalog(paths, options, common, line.given("model"), output.json);
}

}  // namespace facenet
