#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "cmd/eval.h"
#include "cmd/library.h"
#include "cmd/output.h"
#include "nn/model_info.h"
#include "train/failures_page.h"
#include "train/lfw.h"
#include "train/plot.h"
#include "train/verification.h"

namespace facenet {
namespace {

constexpr std::array kFars = {1e-1, 1e-2, 1e-3, 1e-4};
constexpr double kFewFalseAccepts = 10;  ///< below this a VAL is noise

struct LfwOptions : EvalOptions {
  std::string failures, roc;
  int view = 2;
  bool force = false;
};

/// The pairs of a file with the distances of their images.
struct Measured {
  std::vector<LfwPair> pairs;
  std::vector<VerificationPair> distances;
};

class Lfw {
 public:
  explicit Lfw(const LfwOptions& options) : options_(options) {
    if (options.view == 2) {
      test_.pairs = read_lfw_pairs(options.root() + "/pairs.txt");
    } else {
      train_.pairs = read_lfw_pairs(options.root() + "/pairsDevTrain.txt");
      test_.pairs = read_lfw_pairs(options.root() + "/pairsDevTest.txt");
    }
    images_ = find_lfw_images(options.root(), test_.pairs);
  }

  /// False when a signal came.
  bool measure() {
    std::set<std::string> names;
    for (const Measured* part : {&train_, &test_}) {
      for (const LfwPair& pair : part->pairs) {
        names.insert(path(pair.first));
        names.insert(path(pair.second));
      }
    }
    FaceVectors found =
        face_vectors({names.begin(), names.end()}, options_.analyser, options_.framing());
    if (interrupted()) return false;
    // A protocol with images left out would be another protocol.
    for (const auto& [image, reason] : found.unreadable) fail("{}: {}", image, reason);
    faces_ = std::move(found.faces);
    for (const std::string& name : names) {
      if (!faces_.contains(name)) no_face_.push_back(name);
    }
    for (Measured* part : {&train_, &test_}) {
      for (const LfwPair& pair : part->pairs) {
        part->distances.push_back({distance(pair), pair.same, pair.fold});
      }
    }
    return true;
  }

  VerificationReport report() const {
    return options_.view == 2 ? verify_folds(test_.distances, kFars)
                              : verify_split(train_.distances, test_.distances, kFars);
  }

  const std::vector<VerificationPair>& distances() const { return test_.distances; }
  const std::vector<std::string>& no_face() const { return no_face_; }

  /// What the test's pairs at `threshold` get wrong, with the faces.
  std::vector<FailedPair> failures(double threshold) const;

 private:
  std::string path(const std::string& image) const { return images_ + "/" + image; }

  double distance(const LfwPair& pair) const {
    const auto first = faces_.find(path(pair.first)), second = faces_.find(path(pair.second));
    if (first == faces_.end() || second == faces_.end()) return HUGE_VAL;
    return squared_distance(first->second.vector, second->second.vector);
  }

