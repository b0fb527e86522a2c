#include <chrono>
#include <optional>

#include "base/file.h"
#include "base/hash.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/cluster_vectors.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/library.h"
#include "cmd/output.h"
#include "index/agglomerate.h"
#include "people/people.h"

namespace facenet {
namespace {

struct ClusterOptions {
  CommonOptions common;
  OutputOptions output;
  AnalyserOptions analyser;
  VectorClusteringOptions vectors;
  double threshold = 0;
  std::int64_t min_faces = 1;
  std::vector<std::string> paths;
  bool model_given = false, threshold_given = false;
};

struct ClusterReport {
  double threshold = 0;
  double seconds = 0;
  std::size_t faces = 0;
  std::optional<Regrouping> regrouping;  ///< nothing when all was as before
};

template <class T>
void add_to(Sha256Hasher& hasher, const std::vector<T>& values) {
  hasher.update(std::as_bytes(std::span(values)));
}

/// All that a partition depends on, as one hash: when it is that of the last run, so is the
/// partition.
std::string state_of(const ClusteringInput& input, ModelId model, double threshold) {
  Sha256Hasher hasher;
  add_to(hasher, input.faces);
  add_to(hasher, input.photo);
  add_to(hasher, input.block);
  add_to(hasher, input.label);
  add_to(hasher, std::vector<ModelId>{model});
  add_to(hasher, std::vector<double>{threshold});
  return hasher.finish().hex();
}

ClusterReport regroup(Catalog& catalog, const ClusterOptions& options, ModelId model) {
  const auto start = std::chrono::steady_clock::now();
  const ModelInfo info = describe_embedder(options.analyser.embedder->model).info;
  ClusterReport report;
  report.threshold = options.threshold_given
                         ? options.threshold
                         : info.operating_point(options.analyser.embedder->flip).clustering;

  const ClusteringInput input = clustering_input(catalog, model);
  report.faces = input.faces.size();
  const std::string state = state_of(input, model, report.threshold);
  if (catalog.property("partition") != state) {
    const Points points{input.vectors, std::ssize(input.faces), info.embedding};
    const Clustering clustering = agglomerate(points, {input.photo, input.block, input.label},
                                              {report.threshold, options.common.thread_count()});
    Catalog::Transaction transaction(catalog);
    report.regrouping = store_groups(catalog, input, clustering.cluster);
    catalog.set_property("partition", state);
    transaction.commit();
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

double milliseconds_of(double seconds) {
  return std::round(seconds * 1000) / 1000;
}

void print_report(const ClusterOptions& options, const LibraryUpdate& update,
                  const ClusterReport& report, const std::vector<Person>& people) {
  if (!options.output.json) {
    const PeopleFormat format = options.output.csv              ? PeopleFormat::kCsv
                                : options.output.null_separated ? PeopleFormat::kNull
                                                                : PeopleFormat::kText;
    return print_people(people, format, kPathsShown);
  }
  Json json{{"catalog", to_valid_utf8(absolute_path(options.common.catalog_path()))},
            {"photos", photo_counts_json(update)},
            {"faces", report.faces},
            {"model", options.analyser.embedder->model},
            {"linkage", "average"},
            {"threshold", report.threshold},
            {"people", Json::array()}};
  for (const Person& person : people) json["people"].push_back(person_json(person));
  json["seconds"] = {{"scan", milliseconds_of(update.scan_seconds)},
                     {"embed", milliseconds_of(update.embed_seconds)},
                     {"cluster", milliseconds_of(report.seconds)}};
  print_json(json);
}

void log_summary(const LibraryUpdate& update, const ClusterReport& report, std::size_t people) {
  log_info("{}; {} faces in {} people{}", summary(update),
           with_thousands(static_cast<long long>(report.faces)),
           with_thousands(static_cast<long long>(people)),
           report.regrouping ? fmt::format(", {} of them new", report.regrouping->new_people)
                             : ", as before");
}

ExitStatus cluster_photos(ClusterOptions options) {
  Catalog catalog(options.common.catalog_path(), Catalog::Mode::kCreate);
  if (!options.model_given) use_model_of_catalog(catalog, *options.analyser.embedder);
  const LibraryUpdate update =
      update_library(catalog, options.paths, options.analyser, networks_factory());
  remember_model(catalog, *options.analyser.embedder);
  report_problems(update);
  if (update.interrupted) return status_of(update, options.paths);

  const ClusterReport report = regroup(catalog, options, update.model);
  const auto people = list_people(catalog, options.min_faces);
  print_report(options, update, report, people);
  const ExitStatus status = status_of(update, options.paths);
  if (status == ExitStatus::kOk && report.faces == 0) {
    log_error("{}: no faces in {} photos; try a smaller --min-face or --score",
              fmt::join(options.paths, ", "), with_thousands(update.scanned));
    return ExitStatus::kNegative;
  }
  if (status != ExitStatus::kNegative) log_summary(update, report, people.size());
  return status;
}

}  // namespace

ExitStatus run_cluster(Arguments arguments) {
  ClusterOptions options;
  options.analyser.embedder.emplace();

  CommandLine line(
      "cluster [OPTIONS] PATH...",
      "Finds the people in photos and folders of photos: detects every face of what is new or "
      "changed,\n"
      "stores it in the catalog, groups all faces of the catalog into people, and prints them, "
      "the\n"
      "largest first. Names given with `facenet people name` stay. Photos are never modified.");
  line.positionals("PATH: give photos or folders, or --embeddings FILE", options.paths, 0,
                   SIZE_MAX);
  line.option("threshold", options.threshold, "D",
              "people join while their mean squared distance is at most D (default: the model's)");
  line.option("min-faces", options.min_faces, "N", "print only people with at least N faces");
  options.output.add_json(line, "one JSON document with photos, faces, people and times");
  options.output.add_csv(line, "one row a face");
  options.output.add_null(line,
                          "photo paths, each ended by NUL, and one more NUL after each person");
  options.common.add_catalog(line);
  options.common.add_threads(line);
  options.common.add_messages(line);
  add_detection_options(line, options.analyser);
  add_embedding_options(line, *options.analyser.embedder);
  line.heading("Vectors from elsewhere, without a catalog");
  line.option("embeddings", options.vectors.embeddings, "FILE.npy",
              "group these vectors (a row each) and print one cluster number a line");
  line.option("groups", options.vectors.groups, "FILE",
              "one photo number a line: vectors of one photo are never grouped together");
  line.option("linkage", options.vectors.linkage, "L",
              "average (the default), complete or single: how far groups are from each other");
  line.flag("approximate", options.vectors.approximate,
            "search faster and less thoroughly; says how many neighbours were found");
  line.option("merge-tree", options.vectors.merge_tree, "OUT.npy",
              "write all joins up to the last one in the format of SciPy's linkage()");
  line.flag("force", options.vectors.force, "replace OUT.npy if it exists");
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();
  options.output.validate();
  options.analyser.threads = options.common.thread_count();
  options.model_given = line.given("model");
  options.threshold_given = line.given("threshold");
  if (options.min_faces < 1) fail<UsageError>("--min-faces must be at least 1");
  if (options.threshold_given) {
    AgglomerateOptions{options.threshold, options.common.thread_count()}.validate();
  }

  if (!options.vectors.embeddings.empty()) {
    if (!options.paths.empty()) fail<UsageError>("give photos or --embeddings, not both");
    options.vectors.threshold_given = options.threshold_given;
    options.vectors.threshold = options.threshold;
    options.vectors.threads = options.common.thread_count();
    options.vectors.json = options.output.json;
    return cluster_vectors(options.vectors);
  }
  for (const char* name : {"groups", "linkage", "approximate", "merge-tree", "force"}) {
    if (line.given(name)) fail<UsageError>("--{} goes with --embeddings", name);
  }
  if (options.paths.empty()) fail<UsageError>("missing PATH: give photos or folders");
  return cluster_photos(std::move(options));
}

}  // namespace facenet
