#include "library/forget.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "catalog/places.h"
#include "library/put_right.h"
#include "people/partition.h"
#include "people/statements.h"
#include "pipeline/scan.h"

namespace facenet {
namespace {

bool is_regular_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

Sha256 hash_of(const std::string& path) {
  try {
    return sha256_of_descriptor(Descriptor(path).get());
  } catch (const Error& error) {
    fail("{}: {}", path, error.what());
  }
}

/// What the words of a command line may mean.
class TargetFinder {
 public:
  explicit TargetFinder(const Catalog& catalog) : catalog_(catalog) {
    for (PathRecord& record : catalog.paths())
      if (record.photo) photos_.emplace(std::move(record.path), *record.photo);
  }

  void add(const std::string& word) {
    if (word.empty()) fail("give a person or a photo, not an empty word");
    const auto photo = find_photo(word);
    // A name holds no slash as a rule, and a number may be nobody's.
    const auto person = find_person_named(word);
    if (photo && person)
      fail(
          "\"{}\" is a photo and a person: give ./{} for the photo, or the number of the person "
          "(`facenet people list`)",
          word, word);
    if (photo)
      targets_.photos.push_back(*photo);
    else if (person)
      targets_.people.push_back(*person);
    else
      fail_unknown(word);
  }

  ForgetTargets targets() && {
    for (auto* const ids : {&targets_.people, &targets_.photos}) {
      std::ranges::sort(*ids);
      ids->erase(std::unique(ids->begin(), ids->end()), ids->end());
    }
    return std::move(targets_);
  }

 private:
  std::optional<PhotoId> find_photo(const std::string& word) const {
    const auto known = photos_.find(absolute_path(word));
    if (known != photos_.end()) return known->second;
    if (!is_regular_file(word)) return {};
    return catalog_.find_photo(hash_of(word));
  }

  std::optional<PersonId> find_person_named(const std::string& word) const {
    const auto person = find_named(catalog_, word);
    if (!person) return {};
    if (!catalog_.person(*person)) return {};
    return require_person(catalog_, *person).id;
  }

  [[noreturn]] void fail_unknown(const std::string& word) const {
    if (is_regular_file(word))
      fail(
          "{}: knows nothing of {}: `--exclude`, or a file .nofaces in its folder, leaves it out "
          "of later scans",
          catalog_.path(), word);
    if (word.find('/') != word.npos)
      fail("{}: there is no photo {}: `facenet photos` lists them", catalog_.path(), word);
    require_person(catalog_, resolve_person(catalog_, word));
    fail("{}: there is no person {}: `facenet people` lists them", catalog_.path(), word);
  }

  const Catalog& catalog_;
  std::map<std::string, PhotoId> photos_;
  ForgetTargets targets_;
};

}  // namespace

ForgetTargets find_targets(const Catalog& catalog, const std::vector<std::string>& words) {
  const Catalog::Snapshot snapshot(catalog);
  TargetFinder finder(catalog);
  for (const std::string& word : words) finder.add(word);
  return std::move(finder).targets();
}

std::vector<PhotoId> photos_not_there(const Catalog& catalog) {
  const Catalog::Snapshot snapshot(catalog);
  const Places places(catalog);
  std::vector<PhotoId> photos;
  for (const PhotoRecord& photo : catalog.photos())
    if (places.on_disk(photo.id) == nullptr) photos.push_back(photo.id);
  return photos;
}

ForgetPlan forget(Catalog& catalog, const ForgetTargets& targets) {
  Catalog::Transaction transaction(catalog);
  ForgetPlan plan = plan_forgetting(catalog, targets.people, targets.photos);
  catalog.forget(plan.rows);
  put_faces_right(catalog);
  transaction.commit();
  return plan;
}

AllowedFiles allow_files_again(Catalog& catalog, const std::vector<std::string>& paths) {
  AllowedFiles allowed;
  const ScanResult found = scan(paths);
  allowed.problems = found.unreadable;
  for (const FoundFile& file : found.files) {
    stop_if_interrupted();
    Sha256 photo;
    try {
      photo = sha256_of_descriptor(Descriptor(file.path).get());
    } catch (const Error& error) {
      allowed.problems.emplace_back(file.path, error.what());
      continue;
    }
    const AllowedAgain again = catalog.allow_again(photo);
    allowed.photos += again.photos;
    allowed.faces += again.faces;
  }
  std::ranges::sort(allowed.problems);
  return allowed;
}

}  // namespace facenet
