#include "web/library_view.h"

#include <algorithm>
#include <tuple>
#include <utility>

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

/// Those who are not recognisable last, then the largest first, then by number.
std::tuple<bool, std::int64_t, PersonId> order_of(const ViewPerson& person) {
  return {!person.recognisable, -std::ssize(person.faces), person.id};
}

std::tuple<bool, std::int64_t, PersonId> order_of_entry(const ViewPerson* entry) {
  return order_of(*entry);
}

PersonId id_of_entry(const ViewPerson* entry) {
  return entry->id;
}

}  // namespace

bool ViewPerson::looks_like(const ViewPerson& other) const {
  return state == other.state && faces == other.faces && cover == other.cover &&
         recognisable == other.recognisable;
}

ViewedPhotos::ViewedPhotos(const Catalog& catalog)
    : places_(catalog), unrecognisable_(catalog.unrecognisable()) {
  for (const FaceRecord& face : catalog.faces()) {
    faces_.push_back({.id = face.id,
                      .photo = face.photo,
                      .x = face.x,
                      .y = face.y,
                      .width = face.width,
                      .height = face.height,
                      .score = face.score,
                      .time_ms = face.time_ms,
                      .by_hand = face.by_hand});
    faces_of_[face.photo].push_back(face.id);
  }
  for (PhotoRecord& photo : catalog.photos()) photos_.emplace(photo.id, std::move(photo));
}

std::size_t ViewedPhotos::place_of(FaceId id) const {
  const auto found = std::ranges::lower_bound(faces_, id, {}, &ViewFace::id);
  const bool is_there = found != faces_.end() && found->id == id;
  return static_cast<std::size_t>((is_there ? found : faces_.end()) - faces_.begin());
}

