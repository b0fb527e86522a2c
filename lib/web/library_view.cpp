#include "web/library_view.h"

#include <algorithm>
#include <tuple>

#include "base/format.h"
#include "base/random.h"

namespace facenet {
namespace {

std::uint64_t chained(std::uint64_t hash, std::int64_t number) {
  return chained_hash(hash, static_cast<std::uint64_t>(number));
}

std::uint64_t chained(std::uint64_t hash, const std::string& text) {
  hash = chained(hash, std::ssize(text));
  for (const char letter : text) hash = chained(hash, static_cast<unsigned char>(letter));
  return hash;
}

}  // namespace

ViewedPhotos::ViewedPhotos(const Catalog& catalog)
    : places_(catalog), unrecognisable_(catalog.unrecognisable()) {
  for (const FaceRecord& face : catalog.faces()) {
    faces_.push_back({.id = face.id,
                      .photo = face.photo,
                      .x = face.x,
                      .y = face.y,
                      .width = face.width,
                      .height = face.height,
                      .score = face.score});
    faces_of_[face.photo].push_back(face.id);
  }
  for (PhotoRecord& photo : catalog.photos()) photos_.emplace(photo.id, std::move(photo));
}

const ViewFace* ViewedPhotos::face(FaceId id) const {
  const auto found = std::ranges::lower_bound(faces_, id, {}, &ViewFace::id);
  return found == faces_.end() || found->id != id ? nullptr : &*found;
}

const PhotoRecord* ViewedPhotos::photo(PhotoId id) const {
  const auto found = photos_.find(id);
  return found == photos_.end() ? nullptr : &found->second;
}

std::vector<ViewFace> ViewedPhotos::faces_of(PhotoId photo) const {
  std::vector<ViewFace> faces;
  if (const auto found = faces_of_.find(photo); found != faces_of_.end())
    for (const FaceId id : found->second) faces.push_back(*face(id));
  return faces;
}

bool ViewedPhotos::is_recognisable(FaceId face) const {
  return !std::ranges::binary_search(unrecognisable_, face);
}

LibraryView::LibraryView(const Catalog& catalog, std::int64_t version,
                         std::shared_ptr<const ViewedPhotos> photos)
    : version_(version), photos_(std::move(photos)) {
  const Catalog::Snapshot snapshot(catalog);
  if (!photos_) photos_ = std::make_shared<const ViewedPhotos>(catalog);
  for (PersonRecord& record : catalog.people()) {
    if (record.merged_into != 0) {
      merged_.emplace(record.id, record.merged_into);
      continue;
    }
    place_of_.emplace(record.id, people_.size());
    people_.push_back({.id = record.id, .name = std::move(record.name), .hidden = record.hidden});
  }
  add_faces(catalog);
  std::erase_if(people_, [](const ViewPerson& person) {
    return person.faces.empty() && person.name.empty();
  });
  choose_covers();
  std::ranges::sort(people_, {}, [](const ViewPerson& person) {
    return std::tuple(!person.recognisable, -std::ssize(person.faces), person.id);
  });
  place_of_.clear();
  for (std::size_t i = 0; i < people_.size(); ++i) place_of_.emplace(people_[i].id, i);
}

void LibraryView::add_faces(const Catalog& catalog) {
  std::vector<std::uint64_t> states(people_.size());
  memberships_ = catalog.memberships();
  for (const auto& [face, home] : memberships_) {
    const auto place = place_of_.find(home);
    if (place == place_of_.end()) continue;
    states[place->second] = chained(states[place->second], face);
    const ViewFace* const known = photos_->face(face);
    if (known != nullptr && photos_->places().is_present(known->photo))
      people_[place->second].faces.push_back(face);
  }
  for (std::size_t i = 0; i < people_.size(); ++i) {
    const std::uint64_t named = chained(states[i], people_[i].name);
    people_[i].state = fmt::format("{:016x}", chained(named, people_[i].hidden ? 1 : 0));
  }
}

/// A large face that the detector was sure of, and that says who it is where there is one.
void LibraryView::choose_covers() {
  for (ViewPerson& person : people_) {
    std::tuple<bool, float> best{false, -1.0F};
    for (const FaceId id : person.faces) {
      const ViewFace& face = *photos_->face(id);
      const std::tuple now{photos_->is_recognisable(id), face.width * face.height * face.score};
      if (now > best) {
        best = now;
        person.cover = id;
      }
    }
    person.recognisable =
        person.faces.empty() || std::get<0>(best) || !person.name.empty() || person.hidden;
  }
}

const ViewPerson* LibraryView::person(PersonId id) const {
  const auto found = place_of_.find(id);
  return found == place_of_.end() ? nullptr : &people_[found->second];
}

PersonId LibraryView::person_of(FaceId face) const {
  const auto found = memberships_.find(face);
  return found == memberships_.end() ? 0 : found->second;
}

PersonId LibraryView::merged_into(PersonId id) const {
  const auto found = merged_.find(id);
  return found == merged_.end() ? 0 : found->second;
}

std::optional<FaceInPhoto> face_in_photo(const ViewedPhotos& photos, FaceId id) {
  const ViewFace* const face = photos.face(id);
  const PhotoRecord* const photo = face == nullptr ? nullptr : photos.photo(face->photo);
  if (photo == nullptr) return {};
  FaceInPhoto there;
  there.face.id = face->id;
  there.face.photo = face->photo;
  there.face.x = face->x;
  there.face.y = face->y;
  there.face.width = face->width;
  there.face.height = face->height;
  there.face.score = face->score;
  there.photo_width = photo->width;
  there.photo_height = photo->height;
  if (const PathRecord* const place = photos.places().on_disk(photo->id)) there.path = place->path;
  return there;
}

}  // namespace facenet
