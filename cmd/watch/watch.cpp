#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <optional>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/library_report.h"
#include "cmd/output.h"
#include "cmd/photos/path_arguments.h"
#include "cmd/watch/photo_events.h"
#include "library/library.h"
#include "library/recluster.h"
#include "people/partition.h"
#include "pipeline/upgrade_model.h"
#include "watch/folder_watch.h"

namespace facenet {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

struct WatchOptions {
  CommonOptions common;
  DetectorChoice detector;
  AnalyserOptions analyser;
  PathArguments arguments;
  bool model_given = false, json_lines = false;
  double settle = 2;  ///< seconds
  double look = 600;  ///< seconds

  Milliseconds settle_time() const { return Milliseconds(std::llround(1000 * settle)); }
  Milliseconds look_time() const { return Milliseconds(std::llround(1000 * look)); }
};

// ---- what happened, in words or as JSON

Json somebody_json(const PhotoArrival::Somebody& somebody) {
  const FaceRecord& face = somebody.face;
  const PersonRecord& person = somebody.person;
  Json json{{"face", face.id},
            {"person", person.id},
            {"name", person.name.empty() ? Json(nullptr) : Json(person.name)},
            {"box", box_json({face.x, face.y, face.width, face.height})},
            {"score", score_json(face.score)}};
  if (person.hidden) json["hidden"] = true;
  if (!somebody.recognisable) json["recognisable"] = false;
  if (face.by_hand) json["by_hand"] = true;
  return json;
}

Json event_json(const char* event, const std::string& photo) {
  Json json{{"event", event}};
  set_photo(json, photo);
  return json;
}

void print_as_json(const PhotoChanges& changes, const LibraryUpdate& update,
                   const ReclusterReport& report) {
  for (const PhotoArrival& arrival : changes.arrived) {
    Json json = event_json("photo", arrival.path);
    json["faces"] = Json::array();
    for (const auto& somebody : arrival.people) json["faces"].push_back(somebody_json(somebody));
    print_json(json);
  }
  for (const std::string& path : changes.gone) print_json(event_json("gone", path));
  for (const auto& [path, reason] : update.problems) {
    Json json = event_json("unreadable", path);
    json["error"] = to_valid_utf8(reason);
    print_json(json);
  }
  print_json({{"event", "look"},
              {"photo_counts", photo_counts_json(update)},
              {"waiting_file_count", update.waiting},
              {"face_count", report.faces},
              {"moved_face_count", report.regrouping ? report.regrouping->moved_faces : 0}});
}

void print_as_text(const PhotoChanges& changes) {
  for (const PhotoArrival& arrival : changes.arrived) {
    std::vector<std::string> names;
    for (const auto& somebody : arrival.people)
      if (!somebody.person.hidden) names.push_back(call_person(somebody.person));
    std::cout << fmt::format("new   {}: {}\n", escape_control(arrival.path),
                             names.empty() ? "nobody" : escape_control(listed(names, "and")));
  }
  for (const std::string& path : changes.gone)
    std::cout << fmt::format("gone  {}\n", escape_control(path));
}

// ---- looking

/// Brings the catalog up to date with the folders, again and again.
class Looker {
 public:
  explicit Looker(WatchOptions options) : options_(std::move(options)) {}

  /// One look; says what is new. Throws Error.
  void look() {
    const auto start = Clock::now();
    waiting_ = 0;  // where this look fails, too: what waits is not looked for again at once
    // Opened anew each time: somebody may have put another file in its place.
    Catalog catalog(options_.common.catalog_path(), Catalog::Mode::kCreate);
    if (!options_.model_given) use_model_of_catalog(catalog, *options_.analyser.embedder);
    options_.detector.complete(catalog, options_.analyser.detector);
    prepare_model(*options_.analyser.embedder);
    if (!events_.started()) events_.start(catalog);
    const LibraryUpdate update =
        update_library(catalog, options_.arguments.paths, options_.analyser, torch_analyser(),
                       options_.arguments.exclusion(), false, options_.settle_time());
    remember_model(catalog, *options_.analyser.embedder);
    report_problems(update, false);
    waiting_ = update.waiting;
    if (!update.interrupted) regroup_and_print(catalog, update);
    const std::chrono::duration<double> taken = Clock::now() - start;
    looked_for_ = Milliseconds(std::llround(1000 * (taken.count() - update.embed_seconds)));
  }

  /// Files that were being written at the last look.
  std::int64_t waiting() const { return waiting_; }
  /// How long the last look took, without what it did for new photos.
  Milliseconds looked_for() const { return looked_for_; }

