#include "exchange/takeout_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <system_error>

namespace facenet {
namespace {

constexpr std::string_view kJson = ".json";
constexpr std::string_view kSupplement = ".supplemental-metadata";
/// Names are cut to so many characters; these are bytes, of which there are as many or more.
constexpr std::size_t kLongest = 46;

/// What stands behind the name of a photo that was edited, in some of Takeout's languages.
constexpr std::array<std::string_view, 10> kEdited = {
    "-edited",     "-bearbeitet", "-bewerkt",   "-modifié", "-modificato",
    "-ha editado", "-editado",    "-edytowane", "-editat",  "-編集済み"};

/// A name, and the number that tells it from another of the same name: "(2)", or nothing.
struct Numbered {
  std::string_view name;
  std::string_view number;
};

/// Takes a number from the end of the name.
Numbered without_number(std::string_view name) {
  if (!name.ends_with(')')) return {name, {}};
  const std::size_t open = name.rfind('(');
  if (open == std::string_view::npos || open == 0 || open + 2 == name.size()) return {name, {}};
  const std::string_view digits = name.substr(open + 1, name.size() - open - 2);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return {name, {}};
  return {name.substr(0, open), name.substr(open)};
}

void append(std::vector<TakeoutFile>& files, std::vector<TakeoutFile>&& more) {
  std::ranges::move(more, std::back_inserter(files));
}

}  // namespace

const std::vector<std::string>& TakeoutFiles::json_files(const std::string& folder) {
  const auto [entry, fresh] = folders_.try_emplace(folder);
  if (!fresh) return entry->second;
  std::error_code fault;
  for (std::filesystem::directory_iterator file(folder, fault), end; !fault && file != end;
       file.increment(fault))
    if (std::string name = file->path().filename().string(); name.ends_with(kJson))
      entry->second.push_back(std::move(name));
  std::ranges::sort(entry->second);
  return entry->second;
}

std::vector<TakeoutFile> TakeoutFiles::of(const std::string& photo) {
  const std::size_t slash = photo.rfind('/') + 1;
  const std::string name = photo.substr(slash);
  const std::size_t dot = std::min(name.rfind('.'), name.size());
  const auto [stem, number] = without_number(std::string_view(name).substr(0, dot));
  const std::string folder = photo.substr(0, slash), ending = name.substr(dot);
  std::vector<TakeoutFile> files = named_after(folder, name, "");
  if (!number.empty()) append(files, named_after(folder, std::string(stem) + ending, number));
  if (!files.empty()) return files;
  for (const std::string_view edited : kEdited)
    if (stem.size() > edited.size() && stem.ends_with(edited))
      append(files,
             named_after(folder, std::string(stem.substr(0, stem.size() - edited.size())) + ending,
                         number));
  return files;
}

std::vector<TakeoutFile> TakeoutFiles::named_after(const std::string& folder,
                                                   const std::string& name,
                                                   std::string_view number) {
  const std::string longest = name + std::string(kSupplement);
  const std::string first = name.substr(0, std::min(name.size(), kLongest));
  std::vector<TakeoutFile> files;
  const std::vector<std::string>& all = json_files(folder);
  for (auto file = std::ranges::lower_bound(all, first);
       file != all.end() && file->starts_with(first); ++file) {
    const std::string_view whole = std::string_view(*file).substr(0, file->size() - kJson.size());
    const Numbered found = number.empty() ? Numbered{whole, {}} : without_number(whole);
    if (found.number != number || !longest.starts_with(found.name)) continue;
    files.push_back({.path = folder + *file, .title = found.name.size() < name.size() ? name : ""});
  }
  return files;
}

}  // namespace facenet