  const LfwOptions& options_;
  Measured train_, test_;
  std::string images_;
  std::map<std::string, FaceVector> faces_;
  std::vector<std::string> no_face_;
};

std::vector<FailedPair> Lfw::failures(double threshold) const {
  std::vector<FailedPair> failures;
  std::set<std::string> names;
  for (std::size_t i = 0; i < test_.pairs.size(); ++i) {
    const VerificationPair& measured = test_.distances[i];
    if ((measured.distance < threshold) == measured.same) continue;
    const LfwPair& pair = test_.pairs[i];
    failures.push_back({pair.first, pair.second, {}, {}, measured.distance, measured.same});
    names.insert(path(pair.first));
    names.insert(path(pair.second));
  }
  AnalyserOptions options = options_.analyser;  // once more, now with chips, for the few
  options.keep_chips = true;
  const auto faces = face_vectors({names.begin(), names.end()}, options, options_.framing()).faces;
  const auto chip = [&](const std::string& image) {
    const auto face = faces.find(path(image));
    return face == faces.end() ? Image() : face->second.chip;
  };
  for (FailedPair& failure : failures) {
    failure.first_chip = chip(failure.first);
    failure.second_chip = chip(failure.second);
  }
  return failures;
}

Json report_json(const LfwOptions& options, const Lfw& lfw, const VerificationReport& report) {
  Json json{{"pairs", report.pairs},
            {"view", options.view},
            {"mode", options.mode},
            {"model", options.analyser.embedder->model},
            {"accuracy", report.accuracy},
            {"standard_error", report.standard_error},
            {"auc", report.auc},
            {"threshold", report.threshold},
            {"fold_thresholds", report.fold_thresholds},
            {"val", Json::object()},
            {"val_details", Json::array()},
            {"no_face", lfw.no_face().size()},
            {"images_without_face", lfw.no_face()}};
  for (const ValAtFar& val : report.val) {
    json["val"][fmt::format("{:g}", val.far)] = val.val;
    json["val_details"].push_back({{"far", val.far},
                                   {"val", val.val},
                                   {"standard_error", val.standard_error},
                                   {"far_measured", val.far_measured},
                                   {"false_accepts", val.far * val.different}});
  }
  return json;
}

void print_report(const LfwOptions& options, const Lfw& lfw, const VerificationReport& report) {
  std::cout << fmt::format("LFW View {}, {} pairs, {}, {}\n", options.view, report.pairs,
                           options.analyser.embedder->model, options.mode);
  std::cout << fmt::format("accuracy   {:.4f} ± {:.4f}  (squared distance below {:.3f})\n",
                           report.accuracy, report.standard_error, report.threshold);
  std::cout << fmt::format("AUC        {:.5f}\n", report.auc);
  for (const ValAtFar& val : report.val) {
    const double rests_on = val.far * val.different;
    std::cout << fmt::format(
        "VAL @ {:<7g}{:.4f} ± {:.4f}{}\n", val.far, val.val, val.standard_error,
        rests_on < kFewFalseAccepts ? fmt::format("  (rests on {:.1f} false accepts)", rests_on)
                                    : "");
  }
  std::cout << fmt::format("no face    {} images{}\n", lfw.no_face().size(),
                           lfw.no_face().empty() ? "" : ": their pairs count as different");
}

std::string roc_svg(const LfwOptions& options, const Lfw& lfw) {
  Plot plot{.title = fmt::format("LFW View {}", options.view),
            .x = {"false accept rate", 1e-4, 1, true},
            .y = {"validation rate", 0, 1},
            .series = {{options.analyser.embedder->model, {}}}};
  for (const RocPoint& point : roc_curve(lfw.distances())) {
    plot.series[0].points.push_back({point.far, point.val});
  }
  return to_svg(plot);
}

ExitStatus evaluate(const LfwOptions& options) {
  for (const std::string& file : {options.failures, options.roc}) {
    if (!file.empty() && !options.force && file_exists(file)) {
      fail("{}: exists already; give --force to replace it", file);
    }
  }
  Lfw lfw(options);
  if (!lfw.measure()) return interrupt_status();
  const VerificationReport report = lfw.report();
  if (options.output.json) {
    print_json(report_json(options, lfw, report));
  } else {
    print_report(options, lfw, report);
  }
  const auto write = [&](const std::string& file, const std::string& content) {
    write_file_atomically(file, options.force, [&](std::ostream& out) { out << content; });
    log_info("{}: written", file);
  };
  if (!options.roc.empty()) write(options.roc, roc_svg(options, lfw));
  if (!options.failures.empty()) {
    write(options.failures, failures_page(fmt::format("LFW View {}: {}", options.view,
                                                      options.analyser.embedder->model),
                                          report.threshold, lfw.failures(report.threshold)));
  }
  return ExitStatus::kOk;
}

}  // namespace

ExitStatus run_eval_lfw(Arguments arguments) {
  LfwOptions options;
  CommandLine line(
      "eval lfw [OPTIONS] DIR",
      "Verification on Labeled Faces in the Wild, unrestricted with labelled outside data. DIR "
      "holds\n"
      "pairs.txt (and pairsDevTrain.txt, pairsDevTest.txt for View 1) and the people's folders, "
      "in\n"
      "images/, in lfw/ or beside the files. Of each image the face nearest the centre counts.\n"
      "View 2: ten folds, each judged at the threshold that the other nine choose; ± is the "
      "standard\n"
      "error of the mean. View 1, for choosing settings: threshold from the first file, judged on "
      "the\n"
      "second.");
  line.option("view", options.view, "1|2", "which of the two protocols");
  line.option("failures", options.failures, "FILE.html",
              "write a page with the pairs that are wrong at the best threshold");
  line.option("roc", options.roc, "FILE.svg", "draw the ROC curve");
  line.flag("force", options.force, "replace files that exist");
  options.add(line, "give the folder of the data set");
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.apply();
  if (options.view != 1 && options.view != 2) fail<UsageError>("--view must be 1 or 2");
  prepare_model(*options.analyser.embedder);
  return evaluate(options);
}

}  // namespace facenet
