#include <charconv>
#include <cmath>
#include <memory>
#include <optional>

#include "base/file.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/library_report.h"
#include "cmd/output.h"
#include "cmd/photos/cluster_vectors.h"
#include "cmd/photos/explanation.h"
#include "cmd/photos/path_arguments.h"
#include "cmd/redetection_report.h"
#include "index/distributed/leader.h"
#include "library/library.h"
#include "library/recluster.h"
#include "people/people.h"
#include "pipeline/shard.h"
#include "pipeline/torch_module.h"
#include "pipeline/upgrade_model.h"

namespace facenet {
namespace {

struct ClusterOptions {
  CommonOptions common;
  OutputOptions output;
  DetectorChoice detector;
  AnalyserOptions analyser;
  VectorClusteringOptions vectors;
  std::string threshold_word;
  std::optional<double> threshold;  ///< nothing: not given, or the default
  std::int64_t min_faces = 1;
  PathArguments arguments;
  std::vector<std::string> paths;  ///< all that the arguments say
  bool model_given = false, threshold_given = false;
  bool redetect = false;
  bool all = false, rebuild = false, allow_same_photo = false, explain = false, strict = false;
};

/// Nothing for "default". Throws UsageError.
std::optional<double> threshold_meant(const std::string& word) {
  if (word == "default") return {};
  double threshold = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), threshold);
  if (error != std::errc{} || end != word.data() + word.size() || !std::isfinite(threshold))
    fail<UsageError>("--threshold {}: give a squared distance such as 1.2, or default", word);
  AgglomerateOptions{.threshold = threshold}.validate();
  return threshold;
}

/// `others`: processes that help; nullptr: none.
ReclusterReport regroup(Catalog& catalog, const ClusterOptions& options, ModelId model,
                        Ranks* others = nullptr) {
  if (options.threshold_given) choose_threshold(catalog, model, options.threshold);
  ReclusterOptions regrouping = grouping_options(catalog, *options.analyser.embedder, model);
  regrouping.allow_same_photo = options.allow_same_photo;
  regrouping.rebuild = options.rebuild;
  regrouping.threads = options.common.thread_count();
  if (others == nullptr) return recluster(catalog, regrouping);
  LeadingRank leader(*others);
  regrouping.agglomerate = [&](const auto&... all) { return leader.agglomerate(all...); };
  ReclusterReport report = recluster(catalog, regrouping);
  leader.release();
  return report;
}

double milliseconds_of(double seconds) {
  return std::round(seconds * 1000) / 1000;
}

Json changes_json(const ReclusterReport& report) {
  const Regrouping changes = report.regrouping.value_or(Regrouping{});
  Json held_back = Json::array();
  for (const HeldBack& pair : changes.held_back)
    held_back.push_back(
        {{"person", pair.named}, {"other_person", pair.other}, {"face_count", pair.faces}});
  Json left = Json::array();
  for (const Regrouping::Parting& parting : changes.partings)
    left.push_back({{"person", parting.named},
                    {"other_person", parting.other},
                    {"face_count", parting.faces}});
  return {{"computed", to_string(report.computation)},
          {"new_people_count", changes.new_people},
          {"vanished_people_count", changes.vanished_people},
          {"moved_face_count", changes.moved_faces},
          {"churned_face_count", changes.churned_faces},
          {"postponed_face_count", report.postponed_faces},
          {"held_back", std::move(held_back)},
          {"left_named", std::move(left)}};
}

/// Which models' vectors the faces were seen by: the catalog's, and while faces wait for a vector
/// of it the one of before.
Json vectors_json(const Catalog& catalog, const ReclusterReport& report, ModelId model) {
  const auto compatible = catalog.compatible_model(model);
  Json vectors = Json::array();
  for (const ModelRecord& record : catalog.models()) {
    const bool is_other = compatible && record.id == compatible->other;
    if (record.id != model && !is_other) continue;
    const std::size_t faces =
        is_other ? report.faces_by_other : report.faces - report.faces_by_other;
    if (is_other && faces == 0) continue;
    vectors.push_back(
        {{"model", record.name}, {"weights_sha256", record.weights_sha256}, {"face_count", faces}});
  }
  return vectors;
}