const ViewFace* ViewedPhotos::face(FaceId id) const {
  const std::size_t place = place_of(id);
  return place == faces_.size() ? nullptr : &faces_[place];
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
    : version_(version),
      photos_(std::move(photos)),
      everybody_(std::make_shared<std::deque<ViewPerson>>()),
      first_version_(version) {
  const Catalog::Snapshot snapshot(catalog);
  if (!photos_) photos_ = std::make_shared<const ViewedPhotos>(catalog);
  homes_.resize(photos_->faces().size());
  std::unordered_map<PersonId, std::vector<FaceId>> faces_of;
  for (const auto& [face, person] : catalog.memberships()) faces_of[person].push_back(face);
  for (const PersonRecord& record : catalog.people())
    put(record, std::move(faces_of[record.id]), people_);
  by_id_ = people_;
  std::ranges::sort(by_id_, {}, id_of_entry);
  std::ranges::sort(people_, {}, order_of_entry);
}

LibraryView::LibraryView(const LibraryView& before, const Catalog& catalog,
                         std::shared_ptr<const ViewedPhotos> photos)
    : LibraryView(catalog, before.version_ + 1, std::move(photos)) {
  note_changes(before);
}

void LibraryView::note_changes(const LibraryView& before) {
  first_version_ = before.first_version_;
  gone_ = before.gone_;
  for (ViewPerson& person : *everybody_) {
    const ViewPerson* const was = before.person(person.id);
    if (was != nullptr && was->looks_like(person)) person.since = was->since;
  }
  for (const ViewPerson* const was : before.by_id_)
    if (person(was->id) == nullptr) gone_[was->id] = version_;
  for (const ViewPerson* const person : by_id_) gone_.erase(person->id);
}

LibraryView::LibraryView(const LibraryView& before, const Catalog& catalog,
                         const std::set<PersonId>& changed)
    : version_(before.version_ + 1),
      photos_(before.photos_),
      everybody_(before.everybody_),
      faces_kept_(before.faces_kept_),
      people_(before.people_),
      by_id_(before.by_id_),
      homes_(before.homes_),
      merged_(before.merged_),
      first_version_(before.first_version_),
      gone_(before.gone_) {
  const Catalog::Snapshot snapshot(catalog);
  People people;
  for (const PersonId id : changed) {
    if (const ViewPerson* const was = before.person(id)) {
      people_.erase(std::ranges::lower_bound(people_, order_of(*was), {}, order_of_entry));
      by_id_.erase(std::ranges::lower_bound(by_id_, id, {}, id_of_entry));
      gone_[id] = version_;
    }
    merged_.erase(id);
    if (const auto record = catalog.person(id)) put(*record, catalog.faces_of_person(id), people);
  }
  for (const ViewPerson* const person : people) {
    people_.insert(std::ranges::lower_bound(people_, order_of(*person), {}, order_of_entry),
                   person);
    by_id_.insert(std::ranges::lower_bound(by_id_, person->id, {}, id_of_entry), person);
    gone_.erase(person->id);
  }
  leave_others_behind();
}

/// `faces`: all that the person has, sorted.
void LibraryView::put(const PersonRecord& record, std::vector<FaceId> faces, People& people) {
  if (record.merged_into != 0) {
    merged_.emplace(record.id, record.merged_into);
    return;
  }
  ViewPerson person{
      .id = record.id, .name = record.name, .hidden = record.hidden, .since = version_};
  std::uint64_t state = 0;
  std::tuple<bool, float> best{false, -1.0F};  // a large face, sure, and one that says who it is
  for (const FaceId id : faces) {
    state = chained(state, id);
    const std::size_t place = photos_->place_of(id);
    if (place == homes_.size()) continue;
    homes_[place] = record.id;
    const ViewFace& face = photos_->faces()[place];
    if (!photos_->places().is_present(face.photo)) continue;
    person.faces.push_back(id);
    const std::tuple now{photos_->is_recognisable(id), face.width * face.height * face.score};
    if (now <= best) continue;
    best = now;
    person.cover = id;
  }
  if (person.faces.empty() && person.name.empty()) return;
  person.recognisable =
      person.faces.empty() || std::get<0>(best) || !person.name.empty() || person.hidden;
  state = chained(chained(state, person.name), person.hidden ? 1 : 0);
  person.state = fmt::format("{:016x}", state);
  faces_kept_ += person.faces.size();
  people.push_back(&everybody_->emplace_back(std::move(person)));
}

/// Keeps those alone who are of this view, once the others take as much memory.
void LibraryView::leave_others_behind() {
  constexpr std::size_t kSpare = 100'000;
  if (everybody_->size() < 2 * by_id_.size() + kSpare && faces_kept_ < 2 * homes_.size() + kSpare)
    return;
  const auto all = std::exchange(everybody_, std::make_shared<std::deque<ViewPerson>>());
  faces_kept_ = 0;
  for (const ViewPerson*& person : by_id_) {
    faces_kept_ += person->faces.size();
    person = &everybody_->emplace_back(*person);
  }
  people_ = by_id_;
  std::ranges::sort(people_, {}, order_of_entry);
}

const ViewPerson* LibraryView::person(PersonId id) const {
  const auto found = std::ranges::lower_bound(by_id_, id, {}, id_of_entry);
  return found == by_id_.end() || (*found)->id != id ? nullptr : *found;
}

std::optional<std::vector<PersonId>> LibraryView::changed_since(std::int64_t version) const {
  if (version < first_version_ || version > version_) return {};
  std::vector<PersonId> changed;
  for (const ViewPerson* const person : by_id_)
    if (person->since > version) changed.push_back(person->id);
  for (const auto& [person, since] : gone_)
    if (since > version) changed.push_back(person);
  return changed;
}

PersonId LibraryView::person_of(FaceId face) const {
  const std::size_t place = photos_->place_of(face);
  return place == homes_.size() ? 0 : homes_[place];
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
  there.face.time_ms = face->time_ms;
  there.photo_width = photo->width;
  there.photo_height = photo->height;
  if (const PathRecord* const place = photos.places().on_disk(photo->id)) there.path = place->path;
  return there;
}

}  // namespace facenet
