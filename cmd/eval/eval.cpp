#include "cmd/eval/eval.h"

#include <array>

#include "base/file.h"
#include "base/logging.h"

namespace facenet {
namespace {

constexpr std::array kProtocols = {
    Command{"lfw", "test on Labeled Faces in the Wild, View 1 or View 2", run_eval_lfw},
    Command{"ytf", "test on videos as folders of frames, as in YouTube Faces", run_eval_ytf},
    Command{"identities", "test on a folder for each person: all pairs, and grouping",
            run_eval_identities},
    Command{"sensitivity", "make the paper's tables of JPEG quality, image size and models",
            run_eval_sensitivity},
};

}  // namespace

EvalOptions::EvalOptions() {
  analyser.embedder.emplace();
  analyser.hash = false;
}

Framing EvalOptions::framing() const {
  return mode == "centre" ? Framing::kCentre : Framing::kAligned;
}

void EvalOptions::add_splits(CommandLine& line) {
  line.option("splits", splits, "N",
              "number of parts to split the people into, for standard errors");
}

void EvalOptions::add_force(CommandLine& line) {
  line.flag("force", force, "replace files that exist");
}

void EvalOptions::add(CommandLine& line, const std::string& folder_help) {
  line.positionals("DIR: " + folder_help, folders, 1, 1);
  add_options(line);
}

void EvalOptions::add_options(CommandLine& line) {
  line.option("mode", mode, "MODE",
              "aligned: find and align the faces; centre: cut the same square out of each image");
  output.add_json(line, "print one JSON document");
  common.add_threads(line);
  common.add_messages(line);
  common.add_progress(line);
  add_detection_options(line, analyser);
  add_embedding_options(line, *analyser.embedder);
}

void EvalOptions::apply() {
  common.apply();
  analyser.threads = common.thread_count();
  if (mode != "aligned" && mode != "centre") {
    fail<UsageError>("--mode must be aligned or centre, not '{}'", mode);
  }
  if (splits < 1) fail<UsageError>("--splits must be at least 1");
}

void EvalOptions::require_free(const std::string& file) const {
  if (!file.empty()) facenet::require_free(file, force);
}

void EvalOptions::write(const std::string& file, const std::string& content) const {
  write_file_atomically(file, force, [&](std::ostream& out) { out << content; });
  log_info("{}: written", file);
}

CommandGroup eval_commands() {
  return {kProtocols, "Measures how well a model tells people apart, on photos of known people."};
}

}  // namespace facenet
