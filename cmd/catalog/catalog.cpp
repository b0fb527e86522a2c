#include "catalog/catalog.h"

#include <array>
#include <iostream>
#include <sstream>

#include "base/file.h"
#include "base/logging.h"
#include "base/text.h"
#include "catalog/backup.h"
#include "catalog/repair.h"
#include "cmd/catalog/merge.h"
#include "cmd/catalog/quality.h"
#include "cmd/catalog/split.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/output.h"
#include "library/facts_file.h"
#include "library/library.h"
#include "library/merging/common_origin.h"
#include "library/put_right.h"
#include "library/recluster.h"
#include "people/partition.h"

namespace facenet {
namespace {

/// Null for the model's own.
Json threshold_json(const Catalog& catalog, ModelId model) {
  const auto threshold = chosen_threshold(catalog, model);
  return threshold ? Json(*threshold) : Json(nullptr);
}

void print_info_json(const Catalog& catalog, const CatalogCounts& counts) {
  Json json{{"catalog", to_valid_utf8(absolute_path(catalog.path()))},
            {"bytes", counts.bytes},
            {"path_count", counts.paths},
            {"missing_count", counts.missing_paths},
            {"unreadable_count", counts.unreadable_paths},
            {"photo_count", counts.photos},
            {"outdated_photo_count", catalog.outdated_photos().size()},
            {"face_count", counts.faces},
            {"vector_count", counts.embeddings},
            {"people_count", counts.people},
            {"named_people_count", counts.named_people},
            {"fact_count", counts.facts},
            {"forgotten_photo_count", counts.forgotten_photos},
            {"forgotten_face_count", counts.forgotten_faces},
            {"forgetting_due", catalog.is_forgetting_due()},
            {"models", Json::array()},
            {"properties", catalog.properties()}};
  for (const ModelRecord& model : catalog.models()) {
    json["models"].push_back({{"name", model.name},
                              {"weights_sha256", model.weights_sha256},
                              {"flip", model.flip},
                              {"dimension", model.dimension},
                              {"threshold", threshold_json(catalog, model.id)},
                              {"vector_count", catalog.count_embeddings(model.id)}});
  }
  print_json(json);
}

void print_info_text(const Catalog& catalog, const CatalogCounts& counts) {
  const auto row = [](const char* what, const std::string& value) {
    std::cout << fmt::format("{:12}{}\n", escape_control(what), escape_control(value));
  };
  row("catalog", absolute_path(catalog.path()));
  row("size", with_thousands(counts.bytes) + " bytes");
  row("paths",
      fmt::format("{}, {} missing, {} unreadable", with_thousands(counts.paths),
                  with_thousands(counts.missing_paths), with_thousands(counts.unreadable_paths)));
  row("photos", with_thousands(counts.photos));
  row("faces", with_thousands(counts.faces));
  row("vectors", with_thousands(counts.embeddings));
  row("people", fmt::format("{}, {} named", with_thousands(counts.people),
                            with_thousands(counts.named_people)));
  row("facts", with_thousands(counts.facts));
  if (counts.forgotten_photos + counts.forgotten_faces > 0)
    row("forgotten", fmt::format("{} and {}, which are left out from now on",
                                 counted(counts.forgotten_photos, "photo"),
                                 counted(counts.forgotten_faces, "face")));
  if (catalog.is_forgetting_due())
    row("forgetting", "interrupted; `facenet forget` takes old copies out of the file");
  for (const ModelRecord& model : catalog.models()) {
    row("model", fmt::format("{} {}, {} vectors of {} numbers, weights {:.12}", model.name,
                             model.flip ? "with mirror image" : "without mirror image",
                             with_thousands(catalog.count_embeddings(model.id)), model.dimension,
                             model.weights_sha256));
    if (const auto threshold = chosen_threshold(catalog, model.id))
      row("threshold", fmt::format("{} for {}, as asked; `facenet cluster --threshold default` "
                                   "takes it back",
                                   *threshold, model.name));
  }
  if (const auto outdated = catalog.outdated_photos().size(); outdated > 0)
    row("outdated", fmt::format("{}, with the faces that an earlier detector found",
                                counted(static_cast<long long>(outdated), "photo")));
  for (const auto& [key, value] : catalog.properties()) {
    if (key.starts_with("threshold-") || key == kSplitsProperty || value.empty()) continue;
    const auto detector = key == "detector" ? options_of_fingerprint(value) : std::nullopt;
    row(key.c_str(), value + (detector ? hint_at_new_detector(detector->detector) : ""));
  }
}

/// What the commands share.
struct CatalogOptions {
  CommonOptions common;
  OutputOptions output;

