#include "exchange/added_faces.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/interrupt.h"
#include "face/align.h"
#include "pipeline/redetect.h"
#include "pipeline/store.h"

namespace facenet {
namespace {

/// Two boxes that mean one face.
constexpr float kSameDrawnFace = 0.5F;
/// Pixels of a box's side, below which there is no face to see.
constexpr float kLeastSide = 8;

Box box_in(const PhotoRecord& photo, const FaceRegion& region) {
  return {static_cast<float>(region.x * photo.width), static_cast<float>(region.y * photo.height),
          static_cast<float>(region.width * photo.width),
          static_cast<float>(region.height * photo.height)};
}

bool can_hold_face(const PhotoRecord& photo, const Box& box) {
  const Point centre = box.centre();
  return std::min(box.width, box.height) >= kLeastSide && centre.x >= 0 && centre.y >= 0 &&
         centre.x < static_cast<float>(photo.width) &&
         centre.y < static_cast<float>(photo.height) &&
         box.width <= 2 * static_cast<float>(photo.width) &&
         box.height <= 2 * static_cast<float>(photo.height);
}

}  // namespace

FaceId AddedFaces::note(const PhotoPlace& place, const PhotoRecord& photo,
                        const std::vector<FaceRecord>& known, const FaceRegion& region) {
  const Box box = box_in(photo, region);
  if (!can_hold_face(photo, box)) return 0;
  std::vector<std::size_t>& others = of_photo_[photo.id];
  for (const std::size_t other : others)
    if (overlap(places_[other].face.box, box) >= kSameDrawnFace)
      return -static_cast<FaceId>(other) - 1;
  others.push_back(places_.size());
  places_.push_back({.photo = place,
                     .sha256 = photo.sha256,
                     .known = known,
                     .face = {.box = box, .score = 0, .landmarks = usual_landmarks(box)}});
  return -std::ssize(places_);
}

std::vector<FaceId> AddedFaces::in_photo(PhotoId photo) const {
  std::vector<FaceId> faces;
  if (const auto found = of_photo_.find(photo); found != of_photo_.end())
    for (const std::size_t place : found->second) faces.push_back(-static_cast<FaceId>(place) - 1);
  return faces;
}

void AddedFaces::look(const Analyser& analyser,
                      std::vector<std::pair<std::string, std::string>>& problems) {
  std::vector<AnalysisRequest> requests;
  std::vector<std::vector<std::size_t>> owners;
  for (const auto& [photo, places] : of_photo_) {
    if (places.empty()) continue;
    const MarkedPlace& first = places_[places.front()];
    AnalysisRequest request{.path = first.photo.path};
    request.known_faces.emplace();
    std::ranges::transform(first.known, std::back_inserter(*request.known_faces), to_face);
    for (const std::size_t place : places) request.marks.push_back(places_[place].face.box);
    requests.push_back(std::move(request));
    owners.push_back(places);
  }
  analyse_in_order(analyser, requests, {}, [&](std::size_t index, PhotoAnalysis&& analysis) {
    take(owners[index], analysis, problems);
    return true;
  });
  stop_if_interrupted();
}

void AddedFaces::take(const std::vector<std::size_t>& places, const PhotoAnalysis& analysis,
                      std::vector<std::pair<std::string, std::string>>& problems) {
  const MarkedPlace& first = places_[places.front()];
  std::string fault;
  if (analysis.status != PhotoAnalysis::Status::kAnalysed)
    fault = analysis.error.empty() ? "is no photo any more" : analysis.error;
  else if (analysis.sha256 != first.sha256)
    fault = "has changed since it was scanned: run `facenet cluster` first";
  if (!fault.empty()) problems.emplace_back(first.photo.path, fault);
  for (std::size_t i = 0; i < places.size(); ++i) {
    MarkedPlace& place = places_[places[i]];
    place.is_unusable = !fault.empty();
    if (place.is_unusable) continue;
    place.face = analysis.faces[i];
    const auto vector = vector_of(analysis, i);
    place.vector.assign(vector.begin(), vector.end());
    place.evidence = analysis.evidence[i];
    // A face of which the network says nothing is like all others, and so no face.
    place.is_unusable = std::ranges::all_of(vector, [](float value) { return value == 0; });
  }
}

bool AddedFaces::is_usable(const Catalog& catalog, const MarkedPlace& place) const {
  const PhotoId photo = place.photo.photo;
  if (place.is_unusable || catalog.find_photo(place.sha256) != photo) return false;
  std::vector<FaceRecord> known = catalog.faces_of(photo);
  std::erase_if(known, [](const FaceRecord& face) { return face.lost; });
  if (!std::ranges::equal(known, place.known, {}, &FaceRecord::id, &FaceRecord::id)) return false;
  return std::ranges::none_of(
      catalog.forgotten_places(place.sha256), [&](const ForgottenPlace& forgotten) {
        const Box box{forgotten.x, forgotten.y, forgotten.width, forgotten.height};
        return overlap(place.face.box, box) >= kSameFaceOverlap;
      });
}

std::vector<FaceId> AddedFaces::unusable(const Catalog& catalog) const {
  std::vector<FaceId> faces;
  for (std::size_t i = 0; i < places_.size(); ++i)
    if (!is_usable(catalog, places_[i])) faces.push_back(-static_cast<FaceId>(i) - 1);
  return faces;
}

FaceId AddedFaces::store(Catalog& catalog, ModelId model, FaceId face) const {
  const MarkedPlace& place = places_.at(static_cast<std::size_t>(-face - 1));
  FaceRecord record = to_record(place.face);
  record.photo = place.photo.photo;
  record.by_hand = true;
  FaceId id = 0;
  for (const FaceRecord& withdrawn : catalog.withdrawn_faces())
    if (id == 0 && withdrawn.photo == record.photo &&
        overlap(box_of(withdrawn), place.face.box) >= kSameDrawnFace)
      id = withdrawn.id;
  if (id == 0) {
    id = catalog.add_face(record);
  } else {
    record.id = id;
    catalog.change_face(record);
  }
  catalog.bring_back_face(id, catalog.add_person());
  if (!place.vector.empty()) catalog.put_embedding(id, model, place.vector, place.evidence);
  return id;
}

}  // namespace facenet
