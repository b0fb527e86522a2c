#include <algorithm>
#include <iostream>

#include "base/distance.h"
#include "base/interrupt.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/output.h"
#include "cmd/photos/photo_stream.h"
#include "cmd/photos/piped_photos.h"
#include "cmd/photos/verify_pairs.h"
#include "library/library.h"
#include "pipeline/analyse.h"
#include "pipeline/torch_module.h"

namespace facenet {
namespace {

struct VerifyOptions {
  AnalyserOptions analyser;
  OutputOptions output;
  double threshold = 0;  ///< 0: the model's
  bool all = false;
  std::vector<std::string> photos;
  std::string pairs;
};

/// Two faces compared.
struct Comparison {
  std::size_t a, b;  ///< which face of each photo
  double distance, probability;
  bool same;
};

/// One of the two faces, and how many its photo has.
Json side_json(const std::string& path, const PhotoAnalysis& photo, std::size_t face) {
  Json json;
  set_photo(json, path);
  json["face_count"] = photo.faces.size();
  json.update(face_json(photo.faces[face]));
  return json;
}

std::vector<PhotoAnalysis> analyse_both(const Analyser& analyser, const VerifyOptions& options) {
  PipedPhotos piped;
  std::vector<AnalysisRequest> requests;
  for (const std::string& photo : options.photos) {
    requests.push_back({piped.file_of(photo), std::nullopt});
  }
  std::vector<PhotoAnalysis> analyses;
  analyse_in_order(analyser, requests, {}, [&](std::size_t, PhotoAnalysis&& analysis) {
    analyses.push_back(std::move(analysis));
    return true;
  });
  stop_if_interrupted();  // then a photo may be missing
  for (std::size_t i = 0; i < analyses.size(); ++i) require_face(options.photos[i], analyses[i]);
  return analyses;
}

std::vector<Comparison> compare(const PhotoAnalysis& a, const PhotoAnalysis& b,
                                const OperatingPoint& point, int dimension, double threshold,
                                bool all) {
  const auto vector = [&](const PhotoAnalysis& photo, std::size_t face) {
    const auto size = static_cast<std::size_t>(dimension);
    return std::span(photo.embeddings).subspan(face * size, size);
  };
  std::vector<Comparison> comparisons;
  for (std::size_t i = 0; i < (all ? a.faces.size() : 1); ++i) {
    for (std::size_t k = 0; k < (all ? b.faces.size() : 1); ++k) {
      const double distance = squared_distance(vector(a, i), vector(b, k));
      comparisons.push_back({i, k, distance, point.probability(distance), distance <= threshold});
    }
  }
  return comparisons;
}

Json comparison_json(const VerifyOptions& options, const Comparison& comparison, double threshold,
                     const std::vector<PhotoAnalysis>& photos) {
  return {{"same", comparison.same},
          {"distance", comparison.distance},
          {"threshold", threshold},
          {"probability", probability_json(comparison.probability)},
          {"a", side_json(options.photos[0], photos[0], comparison.a)},
          {"b", side_json(options.photos[1], photos[1], comparison.b)}};
}

void print_text(const Comparison& comparison, double threshold, bool all) {
  if (all) std::cout << fmt::format("{} {} ", comparison.a, comparison.b);
  std::cout << fmt::format("{}: distance {:.3f}, threshold {:.3f}{}\n",
                           comparison.same ? "same person" : "different people",
                           comparison.distance, threshold,
                           probability_text(comparison.probability));
}

ExitStatus verify(const VerifyOptions& options) {
  const ModelInfo model = describe_embedder(*options.analyser.embedder).info;
  const OperatingPoint& point = model.operating_point(options.analyser.embedder->flip);
  const double threshold = options.threshold > 0 ? options.threshold : point.verification;
  const auto photos = analyse_both(*torch_functions().make_analyser(options.analyser), options);
  if (!options.all)
    for (std::size_t i = 0; i < photos.size(); ++i)
      say_which_face(options.photos[i], photos[i], "--all compares every face");
  const auto comparisons =
      compare(photos[0], photos[1], point, model.embedding, threshold, options.all);
  const bool any_same = std::any_of(comparisons.begin(), comparisons.end(),
                                    [](const Comparison& c) { return c.same; });
  if (options.output.json && options.all) {
    Json json{{"same", any_same}, {"threshold", threshold}, {"pairs", Json::array()}};
    for (const auto& comparison : comparisons) {
      json["pairs"].push_back(comparison_json(options, comparison, threshold, photos));
    }
    print_json(json);
  } else if (options.output.json) {
    print_json(comparison_json(options, comparisons.front(), threshold, photos));
  } else {
    for (const auto& comparison : comparisons) print_text(comparison, threshold, options.all);
  }
  return any_same ? ExitStatus::kOk : ExitStatus::kNegative;
}

}  // namespace

ExitStatus run_verify(Arguments arguments) {
  CommonOptions common;
  VerifyOptions options;
  options.analyser.embedder.emplace();
  options.analyser.hash = false;

  CommandLine line("verify [OPTIONS] A B\nverify [OPTIONS] --pairs FILE.csv",
                   "Says whether the largest face in photo A and the largest face in photo B are "
                   "the same person. The exit status is 0 if they are, 1 if they are not, and 2 if "
                   "that cannot be told: no face was found, or a photo cannot be read.");
  line.positionals("A B: give two photos, or --pairs FILE.csv", options.photos, 0, 2).completion =
      Completion::kFiles;
  line.option("pairs", options.pairs, "FILE.csv",
              "compare many pairs: each line of FILE.csv holds two paths, A,B, relative to the "
              "folder of FILE.csv (- means standard input). The exit status is 0 if all could be "
              "compared, and 3 if some could not");
  line.flag("all", options.all,
            "compare every face in A with every face in B (numbered from 0, the largest first); "
            "the exit status is 0 if any two are the same person");
  line.option("threshold", options.threshold, "D",
              "say \"same person\" if the squared distance is at most D (default: the model's)");
  options.output.add_records(line, "pair, with --pairs");
  options.output.add_csv(line, "print a row for each pair, with --pairs");
  common.add_threads(line);
  common.add_messages(line);
  add_detection_options(line, options.analyser);
  common.add_progress(line);
  add_embedding_options(line, *options.analyser.embedder);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  options.analyser.threads = common.thread_count();
  if (line.given("threshold") && !(options.threshold > 0 && options.threshold <= 4)) {
    fail<UsageError>("--threshold must lie between 0 and 4: vectors have unit length");
  }
  options.output.validate();
  prepare_model(*options.analyser.embedder, options.threshold == 0);
  if (!options.pairs.empty()) {
    if (options.all || !options.photos.empty())
      fail<UsageError>("--pairs goes with neither A B nor --all");
    return verify_pairs(
        {options.analyser, options.output, options.threshold, std::move(options.pairs)});
  }
  if (options.photos.size() < 2)
    fail<UsageError>("missing A B: give two photos, or --pairs FILE.csv");
  if (options.output.json_lines || options.output.csv)
    fail<UsageError>("--jsonl and --csv go with --pairs");
  return verify(options);
}

}  // namespace facenet
