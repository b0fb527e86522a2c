#include "cmd/watch/photo_events.h"

#include <algorithm>
#include <utility>

namespace facenet {
namespace {

std::unordered_map<PhotoId, std::string> photos_present(const Catalog& catalog) {
  std::unordered_map<PhotoId, std::string> present;
  for (PathRecord& record : catalog.paths())  // sorted: the first path of each counts
    if (record.photo && !record.missing) present.emplace(*record.photo, std::move(record.path));
  return present;
}

PhotoArrival arrival_of(const Catalog& catalog, PhotoId photo, std::string path,
                        const std::vector<FaceId>& unrecognisable) {
  PhotoArrival arrival{.path = std::move(path), .people = {}};
  for (FaceRecord& face : catalog.faces_of(photo)) {
    const auto home = catalog.person_of(face.id);
    const auto person = home ? catalog.person(*home) : std::nullopt;
    if (!person) continue;  // has no vector, as its photo could not be read again
    const bool recognisable = !std::ranges::binary_search(unrecognisable, face.id);
    arrival.people.push_back(
        {.face = std::move(face), .person = *person, .recognisable = recognisable});
  }
  std::ranges::sort(arrival.people, {}, [](const PhotoArrival::Somebody& somebody) {
    return std::pair(somebody.face.x, somebody.face.id);
  });
  return arrival;
}

}  // namespace

void PhotoEvents::start(const Catalog& catalog) {
  present_ = photos_present(catalog);
  started_ = true;
}

PhotoChanges PhotoEvents::changes(const Catalog& catalog) {
  const Catalog::Snapshot snapshot(catalog);
  auto now = photos_present(catalog);
  const std::vector<FaceId> unrecognisable = catalog.unrecognisable();
  PhotoChanges changes;
  for (const auto& [photo, path] : now)
    if (!present_.contains(photo))
      changes.arrived.push_back(arrival_of(catalog, photo, path, unrecognisable));
  for (auto& [photo, path] : present_)
    if (!now.contains(photo)) changes.gone.push_back(std::move(path));
  std::ranges::sort(changes.arrived, {}, &PhotoArrival::path);
  std::ranges::sort(changes.gone);
  present_ = std::move(now);
  return changes;
}

}  // namespace facenet
