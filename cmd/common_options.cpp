#include "cmd/common_options.h"

#include <charconv>

#include "base/error.h"
#include "base/file.h"
#include "base/logging.h"
#include "base/progress.h"
#include "base/threads.h"
#include "cmd/configuration.h"
#include "weights/model_store.h"

namespace facenet {

void CommonOptions::add_messages(CommandLine& line) {
  const Heading heading(line, kGeneralHeading);
  line.flag("quiet,q", quiet, "print only errors");
  line.flag("verbose,v", verbose, "print more about what is done");
}

void CommonOptions::add_progress(CommandLine& line) {
  const Heading heading(line, kGeneralHeading);
  line.flag("progress", progress, "show progress even if stderr is not a terminal").rare = true;
  line.flag("no-progress", no_progress, "never show progress").rare = true;
}

void CommonOptions::add_catalog(CommandLine& line) {
  const Heading heading(line, "Catalog");
  line.option("catalog", catalog, "FILE", "the catalog, which keeps faces and people")
      .default_value = "$FACENET_CATALOG, else $XDG_DATA_HOME/facenet/catalog.db";
}

void CommonOptions::add_threads(CommandLine& line) {
  const Heading heading(line, kSpeedHeading);
  line.option("threads", threads, "N", "number of threads").default_value = "all processors";
}

void CommonOptions::apply() const {
  if (quiet && verbose) fail<UsageError>("-q and -v contradict each other");
  if (progress && no_progress)
    fail<UsageError>("--progress and --no-progress contradict each other");
  if (threads < 0 || threads > kMostThreads)
    fail<UsageError>("--threads must lie between 1 and {}", kMostThreads);
  if (quiet) set_log_level(LogLevel::kError);
  if (verbose) set_log_level(LogLevel::kDebug);
  if (progress) set_progress_mode(ProgressMode::kAlways);
  if (no_progress || quiet) set_progress_mode(ProgressMode::kNever);
}

int CommonOptions::thread_count() const {
  return threads > 0 ? threads : available_threads();
}

std::string CommonOptions::catalog_path() const {
  if (!catalog.empty()) return catalog;
  std::string path = environment_value(kCatalogVariable);
  if (!path.empty()) return path;
  return user_data_folder() + "/catalog.db";
}

std::vector<std::string> known_embedders() {
  std::vector<std::string> names{kAutoEmbedder, kBuiltInEmbedder};
  for (const KnownModel& model : known_models())
    if (model.info.kind == "embedder" && !model.sources.empty()) names.push_back(model.info.name);
  return names;
}

const std::vector<std::string>& detector_names() {
  static const std::vector<std::string> kNames = {"yunet", "mtcnn", "mmod", "hog"};
  return kNames;
}

std::string hint_at_new_detector(const std::string& detector) {
  const std::string now = DetectorOptions{}.detector;
  if (detector == now) return "";
  return fmt::format(
      "; new catalogs use {0}: `facenet cluster --redetect --detector {0}` goes over to it", now);
}

void add_detection_options(CommandLine& line, AnalyserOptions& options) {
  const Heading heading(line, "Finding faces");
  line.option("detector", options.detector.detector, "NAME",
              "face detector: yunet, mtcnn, mmod or hog")
      .choices = detector_names();
  line.option(
      "min-face-pixels", options.detector.min_face_pixels, "N",
      "smallest face to find: the shorter side of its box in pixels of the full-size photo; "
      "0 means as small as the detector finds");
  line.option("min-face", options.detector.min_face, "SHARE",
              "smallest face to find, as a share of the photo's longer edge, from 0 to 1: leaves "
              "out the background of large photos; 0 means any")
      .rare = true;
  line.option("score", options.detector.score, "P",
              "least confidence of the detector, from 0 to 1");
  line.option("max-pixels", options.decode.max_pixels, "N", "refuse photos with more pixels").rare =
      true;
}

DetectorChoice::DetectorChoice(const CommandLine& line)
    : detector_(line.given("detector")),
      min_face_(line.given("min-face")),
      min_face_pixels_(line.given("min-face-pixels")),
      score_(line.given("score")) {}

void DetectorChoice::complete(const Catalog& catalog, DetectorOptions& options) const {
  const auto property = catalog.property("detector");
  const auto used = property ? options_of_fingerprint(*property) : std::nullopt;
  if (!used || catalog.counts().photos == 0) return;
  if (!detector_) options.detector = used->detector;
  if (!min_face_) options.min_face = used->min_face;
  if (!min_face_pixels_) options.min_face_pixels = used->min_face_pixels;
  if (!score_) options.score = used->score;
}

void add_model_options(CommandLine& line, EmbedderOptions& options) {
  const Heading heading(line, "Model");
  line.option("model", options.model, "NAME|FILE",
              "network that turns faces into vectors: a name that `facenet model list` shows, a "
              "weights file, or a TorchScript module (FILE.pt). auto means mobilefacenet-512, or "
              "the built-in facenet-nn4 if the weights of that are not installed")
      .known = known_embedders();
  line.negative_flag("no-flip", options.flip, "use only the face itself, not also its mirror image")
      .rare = true;
  const Heading script_heading(line, "TorchScript modules (--model FILE.pt)");
  line.flag("trust", options.script.trust,
            "run FILE.pt, a module that turns a tensor [N,3,H,W] into [N,D]. Such a file holds "
            "code, which can do whatever you can do")
      .rare = true;
  line.option("input-size", options.script.input_size, "N",
              "size of its faces in pixels (default: the only size that it accepts)")
      .rare = true;
  line.option("pixels", options.script.pixels, "ORDER,MEAN,DIVISOR",
              "order of the channels (rgb or bgr) and scaling: (value - MEAN) / DIVISOR. MEAN and "
              "DIVISOR are one number or three")
      .rare = true;
  OptionDescription& alignment =
      line.option("alignment", options.script.alignment, "NAME",
                  "where it expects eyes, nose and mouth: arcface-112 or dlib-150");
  alignment.choices = {"arcface-112", "dlib-150"};
  alignment.rare = true;
}

void add_embedding_options(CommandLine& line, EmbedderOptions& options) {
  add_model_options(line, options);
  const Heading heading(line, kSpeedHeading);
  line.option("precision", options.precision, "fp32|bf16|auto",
              "numbers to compute with. auto means bf16 if the processor has it, which makes large "
              "networks faster")
      .choices = {"fp32", "bf16", "auto"};
}

FaceId face_number(const std::string& word) {
  FaceId id = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
  if (error != std::errc{} || end != word.data() + word.size())
    fail<UsageError>("'{}' is not the number of a face", word);
  return id;
}

void OutputOptions::add_json(CommandLine& line, const std::string& help) {
  const Heading heading(line, kOutputHeading);
  line.flag("json", json, help);
}

void OutputOptions::add_json_lines(CommandLine& line, const std::string& record) {
  const Heading heading(line, kOutputHeading);
  line.flag("jsonl", json_lines, "print JSON lines: one for each " + record);
}

void OutputOptions::add_records(CommandLine& line, const std::string& record) {
  add_json(line, "print one JSON document");
  add_json_lines(line, record);
}

void OutputOptions::add_csv(CommandLine& line, const std::string& help) {
  const Heading heading(line, kOutputHeading);
  line.flag("csv", csv, help);
}

void OutputOptions::add_null(CommandLine& line, const std::string& help) {
  const Heading heading(line, kOutputHeading);
  line.flag("null,0", null_separated, help);
}

void OutputOptions::add_group_separator(CommandLine& line) {
  const Heading heading(line, kOutputHeading);
  line.option("group-separator", group_separator, "STRING",
              "with -0, put this record between the paths of two people. Without it, each path is "
              "printed only once")
      .rare = true;
}

void OutputOptions::validate() const {
  if (json + json_lines + csv + null_separated > 1) {
    fail<UsageError>("give only one of --json, --jsonl, --csv and -0");
  }
  if (grouped && !null_separated) fail<UsageError>("--group-separator goes with -0");
}

}  // namespace facenet