void print_report(const ClusterOptions& options, const Catalog& catalog,
                  const LibraryUpdate& update, const ReclusterReport& report, ModelId model,
                  const PeopleList& list) {
  if (!options.output.any_json()) return print_people(list.people, options.output, kStacksShown);
  Json json{{"catalog", to_valid_utf8(absolute_path(options.common.catalog_path()))},
            {"photo_counts", photo_counts_json(update)},
            {"face_count", report.faces},
            {"unrecognisable_counts",
             {{"all", report.unrecognisable}, {"with_nobody", list.unrecognisable.size()}}},
            {"model", options.analyser.embedder->model},
            {"linkage", "average"},
            {"rule", report.threshold ? "threshold" : "default"},
            {"threshold", report.threshold ? Json(*report.threshold) : Json(nullptr)},
            {"group_counts",
             {{"of_one", static_cast<std::int64_t>(report.rivals.of_one)},
              {"of_more", static_cast<std::int64_t>(report.rivals.of_more)}}},
            {"vectors", vectors_json(catalog, report, model)},
            {"redetection", redetection_json(catalog, update.redetection)},
            {"changes", changes_json(report)},
            {"people", Json::array()}};
  for (const Person& person : list.people) json["people"].push_back(person_json(person));
  json["seconds"] = {{"scan", milliseconds_of(update.scan_seconds)},
                     {"embed", milliseconds_of(update.embed_seconds)},
                     {"cluster", milliseconds_of(report.seconds)}};
  print_records(json, "people", options.output);
}

void log_partings(const std::vector<Regrouping::Parting>& partings) {
  for (const Regrouping::Parting& parting : partings)
    log_info("{} of person {} {} now person {}: `facenet people review` asks",
             counted(parting.faces, "face"), parting.named, parting.faces == 1 ? "is" : "are",
             parting.other);
}

void log_unrecognisable(std::size_t faces, std::size_t alone) {
  if (faces == 0) return;
  const std::string rest =
      alone == 0
          ? "all joined people"
          : fmt::format("{} joined nobody: `facenet people list --unrecognisable`",
                        alone == faces ? "they" : with_thousands(static_cast<long long>(alone)));
  log_info("{} not recognisable (too small, blurred, turned away or covered); {}",
           counted(static_cast<long long>(faces), "face is", "faces are"), rest);
}

void log_summary(const std::string& photos, const ReclusterReport& report, const PeopleList& list) {
  std::string changes = ", as before";
  if (report.regrouping) {
    changes = fmt::format(", {} of them new", with_thousands(report.regrouping->new_people));
    if (report.regrouping->churned_faces > 0)
      changes += fmt::format("; {} moved to other people",
                             counted(report.regrouping->churned_faces, "face"));
  }
  log_info("{}{} in {}{}", photos, counted(static_cast<long long>(report.faces), "face"),
           counted(static_cast<long long>(list.people.size()), "person", "people"), changes);
  log_unrecognisable(report.unrecognisable, list.unrecognisable.size());
  if (report.threshold_chosen)
    log_info(
        "people join up to distance {}, which the catalog keeps for later runs; `facenet cluster "
        "--threshold "
        "default` takes it back",
        *report.threshold);
  if (report.postponed_faces > 0)
    log_info(
        "{} where they are, because their people were being corrected meanwhile: run `facenet "
        "cluster` again",
        counted(report.postponed_faces, "face stays", "faces stay"));
  if (report.regrouping) log_partings(report.regrouping->partings);
  if (report.regrouping && !report.regrouping->held_back.empty()) {
    const std::size_t pairs = report.regrouping->held_back.size();
    log_info(
        "{} {} {} faces or more {} near enough to join people with names, but {} not seen as "
        "theirs when the names were given: `facenet people review` asks",
        pairs, pairs == 1 ? "person of" : "people of", kFacesHeldBack, pairs == 1 ? "is" : "are",
        pairs == 1 ? "was" : "were");
  }
  if (const std::size_t count = std::max(report.unassessed, report.without_moment); count > 0)
    log_info(
        "{} embedded by an earlier facenet: `facenet embed --upgrade` finds out which of them are "
        "not recognisable, and which are of one burst",
        counted(static_cast<long long>(count), "face was", "faces were"));
  if (report.faces_by_other > 0)
    log_info("{} still with vectors of the earlier model: `facenet embed --upgrade` renews them",
             counted(static_cast<long long>(report.faces_by_other), "face"));
}

