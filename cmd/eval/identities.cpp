#include "train/eval/identities.h"

#include <iostream>

#include "base/interrupt.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/eval/eval.h"
#include "cmd/output.h"
#include "library/library.h"
#include "train/eval/calibration.h"
#include "train/eval/labelled_folder.h"
#include "weights/model_info.h"
#include "weights/model_store.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

constexpr std::array kAllPairsFars = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5};

struct IdentitiesOptions : EvalOptions {
  double threshold = 0;  ///< 0: by the model's rule
  bool calibrate = false;
  std::string weights = {};  ///< weights to write; empty: none
};

/// How well grouping finds the people again.
struct Grouping {
  ClusteringQuality chosen, best;
  std::optional<OperatingPoint> calibration = {};
};

/// The faces of a folder with a folder for each person.
struct People {
  FaceLabels labels;
  std::vector<float> vectors = {};
  std::vector<VectorEvidence> evidence = {};
  ImageCounts counts = {};
};

People read_people(const IdentitiesOptions& options) {
  const LabelledFolder folder = find_labelled_images(options.root());
  FaceReader reader(options.analyser, options.framing());
  People people{.labels = FaceLabels(options.splits)};
  reader.read(folder.images, [&](const std::string& path, FaceVector&& face) {
    people.vectors.insert(people.vectors.end(), face.vector.begin(), face.vector.end());
    people.evidence.push_back(face.evidence);
    people.labels.add(folder.person(path));
  });
  people.counts = count_images(folder, people.labels, reader.unreadable());
  return people;
}

Json agreement_json(const Agreement& agreement) {
  return {{"precision", agreement.precision}, {"recall", agreement.recall}, {"f", agreement.f()}};
}

Json clustering_json(const ClusteringQuality& quality) {
  return {{"threshold", quality.threshold ? Json(*quality.threshold) : Json(nullptr)},
          {"cluster_count", quality.clusters},
          {"bcubed", agreement_json(quality.bcubed)},
          {"pairwise", agreement_json(quality.pairwise)}};
}

Json report_json(const IdentitiesOptions& options, const People& people,
                 const AllPairsReport& pairs, const Grouping& grouping) {
  Json json{{"model", options.analyser.embedder->model},
            {"mode", options.mode},
            {"image_count", people.counts.images},
            {"people_count", people.labels.people()},
            {"face_count", people.labels.faces()},
            {"no_face_count", people.counts.no_face},
            {"unreadable_count", people.counts.unreadable},
            {"pair_counts", {{"same", pairs.same}, {"different", pairs.different}}},
            {"splits", pairs.splits},
            {"val", Json::object()},
            {"val_details", Json::array()},
            {"clustering", clustering_json(grouping.chosen)},
            {"best_clustering", clustering_json(grouping.best)}};
  json["calibration"] =
      grouping.calibration ? operating_point_json(*grouping.calibration) : Json(nullptr);
  for (const AllPairsVal& val : pairs.val) {
    json["val"][fmt::format("{:g}", val.far)] = val.val;
    json["val_details"].push_back({{"far", val.far},
                                   {"val", val.val},
                                   {"standard_error", val.standard_error},
                                   {"threshold", val.threshold},
                                   {"false_accepts", val.false_accepts}});
  }
  return json;
}

void print_clustering(const char* what, const ClusteringQuality& quality) {
  const std::string cut = quality.threshold ? fmt::format("{:.2f}", *quality.threshold) : "    ";
  std::cout << fmt::format(
      "{:<12}{}  {} clusters  B-cubed F {:.4f} (P {:.4f} R {:.4f})  pairwise F {:.4f} (P "
      "{:.4f} R {:.4f})\n",
      what, cut, quality.clusters, quality.bcubed.f(), quality.bcubed.precision,
      quality.bcubed.recall, quality.pairwise.f(), quality.pairwise.precision,
      quality.pairwise.recall);
}

void print_text(const IdentitiesOptions& options, const People& people, const AllPairsReport& pairs,
                const Grouping& grouping) {
  std::cout << fmt::format(
      "{} faces of {} people, {}, {}; {} images without a face, {} unreadable\n",
      with_thousands(people.labels.faces()), with_thousands(people.labels.people()),
      options.analyser.embedder->model, options.mode, people.counts.no_face,
      people.counts.unreadable);
  std::cout << fmt::format("{} pairs of one person, {} of two; ± over {} splits of the people\n",
                           with_thousands(pairs.same), with_thousands(pairs.different),
                           pairs.splits);
  for (const AllPairsVal& val : pairs.val) {
    std::cout << fmt::format(
        "VAL @ {:<7g}{:.4f} ± {:.4f}  (squared distance below {:.3f}, {} false "
        "accepts)\n",
        val.far, val.val, val.standard_error, val.threshold, with_thousands(val.false_accepts));
  }
  print_clustering(grouping.chosen.threshold ? "cut" : "rule", grouping.chosen);
  print_clustering("best cut", grouping.best);
  if (!grouping.calibration) return;
  const OperatingPoint& point = *grouping.calibration;
  const JoinConstants& joins = point.joins;
  std::cout << fmt::format(
      "calibration verification {:.4f}, clustering {:.2f}, steepness {:.2f}; joins: strangers "
      "{:.4f}, even {:.4f}, crowd {:.4f}, fewer {:.4f}, more {:.4f}, slope {:.2f}, ceiling "
      "{:.4f}\n",
      point.verification, point.clustering, point.steepness, joins.strangers, joins.even,
      joins.crowd, joins.fewer, joins.more, joins.slope, joins.ceiling);
  const RecognisabilityConstants& recognisability = point.recognisability;
  std::cout
      << (recognisability.is_measured()
              ? fmt::format("            recognisability: length {:.3f}, sharpness {:.3f}, "
                            "offset {:.3f}\n",
                            recognisability.length, recognisability.sharpness,
                            recognisability.offset)
              : "            recognisability: not measured; it takes blurred and small faces, "
                "too\n");
}

