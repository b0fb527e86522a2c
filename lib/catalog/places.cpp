#include "catalog/places.h"

#include <algorithm>
#include <filesystem>

namespace facenet {

Places::Places(const Catalog& catalog) {
  for (PathRecord& record : catalog.paths())  // sorted
    if (record.photo) places_[*record.photo].push_back(std::move(record));
  for (auto& [photo, records] : places_)
    std::stable_partition(records.begin(), records.end(),
                          [](const PathRecord& record) { return !record.missing; });
}

std::span<const PathRecord> Places::of(PhotoId photo) const {
  const auto found = places_.find(photo);
  if (found == places_.end()) return {};
  return found->second;
}

std::vector<std::string> Places::present(PhotoId photo) const {
  std::vector<std::string> paths;
  for (const PathRecord& record : of(photo))
    if (!record.missing) paths.push_back(record.path);
  return paths;
}

bool Places::is_present(PhotoId photo) const {
  const auto places = of(photo);
  return !places.empty() && !places.front().missing;
}

const PathRecord* Places::on_disk(PhotoId photo) const {
  for (const PathRecord& record : of(photo)) {
    std::error_code absent;
    const auto size = std::filesystem::file_size(record.path, absent);
    if (!absent && static_cast<std::int64_t>(size) == record.size) return &record;
  }
  return nullptr;
}

}  // namespace facenet
