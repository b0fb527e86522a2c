#include "library/splitting/split_catalog.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <random>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "catalog/backup.h"
#include "catalog/upkeep/file_beside.h"
#include "export/safe_name.h"
#include "library/merging/common_origin.h"

namespace facenet {
namespace {

/// Of the folder, the person, or "rest", with what no other part has where two are alike.
std::vector<std::string> file_names(const std::vector<SplitPart>& parts) {
  return unlike_names(parts.size(), 1, [&](std::size_t i, int level) {
    const SplitPart& part = parts[i];
    if (part.is_rest()) return std::string("rest.db");
    const std::string name = safe_folder_name(
        part.person != 0 ? part.name : std::filesystem::path(part.folder).filename().string());
    if (level == 0) return name + ".db";
    if (part.person != 0) return fmt::format("{} (person {}).db", name, part.person);
    return fmt::format("{} ({}).db", name, i + 1);
  });
}

bool can_be_split(const Catalog& catalog, SplitBy by) {
  const CatalogCounts counts = catalog.counts();
  return counts.photos > 0 && (by == SplitBy::kPath || counts.named_people > 0);
}

/// Drawn anew for each split.
std::string new_split_name() {
  std::random_device random;
  std::string name;
  for (int i = 0; i < 4; ++i) name += fmt::format("{:08x}", random());
  return name;
}

CommonOrigin last_numbers(const Catalog& catalog) {
  CommonOrigin last;
  for (const FactRecord& fact : catalog.facts()) last.last_fact = std::max(last.last_fact, fact.id);
  for (const PersonRecord& person : catalog.people())
    last.last_person = std::max(last.last_person, person.id);
  return last;
}

}  // namespace

SplitReport split_catalog(const std::string& catalog, const std::string& folder,
                          const SplitOptions& options) {
  const std::string source = absolute_path(catalog);
  const std::string target = absolute_path(folder);
  if (!can_be_split(Catalog(source, Catalog::Mode::kRead), options.by)) return {};
  // Everything is read from a copy: others may go on with the catalog meanwhile.
  make_folder(target);
  const FileBeside copy(target + "/whole");
  backup_catalog(source, copy.name(), true);
  SplitPlan plan;
  CommonOrigin last;
  {
    const Catalog whole(copy.name(), Catalog::Mode::kRead);
    plan = plan_split(whole, options.by);
    last = last_numbers(whole);
  }
  SplitReport report{.catalogs = {}, .shared_photos = plan.shared_photos};
  const std::vector<std::string> names = file_names(plan.parts);
  for (const std::string& name : names) {
    require_free(target + "/" + name, options.overwrite);
    if (target + "/" + name == source)
      fail("{}: is the catalog itself: name another folder", source);
  }
  const std::string split = new_split_name();
  std::vector<std::unique_ptr<FileBeside>> made;
  for (std::size_t i = 0; i < names.size(); ++i) {
    stop_if_interrupted();
    SplitCatalog& part = report.catalogs.emplace_back();
    part.file = target + "/" + names[i];
    part.part = std::move(plan.parts[i]);
    made.push_back(std::make_unique<FileBeside>(part.file));
    extract_part(copy.name(), made.back()->name(), part.part.rows);
    Catalog written(made.back()->name(), Catalog::Mode::kWrite);
    note_split(written, split, last);
    part.counts = written.counts();
    options.progress(i + 1, names.size());
  }
  for (const auto& file : made) file->become_path(options.overwrite);
  return report;
}

}  // namespace facenet
