// Taking people and photos out of the catalog for good.
#include "library/forget.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/text.h"
#include "catalog/places.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/people/common.h"
#include "web/picture_cache.h"

namespace facenet {
namespace {

struct ForgetOptions {
  CommonOptions common;
  OutputOptions output;
  bool missing = false, allow = false, yes = false, dry_run = false;
  std::vector<std::string> words;
};

/// "17 faces in 12 photos, the name and 3 facts"
std::string describe_plan(const ForgetPlan& plan) {
  std::vector<std::string> parts;
  if (plan.faces > 0)
    parts.push_back(counted(plan.faces, "face") + " in " + counted(plan.face_photos, "photo"));
  if (plan.names > 0) parts.push_back(plan.names == 1 ? "the name" : counted(plan.names, "name"));
  if (plan.facts > 0) parts.push_back(counted(plan.facts, "fact"));
  return parts.empty() ? "no faces" : listed(parts, "and");
}

std::string call_one(const PersonRecord& person) {
  return person.name.empty() ? fmt::format("person {}", person.id) : person.name;
}

/// "Anna", "Anna and 3 photos", "Anna, Ben and 98 more"
std::string describe_asked(const Catalog& catalog, const ForgetTargets& targets,
                           const ForgetPlan& plan) {
  std::vector<std::string> people;
  for (const PersonRecord& person : plan.people)
    if (std::ranges::binary_search(targets.people, person.id)) people.push_back(call_one(person));
  std::vector<std::string> parts;
  if (!people.empty()) parts.push_back(people.size() > 3 ? briefly(people) : listed(people, "and"));
  if (targets.photos.size() == 1) {
    const auto paths = catalog.paths_of(targets.photos.front());
    parts.push_back(paths.empty() ? "1 photo" : "the photo " + paths.front().path);
  } else if (!targets.photos.empty()) {
    parts.push_back(counted(std::ssize(targets.photos), "photo"));
  }
  return listed(parts, "and");
}

/// People who go because all of their photos do.
std::string describe_emptied(const ForgetTargets& targets, const ForgetPlan& plan) {
  std::vector<std::string> people;
  for (const PersonRecord& person : plan.people)
    if (!person.name.empty() && !std::ranges::binary_search(targets.people, person.id))
      people.push_back(person.name);
  if (people.empty()) return "";
  return fmt::format("; no other face is left of {}, who {} forgotten, too", briefly(people),
                     people.size() == 1 ? "is" : "are");
}

/// Where the missing photos were, so that an unplugged disk is not taken for deleted photos.
std::string describe_places(const Catalog& catalog, const std::vector<PhotoId>& photos) {
  std::vector<std::string> folders;
  const Places places(catalog);
  for (const PhotoId photo : photos)
    if (const auto paths = places.of(photo); !paths.empty()) {
      std::string folder = std::filesystem::path(paths.front().path).parent_path().string();
      if (std::ranges::find(folders, folder) == folders.end()) folders.push_back(std::move(folder));
    }
  return folders.empty() ? "" : " that were in " + briefly(folders);
}

/// Copies that facenet itself made beside the catalog.
std::vector<std::string> copies_beside(const Catalog& catalog) {
  std::vector<std::string> copies;
  const std::filesystem::path path = catalog.path();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path.parent_path(), error))
    if (entry.path().filename().string().starts_with(path.filename().string() + ".before-"))
      copies.push_back(entry.path().string());
  std::ranges::sort(copies);
  return copies;
}

void require_consent(const std::string& question) {
  if (!on_terminal())
    fail(
        "nothing was forgotten: there is no terminal to ask on; `--yes` forgets without asking, "
        "`--dry-run` shows what would go");
  const auto answer = ask(question);
  stop_if_interrupted();
  if (answer != "y" && answer != "Y" && answer != "yes") fail("nothing was forgotten");
}

Json plan_json(const Catalog& catalog, const ForgetTargets& targets, const ForgetPlan& plan,
               bool dry_run) {
  Json json{{"catalog", to_valid_utf8(catalog.path())},
            {"dry_run", dry_run},
            {"people", Json::array()},
            {"photo_count", targets.photos.size()},
            {"face_count", plan.faces},
            {"face_photo_count", plan.face_photos},
            {"name_count", plan.names},
            {"fact_count", plan.facts},
            {"copies", Json::array()}};
  for (const PersonRecord& person : plan.people)
    json["people"].push_back(
        {{"person", person.id}, {"name", person.name.empty() ? Json(nullptr) : Json(person.name)}});
  for (const std::string& copy : copies_beside(catalog))
    json["copies"].push_back(to_valid_utf8(copy));
  return json;
}

void warn_of_copies(const Catalog& catalog) {
  const std::vector<std::string> copies = copies_beside(catalog);
  log_warning(
      "backups of the catalog and exported facts are as they were: delete those that are "
      "not to hold this any longer{}{}",
      copies.empty() ? "" : ", such as ", briefly(copies));
}

/// The rows are gone; now old copies of them.
ExitStatus finish(Catalog& catalog) {
  remove_pictures_of(catalog.path());
  try {
    catalog.finish_forgetting();
    return ExitStatus::kOk;
  } catch (const Interrupted&) {
    return stopped(
        "stopped; what you asked for is forgotten, but old copies of it may be left in "
        "the file: `facenet forget` removes them");
  }
}

