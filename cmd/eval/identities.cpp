#include "train/eval/identities.h"

#include <iostream>

#include "base/interrupt.h"
#include "base/text.h"
#include "cmd/eval/eval.h"
#include "cmd/output.h"
#include "library/library.h"
#include "train/eval/labelled_folder.h"
#include "weights/model_info.h"

namespace facenet {
namespace {

constexpr std::array kAllPairsFars = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5};

struct IdentitiesOptions : EvalOptions {
  double threshold = 0;  ///< 0: the model's
};

/// The faces of a folder with a folder for each person.
struct People {
  FaceLabels labels;
  std::vector<float> vectors = {};
  ImageCounts counts = {};
};

People read_people(const IdentitiesOptions& options) {
  const LabelledFolder folder = find_labelled_images(options.root());
  FaceReader reader(options.analyser, options.framing());
  People people{.labels = FaceLabels(options.splits)};
  reader.read(folder.images, [&](const std::string& path, FaceVector&& face) {
    people.vectors.insert(people.vectors.end(), face.vector.begin(), face.vector.end());
    people.labels.add(folder.person(path));
  });
  people.counts = count_images(folder, people.labels, reader.unreadable());
  return people;
}

Json agreement_json(const Agreement& agreement) {
  return {{"precision", agreement.precision}, {"recall", agreement.recall}, {"f", agreement.f()}};
}

Json clustering_json(const ClusteringQuality& quality) {
  return {{"threshold", quality.threshold},
          {"cluster_count", quality.clusters},
          {"bcubed", agreement_json(quality.bcubed)},
          {"pairwise", agreement_json(quality.pairwise)}};
}

Json report_json(const IdentitiesOptions& options, const People& people,
                 const AllPairsReport& pairs, const ClusteringReport& clustering) {
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
            {"clustering", clustering_json(clustering.chosen)},
            {"best_clustering", clustering_json(clustering.best)}};
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
  std::cout << fmt::format(
      "{:<12}{:.2f}  {} clusters  B-cubed F {:.4f} (P {:.4f} R {:.4f})  pairwise F {:.4f} (P "
      "{:.4f} R {:.4f})\n",
      what, quality.threshold, quality.clusters, quality.bcubed.f(), quality.bcubed.precision,
      quality.bcubed.recall, quality.pairwise.f(), quality.pairwise.precision,
      quality.pairwise.recall);
}

void print_text(const IdentitiesOptions& options, const People& people, const AllPairsReport& pairs,
                const ClusteringReport& clustering) {
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
  print_clustering("cut", clustering.chosen);
  print_clustering("best cut", clustering.best);
}

ExitStatus evaluate(IdentitiesOptions options) {
  prepare_model(*options.analyser.embedder, options.threshold == 0);
  const ModelInfo model = describe_embedder(*options.analyser.embedder).info;
  const double threshold = options.threshold > 0
                               ? options.threshold
                               : model.operating_point(options.analyser.embedder->flip).clustering;
  const People people = read_people(options);
  if (interrupted()) return interrupt_status();
  const LabelledFaces faces{{people.vectors, people.labels.faces(), model.embedding},
                            people.labels.identity()};
  const int threads = options.analyser.threads;
  const AllPairsReport pairs =
      verify_all_pairs(faces, people.labels.split(), options.splits, kAllPairsFars, threads);
  const ClusteringReport clustering = measure_clustering(faces, threshold, threads);
  if (options.output.json) {
    print_json(report_json(options, people, pairs, clustering));
  } else {
    print_text(options, people, pairs, clustering);
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
              "threshold of the grouping (default: the model's)");
  options.add(line, "give a folder with a folder for each person");
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.apply();
  if (line.given("threshold") && !(options.threshold > 0 && options.threshold <= 4)) {
    fail<UsageError>("--threshold must lie between 0 and 4: vectors have unit length");
  }
  return evaluate(options);
}

}  // namespace facenet
