#include "train/eval/lfw.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>

#include "base/distance.h"
#include "base/interrupt.h"
#include "cmd/eval/eval.h"
#include "cmd/eval/verification_output.h"
#include "cmd/output.h"
#include "library/library.h"
#include "train/eval/failures_page.h"
#include "train/eval/verification.h"
#include "weights/model_info.h"

namespace facenet {
namespace {

constexpr std::array kLfwFars = {1e-1, 1e-2, 1e-3, 1e-4};

struct LfwOptions : EvalOptions {
  std::string failures, roc;
  std::string against;  ///< the model of the second image of each pair; empty: that of the first
  int view = 2;

  std::string models() const {
    const std::string& model = analyser.embedder->model;
    return against.empty() ? model : fmt::format("{} against {}", model, against);
  }
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
    faces_ = read_faces(names, options_.analyser);
    if (!options_.against.empty() && !interrupted()) others_ = read_again(options_.against);
    if (interrupted()) return false;
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
    return options_.view == 2 ? verify_folds(test_.distances, kLfwFars)
                              : verify_split(train_.distances, test_.distances, kLfwFars);
  }

  const std::vector<VerificationPair>& distances() const { return test_.distances; }
  const std::vector<std::string>& no_face() const { return no_face_; }

  /// What the test's pairs at `threshold` get wrong, with the faces.
  std::vector<FailedPair> failures(double threshold) const;

 private:
  using Faces = std::map<std::string, FaceVector>;

  std::string path(const std::string& image) const { return images_ + "/" + image; }

  /// Throws Error when an image cannot be read: without it, it would be another protocol.
  Faces read_faces(const std::set<std::string>& names, const AnalyserOptions& options) const {
    const std::vector<std::string> images(names.begin(), names.end());
    return collect(options, [&](FaceReader& reader, const FaceReader::Receive& receive) {
      reader.read(images, receive);
    });
  }

  /// The faces that were found, as another model sees them.
  Faces read_again(const std::string& model) const {
    AnalyserOptions options = options_.analyser;
    options.embedder->model = model;
    std::map<std::string, Face> known;
    for (const auto& [image, face] : faces_) known.emplace(image, face.face);
    return collect(options, [&](FaceReader& reader, const FaceReader::Receive& receive) {
      reader.read_known(known, receive);
    });
  }

  template <class Read>
  Faces collect(const AnalyserOptions& options, const Read& read) const {
    Faces faces;
    FaceReader reader(options, options_.framing());
    read(reader, [&](const std::string& image, FaceVector&& face) {
      faces.emplace(image, std::move(face));
    });
    for (const auto& [image, reason] : reader.unreadable()) fail("{}: {}", image, reason);
    return faces;
  }

  double distance(const LfwPair& pair) const {
    const Faces& seconds = options_.against.empty() ? faces_ : others_;
    const auto first = faces_.find(path(pair.first)), second = seconds.find(path(pair.second));
    if (first == faces_.end() || second == seconds.end()) return HUGE_VAL;
    return squared_distance(first->second.vector, second->second.vector);
  }

  const LfwOptions& options_;
  Measured train_, test_;
  std::string images_;
  Faces faces_;
  Faces others_;  ///< by the model of the second images
  std::vector<std::string> no_face_;
};

std::vector<FailedPair> Lfw::failures(double threshold) const {
  std::vector<FailedPair> failures;
  std::set<std::string> names;
  for (std::size_t i = 0; i < test_.pairs.size(); ++i) {
    const VerificationPair& measured = test_.distances[i];
    if ((measured.distance <= threshold) == measured.same) continue;
    const LfwPair& pair = test_.pairs[i];
    failures.push_back({pair.first, pair.second, {}, {}, measured.distance, measured.same});
    names.insert(path(pair.first));
    names.insert(path(pair.second));
  }
  AnalyserOptions options = options_.analyser;  // once more, now with chips, for the few
  options.keep_chips = true;
  const Faces faces = read_faces(names, options);
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
  Json json{{"pair_count", report.pairs},
            {"view", options.view},
            {"mode", options.mode},
            {"model", options.analyser.embedder->model}};
  if (!options.against.empty()) json["against"] = options.against;
  add_verification(json, report);
  json["no_face_count"] = lfw.no_face().size();
  json["images_without_face"] = lfw.no_face();
  return json;
}

void print_report(const LfwOptions& options, const Lfw& lfw, const VerificationReport& report) {
  std::cout << fmt::format("LFW View {}, {} pairs, {}, {}\n", options.view, report.pairs,
                           options.models(), options.mode);
  print_verification(report);
  std::cout << fmt::format("no face    {} images{}\n", lfw.no_face().size(),
                           lfw.no_face().empty() ? "" : ": their pairs count as different");
}

void prepare_against(LfwOptions& options) {
  EmbedderOptions other = *options.analyser.embedder;
  other.model = options.against;
  prepare_model(other);
  options.against = other.model;
  const int first = describe_embedder(*options.analyser.embedder).info.embedding;
  const int second = describe_embedder(other).info.embedding;
  if (first != second) {
    fail("{}: vectors of {} and of {} numbers cannot be compared; give two models of one size",
         options.models(), first, second);
  }
}

ExitStatus evaluate(const LfwOptions& options) {
  for (const std::string& file : {options.failures, options.roc}) options.require_free(file);
  Lfw lfw(options);
  if (!lfw.measure()) return interrupt_status();
  const VerificationReport report = lfw.report();
  if (options.output.json) {
    print_json(report_json(options, lfw, report));
  } else {
    print_report(options, lfw, report);
  }
  if (!options.roc.empty()) {
    options.write(options.roc, roc_svg(fmt::format("LFW View {}", options.view), options.models(),
                                       lfw.distances()));
  }
  if (!options.failures.empty()) {
    options.write(options.failures,
                  failures_page(fmt::format("LFW View {}: {}", options.view, options.models()),
                                report.threshold, lfw.failures(report.threshold)));
  }
  return ExitStatus::kOk;
}

}  // namespace

ExitStatus run_eval_lfw(Arguments arguments) {
  LfwOptions options;
  CommandLine line(
      "eval lfw [OPTIONS] DIR",
      "Tests verification on Labeled Faces in the Wild, by the protocol \"unrestricted with "
      "labelled outside data\". DIR holds pairs.txt (for View 1: pairsDevTrain.txt and "
      "pairsDevTest.txt) and the people's folders, in images/, in lfw/ or beside the files. In "
      "each image, the face nearest the centre counts.\n\n"
      "View 2, for reporting: each of ten folds is judged at the threshold that is best for the "
      "other nine, and ± is the standard error of the mean. View 1, for choosing settings: the "
      "second file is judged at the threshold that is best for the first.");
  line.option("view", options.view, "1|2", "view to test on");
  line.option("against", options.against, "MODEL",
              "take the vector of each pair's second image from this model, to see how well two "
              "compatible models work together");
  line.option("failures", options.failures, "FILE.html",
              "write a page with the pairs that are judged wrongly");
  line.option("roc", options.roc, "FILE.svg", "draw the ROC curve");
  options.add_force(line);
  options.add(line, "give the folder of the data set");
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.apply();
  if (options.view != 1 && options.view != 2) fail<UsageError>("--view must be 1 or 2");
  prepare_model(*options.analyser.embedder);
  if (!options.against.empty()) prepare_against(options);
  return evaluate(options);
}

}  // namespace facenet