  /// False when there is nothing to do.
  bool parse(CommandLine& line, const Arguments& arguments) {
    output.add_json(line, "print one JSON document");
    common.add_catalog(line);
    common.add_messages(line);
    if (!line.parse(arguments)) return false;
    common.apply();
    return true;
  }
};

ExitStatus info(Arguments arguments) {
  CatalogOptions options;
  CommandLine line("catalog info [OPTIONS]", "Shows what the catalog holds.");
  if (!options.parse(line, arguments)) return ExitStatus::kOk;
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  const CatalogCounts counts = catalog.counts();
  options.output.json ? print_info_json(catalog, counts) : print_info_text(catalog, counts);
  return ExitStatus::kOk;
}

ExitStatus check(Arguments arguments) {
  CatalogOptions options;
  CommandLine line("catalog check [OPTIONS]",
                   "Looks for damage in the catalog. The exit status is 1 if there is any.");
  if (!options.parse(line, arguments)) return ExitStatus::kOk;
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  auto findings = catalog.check();
  // Facts can be held against a catalog only as far as it can be read.
  if (findings.empty())
    for (auto find : {broken_facts, broken_trees})
      for (std::string& broken : find(catalog)) findings.push_back(std::move(broken));
  if (options.output.json) {
    print_json({{"catalog", to_valid_utf8(absolute_path(catalog.path()))},
                {"sound", findings.empty()},
                {"findings", findings}});
  } else {
    for (const std::string& finding : findings) std::cout << escape_control(finding) << '\n';
  }
  if (findings.empty()) {
    log_info("{}: sound", catalog.path());
    return ExitStatus::kOk;
  }
  log_error(
      "{}: {}; restore a backup with `facenet catalog restore`, or save what can be read with "
      "`facenet catalog repair`",
      catalog.path(), counted(std::ssize(findings), "finding"));
  return ExitStatus::kNegative;
}

ExitStatus quality(Arguments arguments) {
  CatalogOptions options;
  EmbedderOptions embedder;
  CommandLine line(
      "catalog quality [OPTIONS]",
      "Judges how good the grouping into people is, as far as that can be told without "
      "knowing them.");
  add_model_options(line, embedder);
  if (!options.parse(line, arguments)) return ExitStatus::kOk;
  return catalog_quality(options.common, embedder, line.given("model"), options.output.json);
}

/// For a message: the catalog's path, and how much it holds.
std::string what_holds(const std::string& path) {
  const CatalogCounts counts = Catalog(path, Catalog::Mode::kRead).counts();
  return fmt::format("{}: holds {} of {} and {} now", absolute_path(path),
                     counted(counts.faces, "face"), counted(counts.people, "person", "people"),
                     counted(counts.facts, "fact"));
}

ExitStatus backup(Arguments arguments) {
  CommonOptions common;
  std::vector<std::string> words;
  bool force = false;
  CommandLine line("catalog backup FILE [OPTIONS]",
                   "Copies the catalog, as it is at one moment, while other commands go on.");
  line.positionals("FILE: give a name for the copy", words, 1, 1);
  line.flag("force", force, "replace FILE if it exists");
  common.add_catalog(line);
  common.add_messages(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  backup_catalog(common.catalog_path(), words[0], force);
  log_info("{}", what_holds(words[0]));
  return ExitStatus::kOk;
}

ExitStatus restore(Arguments arguments) {
  CommonOptions common;
  std::vector<std::string> words;
  CommandLine line("catalog restore FILE [OPTIONS]",
                   "Puts a copy of FILE, which `catalog backup` made, in the place of the catalog. "
                   "The catalog of before is kept beside it, and FILE stays as it is.");
  line.positionals("FILE: give the backup", words, 1, 1);
  common.add_catalog(line);
  common.add_messages(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  const std::string aside = restore_catalog(words[0], common.catalog_path());
  log_info("{}{}", what_holds(common.catalog_path()),
           aside.empty() ? "" : fmt::format("; the one of before is {}", aside));
  return ExitStatus::kOk;
}

/// "3, 5 to 7 and 91 more"
std::string ranges_text(const std::vector<std::int64_t>& numbers) {
  std::vector<std::string> ranges;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    ranges.push_back(end == i + 1 ? fmt::format("{}", numbers[i])
                                  : fmt::format("{} to {}", numbers[i], numbers[end - 1]));
    i = end;
  }
  return briefly(ranges);
}

void report_losses(const RepairReport& report) {
  const auto say = [](std::int64_t count, const char* one, const char* many, const char* what) {
    if (count > 0) log_warning("{} {}", counted(count, one, many), what);
  };
  if (!report.lost_facts.empty())
    log_warning("not found: {} ({}); those that `facenet forget` removed are among them",
                counted(std::ssize(report.lost_facts), "fact"), ranges_text(report.lost_facts));
  say(report.facts_without_sense, "fact", "facts",
      "left out: what they are about is lost, or they cannot be");
  say(report.faces_of_facts, "face", "faces", "lost of which facts speak; the facts are kept");
  say(report.faces_without_photo, "face", "faces", "left out: their photos are lost");
  say(report.vectors_left_out, "vector", "vectors", "left out: damaged, or their faces are lost");
  say(report.paths_without_photo, "path", "paths", "left out: their photos are lost");
  say(report.rows_left_out, "other row", "other rows", "left out: damaged");
  say(report.unreadable_pages, "page", "pages", "could not be read at all");
  say(report.moved_faces, "face", "faces", "put where the facts say that they belong");
  if (report.forgotten_list_lost)
    log_warning("the list of what was forgotten is lost: look whether somebody comes in again");
}

ExitStatus repair(Arguments arguments) {
  CommonOptions common;
  std::vector<std::string> words;
  CommandLine line(
      "catalog repair DAMAGED NEW [OPTIONS]",
      "Makes a new catalog, NEW, of all that can be read in a damaged one: what you "
      "said first of all, and the photos, faces and vectors that hold together. It says "
      "what is lost. DAMAGED is not changed; its -wal counts, if it is beside it.\n\n"
      "A backup is better, if there is a recent one: `facenet catalog restore`.");
  line.positionals("DAMAGED NEW: give the damaged catalog, and a name for the new one", words, 2,
                   2);
  common.add_messages(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  const RepairReport report = repair_catalog(words[0], words[1], put_salvaged_right);
  const CatalogCounts& saved = report.saved;
  log_info("{}: holds {} of {} in {} and {} now", absolute_path(words[1]),
           counted(saved.faces, "face"), counted(saved.people, "person", "people"),
           counted(saved.photos, "photo"), counted(saved.facts, "fact"));
  report_losses(report);
  if (report.is_incomplete())
    log_info(
        "`facenet cluster PHOTOS --catalog {}` looks at all photos again, and finds what is "
        "lost of them",
        words[1]);
  return ExitStatus::kOk;
}

ExitStatus export_facts_command(Arguments arguments) {
  CommonOptions common;
  CommandLine line("catalog export-facts [OPTIONS]",
                   "Prints all that you said of people as JSON Lines, which need nothing of the "
                   "catalog: photos are known by their hashes, faces by their places. Undone facts "
                   "are among them.");
  common.add_catalog(line);
  common.add_messages(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  export_facts(Catalog(common.catalog_path(), Catalog::Mode::kRead), std::cout);
  return ExitStatus::kOk;
}

ExitStatus import_facts_command(Arguments arguments) {
  CommonOptions common;
  std::vector<std::string> words;
  CommandLine line("catalog import-facts FILE [OPTIONS]",
                   "Says all that `catalog export-facts` wrote to FILE (- for standard input) to a "
                   "catalog that knows the photos, and in which nothing has been said yet.");
  line.positionals("FILE: give what export-facts has written", words, 1, 1);
  common.add_catalog(line);
  common.add_messages(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  Catalog catalog(common.catalog_path(), Catalog::Mode::kWrite);
  std::istringstream text(read_all(words[0]));
  const ImportedFacts imported = import_facts(catalog, text, words[0]);
  log_info("{} imported; the next `facenet cluster` groups all faces by them",
           counted(imported.facts, "fact"));
  if (imported.left_out > 0 || imported.unknown_faces > 0)
    log_warning("{} left out, and {} of {} in the others: the catalog does not have these photos",
                counted(imported.left_out, "fact"), with_thousands(imported.unknown_faces),
                counted(imported.faces, "face"));
  return ExitStatus::kOk;
}

constexpr std::array kCatalogCommands = {
    Command{"info", "show what the catalog holds", info},
    Command{"check", "look for damage", check},
    Command{"quality", "judge how good the grouping is", quality},
    Command{"backup", "copy it while other commands go on", backup},
    Command{"restore", "put a backup in its place", restore},
    Command{"merge", "add what other catalogs hold", merge_catalogs_command},
    Command{"split", "make several of it, by folder or person", split_catalog_command},
    Command{"repair", "save what can be read of a damaged one", repair},
    Command{"export-facts", "print what you said of people", export_facts_command},
    Command{"import-facts", "say it to another catalog", import_facts_command},
};

}  // namespace

CommandGroup catalog_commands() {
  return {kCatalogCommands,
          "Shows, checks, copies, merges, splits and repairs the catalog, the file that keeps "
          "faces and people."};
}

}  // namespace facenet