/// `facenet forget` alone.
ExitStatus finish_earlier(const ForgetOptions& options) {
  Catalog catalog(options.common.catalog_path(), Catalog::Mode::kWrite);
  if (!catalog.is_forgetting_due()) fail<UsageError>("give people, photos or --missing");
  const ExitStatus status = finish(catalog);
  if (status != ExitStatus::kOk) return status;
  if (options.output.json) print_json(plan_json(catalog, {}, {}, false));
  log_info("{}: what was forgotten before is gone from the file, too", catalog.path());
  return status;
}

ExitStatus allow(const ForgetOptions& options) {
  if (options.words.empty()) fail<UsageError>("--allow: give photos or folders");
  Catalog catalog(options.common.catalog_path(), Catalog::Mode::kWrite);
  const AllowedFiles allowed = allow_files_again(catalog, options.words);
  if (options.output.json) {
    Json json{{"catalog", to_valid_utf8(catalog.path())},
              {"allowed_photo_count", allowed.photos},
              {"allowed_face_count", allowed.faces},
              {"unreadable", problems_json(allowed.problems)}};
    print_json(json);
  }
  for (const auto& [path, reason] : allowed.problems) log_warning("{}: {}", path, reason);
  if (allowed.photos + allowed.faces == 0) {
    log_error("{}: none of these is to be forgotten", briefly(options.words));
    return ExitStatus::kNegative;
  }
  log_info("{} and {} may be kept again: `facenet cluster PHOTOS` finds them",
           counted(allowed.photos, "photo"), counted(allowed.faces, "face"));
  return allowed.problems.empty() ? ExitStatus::kOk : ExitStatus::kPartial;
}

ForgetTargets targets_of(const ForgetOptions& options, const Catalog& catalog) {
  ForgetTargets targets = find_targets(catalog, options.words);
  if (options.missing) targets.photos = photos_not_there(catalog);
  return targets;
}

ExitStatus forget_targets(const ForgetOptions& options) {
  Catalog catalog(options.common.catalog_path(),
                  options.dry_run ? Catalog::Mode::kRead : Catalog::Mode::kWrite);
  const ForgetTargets targets = targets_of(options, catalog);
  if (targets.people.empty() && targets.photos.empty()) {
    log_error("{}: no photo is missing", catalog.path());
    return ExitStatus::kNegative;
  }
  ForgetPlan plan = plan_forgetting(catalog, targets.people, targets.photos);
  const std::string asked = describe_asked(catalog, targets, plan) +
                            (options.missing ? describe_places(catalog, targets.photos) : "");
  const std::string emptied = describe_emptied(targets, plan);
  if (options.dry_run) {
    if (options.output.json) print_json(plan_json(catalog, targets, plan, true));
    log_info("would forget {}: {}{}", asked, describe_plan(plan), emptied);
    return ExitStatus::kOk;
  }
  if (!options.yes)
    require_consent(fmt::format("Forget {}: {}{}? This cannot be undone. [y/N]",
                                escape_control(asked), describe_plan(plan),
                                escape_control(emptied)));
  plan = forget(catalog, targets);
  if (const ExitStatus status = finish(catalog); status != ExitStatus::kOk) return status;
  if (options.output.json) print_json(plan_json(catalog, targets, plan, false));
  log_info("forgotten: {}: {}{}; no file but the catalog was changed", asked, describe_plan(plan),
           emptied);
  warn_of_copies(catalog);
  return ExitStatus::kOk;
}

}  // namespace

ExitStatus run_forget(Arguments arguments) {
  ForgetOptions options;
  CommandLine line(
      "forget [OPTIONS] PERSON|PHOTO...\nforget [OPTIONS] --missing\nforget [OPTIONS] --allow "
      "PATH...",
      "Takes people and photos out of the catalog for good. Of a person go all faces, their "
      "vectors, the name and all that you have said; the photos stay in the catalog, as others may "
      "be in them. Of a photo goes all that is known of it. A PERSON is a number or a name. Photos "
      "on the disk are never changed.\n\n"
      "Later runs leave out what was forgotten, also when the photo is moved or copied. New photos "
      "of a person who was forgotten make a new person: nothing is left to know them by. Backups "
      "of the catalog are not touched.\n\n"
      "Without arguments, it finishes what was interrupted before.");
  line.positionals("PERSON|PHOTO...: give people or photos", options.words, 0, SIZE_MAX);
  line.flag("missing", options.missing, "forget all photos that are nowhere now");
  line.flag("allow", options.allow,
            "let these photos, and all in these folders, in again: neither they nor faces in them "
            "are left out any longer. The next `facenet cluster` finds them");
  line.flag("yes", options.yes, "do not ask");
  line.flag("dry-run", options.dry_run, "only say what would be forgotten");
  options.output.add_json(line, "one JSON document");
  options.common.add_catalog(line);
  options.common.add_messages(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();
  read_from_stdin(options.words);
  if (options.missing && (!options.words.empty() || options.allow))
    fail<UsageError>("--missing goes without people, photos and --allow");
  if (options.allow && options.dry_run) fail<UsageError>("--dry-run does not go with --allow");
  if (options.allow) return allow(options);
  if (options.words.empty() && !options.missing) return finish_earlier(options);
  return forget_targets(options);
}

}  // namespace facenet