/// Of the images as `options` has them seen: with or without the mirror image.
Grouping measure_grouping(const IdentitiesOptions& options, const ModelInfo& model,
                          const LabelledFaces& faces) {
  const OperatingPoint& point = model.operating_point(options.analyser.embedder->flip);
  const int threads = options.analyser.threads;
  const double threshold = options.threshold > 0 ? options.threshold : point.clustering;
  const Clustering tree = join_faces(faces, threshold, threads);
  Grouping grouping{.chosen = {}, .best = measure_best_cut(faces, tree)};
  grouping.chosen = options.threshold > 0 || !point.joins.is_measured()
                        ? measure_cut(faces, tree, threshold)
                        : measure_rule(faces, tree, point.joins);
  if (options.calibrate) grouping.calibration = calibrate(faces, threads);
  return grouping;
}

/// The same weights, with what was measured in place of what they said.
void write_calibrated(const IdentitiesOptions& options, const People& people,
                      const OperatingPoint& point) {
  const EmbedderOptions& embedder = *options.analyser.embedder;
  const EmbedderFile described = describe_embedder(embedder);
  const SafetensorsFile file(described.path);
  ModelInfo info = described.info;
  (embedder.flip ? info.mirrored : info.plain) = point;
  info.provenance[embedder.flip ? "thresholds, mirrored" : "thresholds, plain"] = fmt::format(
      "facenet eval identities --calibrate: {} of {}", counted(people.labels.faces(), "face"),
      counted(people.labels.people(), "person", "people"));
  std::map<std::string, std::string> metadata = file.metadata();
  metadata["facenet"] = to_json(info).dump();
  write_safetensors(options.weights, file.tensors(), std::move(metadata), options.force);
  log_info("wrote {}", options.weights);
}

ExitStatus evaluate(IdentitiesOptions options) {
  options.require_free(options.weights);
  prepare_model(*options.analyser.embedder, options.threshold == 0);
  const ModelInfo model = describe_embedder(*options.analyser.embedder).info;
  const People people = read_people(options);
  if (interrupted()) return interrupt_status();
  const LabelledFaces faces{{people.vectors, people.labels.faces(), model.embedding},
                            people.labels.identity(),
                            people.evidence};
  const int threads = options.analyser.threads;
  const AllPairsReport pairs =
      verify_all_pairs(faces, people.labels.split(), options.splits, kAllPairsFars, threads);
  const Grouping grouping = measure_grouping(options, model, faces);
  if (!options.weights.empty()) write_calibrated(options, people, *grouping.calibration);
  if (options.output.json) {
    print_json(report_json(options, people, pairs, grouping));
  } else {
    print_text(options, people, pairs, grouping);
  }
  return people.counts.unreadable > 0 ? ExitStatus::kPartial : ExitStatus::kOk;
}

}  // namespace

ExitStatus run_eval_identities(Arguments arguments) {
  IdentitiesOptions options;
  CommandLine line(
      "eval identities [OPTIONS] DIR",
      "Compares all faces in a folder with a folder for each person. In each image, the face "
      "nearest the centre counts. Prints VAL, the share of pairs of one person that are accepted, "
      "at several false accept rates, with standard errors over parts of the people. Also prints "
      "how well grouping finds the people again.");
  options.add_splits(line);
  line.option("threshold", options.threshold, "D",
              "group up to this mean squared distance (default: by the model's rule)");
  line.flag(
      "calibrate", options.calibrate,
      "also derive the model's thresholds, and the constants of its rule for grouping, from these "
      "faces; take people whom the model was not trained on");
  line.option("output,o", options.weights, "FILE.safetensors",
              "with --calibrate: write the model with them");
  options.add_force(line);
  options.add(line, "give a folder with a folder for each person");
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.apply();
  if (line.given("threshold") && !(options.threshold > 0 && options.threshold <= 4)) {
    fail<UsageError>("--threshold must lie between 0 and 4: vectors have unit length");
  }
  if (line.given("output") && !options.calibrate)
    fail<UsageError>("--output goes with --calibrate");
  if (!options.weights.empty() && is_script(options.analyser.embedder->model))
    fail<UsageError>(
        "{}: a TorchScript file has no place for thresholds; convert it with `facenet "
        "model import`",
        options.analyser.embedder->model);
  return evaluate(options);
}

}  // namespace facenet