/// Reads no photo: after statements, or for another cut. Of several processes the first has the
/// catalog, and the others help it.
ExitStatus cluster_catalog(ClusterOptions options) {
  const std::unique_ptr<Ranks> ranks = ranks_of_environment();
  if (ranks && ranks->rank() != 0) {
    help(*ranks);
    return ExitStatus::kOk;
  }
  Catalog catalog(options.common.catalog_path(), Catalog::Mode::kWrite);
  const CatalogModel model =
      model_of_catalog(catalog, *options.analyser.embedder, options.model_given);
  const ReclusterReport report = regroup(catalog, options, model.id, ranks.get());
  const auto people = list_people(catalog, options.min_faces, options.all);
  print_report(options, catalog, {}, report, model.id, people);
  if (report.faces == 0) {
    log_error("{}: has no faces; give photos: `facenet cluster PHOTOS`", catalog.path());
    return ExitStatus::kNegative;
  }
  log_summary("", report, people);
  return ExitStatus::kOk;
}

/// With photos to scan, or to find the faces of the catalog's photos anew, or both.
ExitStatus cluster_photos(ClusterOptions options) {
  const bool scans = !options.paths.empty();
  Catalog catalog(options.common.catalog_path(),
                  scans ? Catalog::Mode::kCreate : Catalog::Mode::kWrite);
  if (!options.model_given) use_model_of_catalog(catalog, *options.analyser.embedder);
  options.detector.complete(catalog, options.analyser.detector);
  prepare_model(*options.analyser.embedder);
  const LibraryUpdate update =
      update_library(catalog, options.paths, options.analyser, torch_analyser(),
                     options.arguments.exclusion(), options.redetect);
  remember_model(catalog, *options.analyser.embedder);
  report_problems(update, options.strict);
  report_redetection(catalog, update.redetection);
  if (options.redetect && !update.redetection.is_any())
    log_info("{}: its faces were found by these options already{}", catalog.path(),
             hint_at_new_detector(options.analyser.detector.detector));
  if (update.interrupted) return status_of(update, options.paths, options.strict);

  const ReclusterReport report = regroup(catalog, options, update.model);
  const auto people = list_people(catalog, options.min_faces, options.all);
  print_report(options, catalog, update, report, update.model, people);
  const ExitStatus status = status_of(update, options.paths, options.strict);
  if (status == ExitStatus::kOk && report.faces == 0) {
    log_error("{}: no faces in {}; {}", briefly(options.paths), counted(update.scanned, "photo"),
              kFindMoreFaces);
    return ExitStatus::kNegative;
  }
  if (status != ExitStatus::kNegative)
    log_summary(scans ? summary(update) + "; " : "", report, people);
  return status;
}

/// Of vectors that this model made.
JoinConstants joins_of(EmbedderOptions embedder) {
  prepare_model(embedder);
  return describe_embedder(embedder).info.operating_point(embedder.flip).joins;
}

ExitStatus explain(const ClusterOptions& options) {
  if (options.output.json_lines) fail<UsageError>("--jsonl does not go with --explain");
  if (options.paths.size() != 2) fail<UsageError>("--explain: give the numbers of two faces");
  Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  EmbedderOptions embedder = *options.analyser.embedder;
  const CatalogModel model = model_of_catalog(catalog, embedder, options.model_given);
  const Explanation explanation =
      explain_faces(catalog, model.id, model.points, face_number(options.paths[0]),
                    face_number(options.paths[1]));
  options.output.json ? print_json(explanation_json(explanation)) : print_explanation(explanation);
  return explanation.together ? ExitStatus::kOk : ExitStatus::kNegative;
}

}  // namespace