 private:
  void regroup_and_print(Catalog& catalog, const LibraryUpdate& update) {
    ReclusterOptions grouping =
        grouping_options(catalog, *options_.analyser.embedder, update.model);
    grouping.threads = options_.common.thread_count();
    const ReclusterReport report = recluster(catalog, grouping);
    const PhotoChanges changes = events_.changes(catalog);
    if (options_.json_lines)
      print_as_json(changes, update, report);
    else
      print_as_text(changes);
    std::cout << std::flush;
    log_debug("{}; {}", summary(update), counted(static_cast<long long>(report.faces), "face"));
  }

  WatchOptions options_;
  PhotoEvents events_;
  std::int64_t waiting_ = 0;
  Milliseconds looked_for_{};
};

/// Until nothing has changed for a while; not for ever, as something may change all the time.
void wait_until_quiet(FolderWatch& folders, Milliseconds settle) {
  constexpr int kMostPatience = 10;
  const auto end = Clock::now() + kMostPatience * settle;
  while (Clock::now() < end && folders.wait(settle)) {
  }
}

/// Lets other programs have the machine: to look takes a fifth of the time at most. True when
/// something has changed meanwhile.
bool rest(FolderWatch& folders, Milliseconds time) {
  const auto end = Clock::now() + time;
  bool changed = false;
  while (Clock::now() < end && !interrupted())
    changed |= folders.wait(std::chrono::ceil<Milliseconds>(end - Clock::now()));
  return changed;
}

void say_unwatched(const FolderWatch& folders, bool& said) {
  if (folders.unwatched() == 0 || said) return;
  said = true;
  log_warning(
      "the system has no room to watch {}: raise fs.inotify.max_user_watches with sysctl(8); until "
      "then --every says how often they are looked at",
      counted(folders.unwatched(), "folder"));
}

ExitStatus watch(const WatchOptions& options) {
  std::vector<std::string> roots;
  for (const std::string& path : options.arguments.paths) roots.push_back(absolute_path(path));
  const Exclusion exclusion = options.arguments.exclusion();
  FolderWatch folders(roots, exclusion, absolute_path(options.common.catalog_path()));
  Looker looker(options);
  bool first = true, said_unwatched = false;
  while (!interrupted()) {
    folders.refresh();
    say_unwatched(folders, said_unwatched);
    try {
      looker.look();
      if (first && !interrupted())
        log_info("watching {}; Ctrl-C ends it", briefly(options.arguments.paths));
    } catch (const Error& error) {
      // What is wrong with the command line or the catalog is better said at once.
      if (first) throw;
      log_error("{}", error.what());
    }
    first = false;
    const bool changed = rest(folders, std::min(4 * looker.looked_for(), options.look_time()));
    const bool waits = looker.waiting() > 0;
    if (changed || folders.wait(waits ? options.settle_time() : options.look_time()))
      wait_until_quiet(folders, options.settle_time());
  }
  return reader_has_gone() ? interrupt_status() : ExitStatus::kOk;
}

}  // namespace

ExitStatus run_watch(Arguments arguments) {
  WatchOptions options;
  options.analyser.embedder.emplace();
  CommandLine line(
      "watch [OPTIONS] PATH...",
      "Follows folders of photos: what `facenet cluster` would do is done whenever photos come, "
      "change or go, and it prints who is in each photo that is new. A file is read when nobody "
      "has written to it for a while.\n\n"
      "Ctrl-C or SIGTERM end it, with exit status 0. What was finished is kept. Other commands "
      "work in the meantime, and what you say with `facenet people` holds from the next look on.");
  options.arguments.add(line, "PATH: give the folders to watch", 1);
  add_videos(line, options.analyser);
  line.flag("jsonl", options.json_lines, "print a line of JSON for each event");
  line.option("settle", options.settle, "SECONDS",
              "take a file when nobody has written to it for so long");
  line.option("every", options.look, "SECONDS",
              "look at all folders at least so often: of folders on other machines, and of what is "
              "behind links, one does not hear when they change");
  options.common.add_catalog(line);
  options.common.add_threads(line);
  options.common.add_messages(line);
  options.common.add_progress(line);
  add_detection_options(line, options.analyser);
  add_embedding_options(line, *options.analyser.embedder);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();
  options.analyser.threads = options.common.thread_count();
  constexpr double kDay = 86400;
  if (!(options.settle >= 0.1 && options.settle <= kDay))
    fail<UsageError>("--settle must be from 0.1 to {:.0f} seconds", kDay);
  if (!(options.look >= 1 && options.look <= kDay))
    fail<UsageError>("--every must be from 1 to {:.0f} seconds", kDay);
  if (!options.arguments.read()) return ExitStatus::kNegative;
  options.model_given = line.given("model");
  options.detector = DetectorChoice(line);
  return watch(options);
}

}  // namespace facenet
