#pragma once

#include <string>

#include "catalog/catalog.h"
#include "cmd/command_line.h"
#include "face/detector.h"
#include "image/decode.h"
#include "pipeline/analyse.h"
#include "weights/embedder_options.h"

namespace facenet {

inline constexpr int kMostThreads = 1024;

/// Options that most commands share, bound to the structs that the libraries define.
struct CommonOptions {
  std::string catalog;  ///< empty: the default place
  int threads = 0;      ///< 0: all processors
  bool quiet = false, verbose = false;
  bool progress = false, no_progress = false;

  /// -q, -v
  void add_messages(CommandLine& line);
  /// --progress, --no-progress
  void add_progress(CommandLine& line);
  /// --catalog
  void add_catalog(CommandLine& line);
  /// --threads
  void add_threads(CommandLine& line);

  /// Sets log level and progress mode. Throws UsageError when options contradict each other.
  void apply() const;
  int thread_count() const;
  /// --catalog, else $FACENET_CATALOG, else catalog.db in the user's data folder.
  std::string catalog_path() const;
};

/// How to go over to the detector of new catalogs, as the end of a sentence; empty for that one.
std::string hint_at_new_detector(const std::string& detector);

/// "yunet", "mtcnn", "mmod", "hog"
const std::vector<std::string>& detector_names();

/// --detector, --min-face, --min-face-pixels, --score, --max-pixels
void add_detection_options(CommandLine& line, AnalyserOptions& options);

/// Which of the options of add_detection_options() were given. A catalog's faces are all found in
/// one way, so what was not given is as it was when the catalog was made.
class DetectorChoice {
 public:
  DetectorChoice() = default;
  explicit DetectorChoice(const CommandLine& line);

  void complete(const Catalog& catalog, DetectorOptions& options) const;

 private:
  bool detector_ = false, min_face_ = false, min_face_pixels_ = false, score_ = false;
};

/// What to do where no face was found.
inline constexpr const char* kFindMoreFaces = "try a smaller --min-face-pixels or --score";

/// Names of embedders whose weights are published, or come with facenet.
std::vector<std::string> known_embedders();

/// --model, --no-flip and what a TorchScript module needs: which vectors are meant.
void add_model_options(CommandLine& line, EmbedderOptions& options);
/// These and --precision: for commands that make vectors.
void add_embedding_options(CommandLine& line, EmbedderOptions& options);

/// The number of a face that a word of the command line gives. Throws UsageError when it is none.
FaceId face_number(const std::string& word);

/// How a command prints.
struct OutputOptions {
  bool json = false, json_lines = false, csv = false, null_separated = false;
  std::string group_separator;  ///< with null_separated: stands between two people's paths
  bool grouped = false;         ///< --group-separator was given

  void add_json(CommandLine& line, const std::string& help);
  /// --jsonl, for commands that print records: `record` is what one is about, "a photo".
  void add_json_lines(CommandLine& line, const std::string& record);
  /// --json and --jsonl.
  void add_records(CommandLine& line, const std::string& record);
  void add_csv(CommandLine& line, const std::string& help);
  void add_null(CommandLine& line, const std::string& help);
  /// --group-separator, for commands whose paths belong to people.
  void add_group_separator(CommandLine& line);
  bool any_json() const { return json || json_lines; }
  bool is_text() const { return !any_json() && !csv && !null_separated; }
  /// Throws UsageError when more than one form is asked for.
  void validate() const;
};

}  // namespace facenet