ExitStatus run_cluster(Arguments arguments) {
  ClusterOptions options;
  options.analyser.embedder.emplace();

  CommandLine line(
      "cluster [OPTIONS] [PATH...]",
      "Finds the people in photos and in folders of photos. It detects the faces in every photo "
      "that is new or has changed, stores them in the catalog, groups all faces of the catalog "
      "into people, and prints the people, those with the most faces first.\n\n"
      "What you have said with `facenet people` is kept. Photos are never changed. Without PATH, "
      "the faces in the catalog are grouped again without reading any photo.");
  options.arguments.add(line, "PATH: give photos or folders, or --embeddings FILE", 0);
  line.option("min-faces", options.min_faces, "N",
              "print only people with at least N faces; copies of a photo and photos of one moment "
              "count once");
  line.flag("all", options.all, "print hidden people, too");
  line.heading("Grouping");
  line.option(
      "threshold", options.threshold_word, "D",
      "join two groups of faces if their mean squared distance is at most D, in this run and in "
      "later ones; 'default' takes that back. A larger D makes fewer, larger groups. By default, "
      "how "
      "alike two groups must be depends on how many photos each has, and on how many other people "
      "there are");
  line.flag("allow-same-photo", options.allow_same_photo,
            "allow two faces in one photo to be the same person in this run (for a single photo, "
            "use `facenet people allow-same-photo`)");
  line.flag("rebuild", options.rebuild,
            "group all faces from scratch, not only those near what has changed; the result is the "
            "same")
      .rare = true;
  line.flag(
      "redetect", options.redetect,
      "find the faces in all photos of the catalog again, with another detector or other "
      "options: a face that is found again keeps its number and all that you have said about "
      "it. Photos that are away follow when they are back. You can stop this at any time; the "
      "next run goes on");
  add_videos(line, options.analyser);
  add_strict(line, options.strict);
  line.flag("explain", options.explain,
            "give the numbers of two faces instead of PATH, to see why they are one person or not; "
            "if not, the exit status is 1");
  options.output.add_json(line, "print one JSON document with photos, faces, people and times");
  options.output.add_json_lines(line, "person");
  options.output.add_csv(line, "print a row for each face");
  options.output.add_null(line, "print the paths of photos, each followed by NUL");
  options.output.add_group_separator(line);
  options.common.add_catalog(line);
  options.common.add_threads(line);
  options.common.add_messages(line);
  options.common.add_progress(line);
  add_detection_options(line, options.analyser);
  add_embedding_options(line, *options.analyser.embedder);
  line.heading("Vectors from elsewhere");
  line.option("embeddings", options.vectors.embeddings, "FILE.npy",
              "group these vectors, one in each row, without a catalog, and print a cluster number "
              "for each; give the --model that made them, or a --threshold. 'part-*.npy' names "
              "several files. Where MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE are set, as "
              "torchrun, Slurm and mpirun do, several processes share the work");
  line.option(
          "groups", options.vectors.groups, "FILE",
          "number of each vector's photo, one in each line; vectors of one photo are never grouped "
          "together")
      .rare = true;
  line.option("linkage", options.vectors.linkage, "L",
              "how to measure the distance of two groups: average, complete or single")
      .rare = true;
  line.flag("approximate", options.vectors.approximate,
            "search faster but less thoroughly, and say how many of the neighbours were found")
      .rare = true;
  line.option("merge-tree", options.vectors.merge_tree, "OUT.npy",
              "write all joins, up to the last one, in the format of SciPy's linkage")
      .rare = true;
  line.flag("force", options.vectors.force, "replace OUT.npy if it exists").rare = true;
  line.option("resume", options.vectors.resume, "FILE",
              "keep the joins found so far in FILE, and go on from there if it exists: a run that "
              "was stopped loses at most a minute and the first search. FILE is removed at the end")
      .rare = true;
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();
  options.output.grouped = line.given("group-separator");
  options.output.validate();
  options.analyser.threads = options.common.thread_count();
  if (!options.arguments.read()) return ExitStatus::kNegative;
  options.paths = options.arguments.paths;
  options.model_given = line.given("model");
  options.detector = DetectorChoice(line);
  options.threshold_given = line.given("threshold");
  if (options.min_faces < 1) fail<UsageError>("--min-faces must be at least 1");
  if (options.threshold_given) options.threshold = threshold_meant(options.threshold_word);

  for (const char* name : {"exclude", "videos"})
    if (line.given(name) && options.paths.empty()) fail<UsageError>("--{} goes with PATH", name);

  if (!options.vectors.embeddings.empty()) {
    if (!options.paths.empty()) fail<UsageError>("give photos or --embeddings, not both");
    if (options.redetect) fail<UsageError>("--redetect goes with a catalog, not with --embeddings");
    options.vectors.threshold_given = options.threshold.has_value();
    options.vectors.threshold = options.threshold.value_or(0);
    if (options.model_given) options.vectors.joins = joins_of(*options.analyser.embedder);
    if (options.output.json_lines) fail<UsageError>("--jsonl does not go with --embeddings");
    options.vectors.threads = options.common.thread_count();
    options.vectors.json = options.output.json;
    return cluster_vectors(options.vectors);
  }
  for (const char* name : {"groups", "linkage", "approximate", "merge-tree", "force", "resume"}) {
    if (line.given(name)) fail<UsageError>("--{} goes with --embeddings", name);
  }
  if (options.explain && options.redetect)
    fail<UsageError>("--explain looks at no photo, so --redetect does not go with it");
  if (options.explain) return explain(options);
  if (options.paths.empty() && !options.redetect) return cluster_catalog(std::move(options));
  if (shard_of_environment())
    fail<UsageError>(
        "by RANK and WORLD_SIZE there are several processes, but photos are read by one: use "
        "`facenet embed --shard`, `facenet catalog merge` and then `facenet cluster` without PATH, "
        "or unset them");
  return cluster_photos(std::move(options));
}

}  // namespace facenet
