// Taking over the names that people already have in other programs.
#include <algorithm>

#include "base/file.h"
#include "base/logging.h"
#include "base/progress.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/people/common.h"
#include "exchange/import_names.h"
#include "library/library.h"

namespace facenet {
namespace {

struct NameSourceOptions {
  CommonOptions common;
  OutputOptions output;
  AnalyserOptions analyser;
  bool model_given = false;
  NameImportOptions to_do;
};

Json mark_json(const UnusedMark& mark) {
  Json json;
  set_photo(json, mark.photo);
  json["name"] = mark.name;
  json["file"] = to_valid_utf8(mark.file);
  if (mark.face != 0) json["face"] = mark.face;
  if (!mark.reason.empty()) json["reason"] = to_valid_utf8(mark.reason);
  return json;
}

Json untold_json(const UntoldNames& untold) {
  Json json;
  set_photo(json, untold.photo);
  json["names"] = untold.names;
  json["file"] = to_valid_utf8(untold.file);
  return json;
}

Json import_json(const std::string& catalog, const NameImport& import, bool dry_run) {
  Json json{{"catalog", to_valid_utf8(catalog)},
            {"dry_run", dry_run},
            {"fact", dry_run || import.fact == 0 ? Json(nullptr) : Json(import.fact)},
            {"marked_photo_count", import.photos},
            {"unnamed_mark_count", import.unnamed},
            {"missing_count", import.away},
            {"names", Json::array()},
            {"contradictions", Json::array()},
            {"marks_without_face", Json::array()},
            {"untold", Json::array()},
            {"unreadable", problems_json(import.problems)}};
  for (const ImportedName& name : import.names)
    json["names"].push_back({{"name", name.name},
                             {"person", dry_run && name.is_new ? Json(nullptr) : Json(name.person)},
                             {"new", name.is_new},
                             {"fact", dry_run || name.fact == 0 ? Json(nullptr) : Json(name.fact)},
                             {"named_face_count", name.named},
                             {"known_face_count", name.known},
                             {"added_face_count", name.added}});
  for (const UnusedMark& mark : import.contradictions)
    json["contradictions"].push_back(mark_json(mark));
  for (const UnusedMark& mark : import.without_face)
    json["marks_without_face"].push_back(mark_json(mark));
  for (const UntoldNames& untold : import.untold) json["untold"].push_back(untold_json(untold));
  return json;
}

void print_names(const NameImport& import) {
  for (const ImportedName& name : import.names) {
    if (name.named == 0) continue;
    log_info("{}{}: {} named{}{}", name.name, name.is_new ? " (new)" : "",
             counted(name.named, "face"),
             name.added == 0
                 ? ""
                 : fmt::format(" ({} where none had been found)", with_thousands(name.added)),
             name.known == 0 ? "" : fmt::format(", {} known before", with_thousands(name.known)));
  }
}

/// "a.jpg (Anna, Bob)"
void print_untold(const NameImport& import) {
  if (import.untold.empty()) return;
  std::vector<std::string> photos;
  for (const UntoldNames& untold : import.untold)
    photos.push_back(fmt::format("{} ({})", untold.photo, fmt::join(untold.names, ", ")));
  log_info("of {} it is known who is there, but not which face is whose: {}",
           counted(std::ssize(photos), "photo"), briefly(photos));
}

void print_what_is_left(const NameImport& import) {
  for (const auto& [path, reason] : import.problems) log_warning("{}: {}", path, reason);
  for (const UnusedMark& mark : import.contradictions)
    log_warning("{}: {} is called {} in {}; left as it is: {}", mark.photo,
                mark.face == 0 ? "what is marked" : fmt::format("face {}", mark.face), mark.name,
                mark.file, mark.reason);
  for (const std::string& warning : import.warnings) log_warning("{}", warning);
  if (!import.without_face.empty()) {
    std::vector<std::string> photos;
    for (const UnusedMark& mark : import.without_face)
      if (photos.empty() || photos.back() != mark.photo) photos.push_back(mark.photo);
    log_info("{} no face can be: {}",
             counted(std::ssize(import.without_face), "mark is where", "marks are where"),
             briefly(photos));
  }
  print_untold(import);
  if (import.unnamed > 0)
    log_info("{} no name", counted(import.unnamed, "mark was left out, as it has",
                                   "marks were left out, as they have"));
  log_away(import.away);
}

std::string summary_of(const NameImport& import, bool dry_run) {
  std::int64_t named = 0;
  std::int64_t known = 0;
  std::int64_t fresh = 0;
  for (const ImportedName& name : import.names) {
    named += name.named;
    known += name.known;
    if (name.is_new) ++fresh;
  }
  std::string text =
      fmt::format("{} with names: {} of {}{}", counted(import.photos, "photo"),
                  counted(named, "face"), counted(std::ssize(import.names), "person", "people"),
                  dry_run ? " would be named" : " named");
  if (fresh > 0) text += fmt::format(", {} of the people new", with_thousands(fresh));
  if (known > 0) text += fmt::format("; {} known before", with_thousands(known));
  return text;
}

/// Looks at faces that were marked where none was found as the catalog's others were looked at.
CloseAnalyser analyser_of(const std::string& path, NameSourceOptions& options) {
  CloseAnalyser made;
  {
    const Catalog catalog(path, Catalog::Mode::kRead);
    made.model = model_of_catalog(catalog, *options.analyser.embedder, options.model_given).id;
    DetectorChoice().complete(catalog, options.analyser.detector);
  }
  options.analyser.threads = options.common.thread_count();
  made.analyser = torch_analyser()(options.analyser);
  return made;
}

ExitStatus take_over_names(NameSourceOptions& options) {
  const std::string catalog = absolute_path(options.common.catalog_path());
  {
    const Catalog grouped(catalog, Catalog::Mode::kWrite);
    require_grouped(grouped);
    // Without any vector it is not known by which model.
    if (grouped.counts().embeddings > 0)
      options.to_do.make_analyser = [&] { return analyser_of(catalog, options); };
  }
  Progress progress("photos", 0);
  options.to_do.progress = [&](std::int64_t done, std::int64_t all) {
    progress.update(done, fmt::format("of {}", with_thousands(all)));
  };
  const NameImport import = import_names(catalog, options.to_do);
  progress.finish();
  if (options.output.json) print_json(import_json(catalog, import, options.to_do.dry_run));
  print_what_is_left(import);
  if (import.photos == 0) {
    log_error(
        "{}: no photo has marked faces with names, nor a file beside it that says who is there",
        catalog);
    return import.problems.empty() ? ExitStatus::kNegative : ExitStatus::kPartial;
  }
  print_names(import);
  log_info("{}", summary_of(import, options.to_do.dry_run));
  const bool is_new =
      std::ranges::any_of(import.names, [](const ImportedName& name) { return name.named > 0; });
  if (is_new && !options.to_do.dry_run)
    log_info(
        "`facenet cluster` adds the other faces of these people; `facenet people undo{}` takes all "
        "of it back",
        import.fact == 0 ? "" : fmt::format(" {}", import.fact));
  const bool all_done = import.problems.empty() && import.contradictions.empty();
  return all_done ? ExitStatus::kOk : ExitStatus::kPartial;
}

}  // namespace

ExitStatus run_import(Arguments arguments) {
  NameSourceOptions options;
  options.analyser.embedder.emplace();
  CommandLine line(
      "import [OPTIONS] [PATH...]",
      "Takes over the names that faces already have in other programs: digiKam, Lightroom, Picasa, "
      "Windows Photo Gallery and others that write the face regions of the Metadata Working Group "
      "or of Microsoft. They are read from the photos themselves, from the sidecars beside them "
      "(photo.jpg.xmp, photo.xmp), from Picasa's .picasa.ini and a contacts.xml beside it, and "
      "from "
      "the JSON files of Google Takeout; none of these is changed.\n\n"
      "PATH are photos of the catalog, or folders of them; without any, all are read. Scan them "
      "with `facenet cluster` first. A mark names the face that was found in its place; where none "
      "was found, it makes one, which counts like the others. Google Takeout says who is in a "
      "photo, "
      "but not where: a name is taken over where only one face can be meant, and listed otherwise. "
      "What you said in facenet counts more than a mark: where the two differ, and where marks "
      "contradict each other, the face stays as it is and is listed. Run again, it names only what "
      "is new. `facenet people undo` takes back all that one import said.");
  line.positionals("PATH...: photos or folders", options.to_do.paths, 0, SIZE_MAX);
  line.option("csv", options.to_do.csv, "FILE",
              "read names from this table, and not from the photos: columns photo, name, x, y, "
              "width, height, the box in pixels of the upright photo, as `export csv faces` writes "
              "them; '-' is standard input");
  line.option("contacts", options.to_do.contacts, "FILE",
              "Picasa's contacts.xml, for names that the .picasa.ini of a folder lacks; one that "
              "stands beside a .picasa.ini is read anyway")
      .completion = Completion::kFiles;
  line.flag("dry-run", options.to_do.dry_run, "only say what would be named");
  options.output.add_json(line, "one JSON document");
  options.common.add_catalog(line);
  options.common.add_messages(line);
  options.common.add_progress(line);
  options.common.add_threads(line);
  add_embedding_options(line, *options.analyser.embedder);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();
  options.model_given = line.given("model");
  return take_over_names(options);
}

}  // namespace facenet
