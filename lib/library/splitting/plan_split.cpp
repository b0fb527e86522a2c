#include "library/splitting/plan_split.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/interrupt.h"
#include "library/splitting/split_facts.h"
#include "people/partition.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;

/// A part in the making.
struct Draft {
  SplitPart part{};
  std::set<PhotoId> photos{};
  std::set<std::string> paths{};
  std::set<std::int64_t> facts{};
};

/// The folder that holds both.
fs::path common_folder(const fs::path& a, const fs::path& b) {
  fs::path common;
  for (auto [left, right] = std::pair(a.begin(), b.begin());
       left != a.end() && right != b.end() && *left == *right; ++left, ++right)
    common /= *left;
  return common;
}

class SplitPlanner {
 public:
  explicit SplitPlanner(const Catalog& catalog) : catalog_(catalog), facts_(catalog) {
    for (PathRecord& path : catalog.paths())
      (path.photo ? paths_of_[*path.photo] : loose_paths_).push_back(std::move(path));
  }

  SplitPlan run(SplitBy by) {
    by == SplitBy::kPath ? split_by_path() : split_by_person();
    if (drafts_.empty()) return {};
    share();
    place_what_is_left();
    return std::move(*this).plan();
  }

 private:
  // ---- by path

  /// Where a photo counts as lying: where it was at the last look, else where it once was.
  std::vector<const PathRecord*> present(PhotoId photo) const {
    std::vector<const PathRecord*> all;
    std::vector<const PathRecord*> there;
    const auto found = paths_of_.find(photo);
    if (found == paths_of_.end()) return {};
    for (const PathRecord& path : found->second) {
      all.push_back(&path);
      if (!path.missing) there.push_back(&path);
    }
    return there.empty() ? all : there;
  }

  fs::path find_root() const {
    std::optional<fs::path> root;
    for (const auto& [photo, paths] : paths_of_)
      for (const PathRecord* const path : present(photo)) {
        const fs::path folder = fs::path(path->path).parent_path();
        root = root ? common_folder(*root, folder) : folder;
      }
    return root.value_or("/");
  }

  /// The folder of the first level in which a path is; empty when it is in none.
  static std::string first_folder(const fs::path& root, const std::string& path) {
    const fs::path folder = fs::path(path).parent_path();
    const auto [end, first] = std::mismatch(root.begin(), root.end(), folder.begin(), folder.end());
    if (end != root.end() || first == folder.end()) return "";
    return (root / *first).string();
  }

  void split_by_path() {
    const fs::path root = find_root();
    for (const PhotoRecord& photo : catalog_.photos()) {
      std::set<std::string> folders;
      for (const PathRecord* const path : present(photo.id))
        folders.insert(first_folder(root, path->path));
      if (folders.empty()) folders.insert("");
      for (const std::string& folder : folders)
        draft_of({.folder = folder}).photos.insert(photo.id);
      for (const PathRecord& path : paths_of_[photo.id]) {
        const std::string folder = first_folder(root, path.path);
        draft_of({.folder = folders.contains(folder) ? folder : *folders.begin()})
            .paths.insert(path.path);
      }
    }
    for (const PathRecord& path : loose_paths_)
      if (const auto draft = drafts_.find({first_folder(root, path.path), 0});
          draft != drafts_.end())
        draft->second.paths.insert(path.path);
  }

  // ---- by person

  void split_by_person() {
    std::map<PersonId, std::string> names;
    for (const PersonRecord& person : catalog_.named_people())
      names.emplace(person.id, person.name);
    const std::unordered_map<FaceId, PhotoId> photo_of = photos_of_faces(catalog_);
    std::set<PhotoId> shown;
    for (const auto& [face, person] : catalog_.memberships()) {
      const auto name = names.find(person);
      if (name == names.end()) continue;
      const PhotoId photo = photo_of.at(face);
      shown.insert(photo);
      add(draft_of({.person = person, .name = name->second}), photo);
    }
    if (drafts_.empty()) return;
    for (const PhotoRecord& photo : catalog_.photos())
      if (!shown.contains(photo.id)) add(draft_of({}), photo.id);
  }

  void add(Draft& draft, PhotoId photo) {
    draft.photos.insert(photo);
    for (const PathRecord& path : paths_of_[photo]) draft.paths.insert(path.path);
  }

  // ---- both

  Draft& draft_of(SplitPart part) {
    Draft& draft = drafts_[{part.folder, part.person}];
    draft.part = std::move(part);
    return draft;
  }
  Draft& rest() {
    const auto rest = drafts_.find({"", 0});
    return (rest == drafts_.end() ? drafts_.begin() : rest)->second;
  }

  void share() {
    std::set<PhotoId> shared;
    for (auto& [key, draft] : drafts_) {
      stop_if_interrupted();
      const std::set<PhotoId> own = draft.photos;
      draft.facts = facts_.concerning(draft.photos);
      std::vector<PhotoId> more;
      std::ranges::set_difference(draft.photos, own, std::back_inserter(more));
      for (const PhotoId photo : more) add(draft, photo);
      shared.insert(more.begin(), more.end());
    }
    shared_photos_ = std::ssize(shared);
  }

  void place_what_is_left() {
    std::set<std::int64_t> placed_facts;
    std::set<std::string> placed_paths;
    for (const auto& [key, draft] : drafts_) {
      placed_facts.insert(draft.facts.begin(), draft.facts.end());
      placed_paths.insert(draft.paths.begin(), draft.paths.end());
    }
    Draft& draft = rest();
    for (const std::int64_t fact : facts_.all())
      if (!placed_facts.contains(fact)) draft.facts.insert(fact);
    facts_.complete(draft.facts);
    for (const PathRecord& path : loose_paths_)
      if (!placed_paths.contains(path.path)) draft.paths.insert(path.path);
  }

  SplitPlan plan() && {
    SplitPlan plan{.parts = {}, .shared_photos = shared_photos_};
    for (auto& [key, draft] : drafts_) {
      SplitPart& part = plan.parts.emplace_back(std::move(draft.part));
      part.rows.photos.assign(draft.photos.begin(), draft.photos.end());
      part.rows.paths.assign(draft.paths.begin(), draft.paths.end());
      part.rows.facts.assign(draft.facts.begin(), draft.facts.end());
    }
    std::ranges::stable_sort(plan.parts, {}, [](const SplitPart& part) {
      return std::tuple(part.is_rest(), part.folder, part.name);
    });
    return plan;
  }

  const Catalog& catalog_;
  const SplitFacts facts_;
  std::map<PhotoId, std::vector<PathRecord>> paths_of_;
  std::vector<PathRecord> loose_paths_;  ///< of files that are no photos, or could not be read
  std::map<std::pair<std::string, PersonId>, Draft> drafts_;
  std::int64_t shared_photos_ = 0;
};

}  // namespace

SplitPlan plan_split(const Catalog& catalog, SplitBy by) {
  const Catalog::Snapshot snapshot(catalog);
  return SplitPlanner(catalog).run(by);
}

}  // namespace facenet
