#include "pipeline/video/face_tracks.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/distance.h"

namespace facenet {
namespace {

/// Of these the vector is the mean. More add faces that say less.
constexpr std::size_t kBestFaces = 5;

/// A face and a box of the frame before that overlap so much are one person in one place, if they
/// look alike.
constexpr float kSamePlace = 0.3F;

std::vector<float> mean_of(const std::vector<SeenFace>& faces) {
  std::vector<float> mean(faces.front().vector.size());
  for (const SeenFace& face : faces)
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += face.vector[i];
  double length = 0;
  for (const float value : mean) length += double{value} * double{value};
  length = std::sqrt(length);
  if (length > 0)
    for (float& value : mean) value = static_cast<float>(double{value} / length);
  return mean;
}

struct Pair {
  double distance = 0;
  std::size_t track = 0, face = 0;
};

}  // namespace

/// Of faces that the model knows to be recognisable alike, the larger one is the better.
double FaceTracks::quality(const SeenFace& face) const {
  const double edge = std::sqrt(static_cast<double>(face.face.box.area()));
  return recognisability(face.evidence, rule_.recognisability) * std::log(1 + edge);
}

bool FaceTracks::is_one(const Track& track, const SeenFace& face, double distance) const {
  if (distance <= rule_.anywhere) return true;
  const Sighting& last = track.sightings.back();
  return last.time_ms == frame_before_ && distance <= rule_.in_place &&
         overlap(last.box, face.face.box) >= kSamePlace;
}

void FaceTracks::join(Track& track, std::int64_t time_ms, SeenFace face) {
  face.face.time_ms = time_ms;
  track.sightings.push_back({.time_ms = time_ms, .box = face.face.box});
  const auto place = std::ranges::upper_bound(track.best, quality(face), std::greater<>(),
                                              [&](const SeenFace& one) { return quality(one); });
  if (place == track.best.end() && track.best.size() == kBestFaces) return;
  track.best.insert(place, std::move(face));
  if (track.best.size() > kBestFaces) track.best.pop_back();
  track.mean = mean_of(track.best);
}

void FaceTracks::add_frame(std::int64_t time_ms, std::vector<SeenFace> faces) {
  std::vector<Pair> pairs;
  for (std::size_t t = 0; t < tracks_.size(); ++t)
    for (std::size_t f = 0; f < faces.size(); ++f) {
      const double distance = squared_distance(tracks_[t].mean, faces[f].vector);
      if (is_one(tracks_[t], faces[f], distance)) pairs.push_back({distance, t, f});
    }
  std::ranges::sort(
      pairs, {}, [](const Pair& pair) { return std::tie(pair.distance, pair.track, pair.face); });
  std::vector<bool> track_taken(tracks_.size()), face_taken(faces.size());
  for (const Pair& pair : pairs) {
    if (track_taken[pair.track] || face_taken[pair.face]) continue;
    track_taken[pair.track] = face_taken[pair.face] = true;
    join(tracks_[pair.track], time_ms, std::move(faces[pair.face]));
  }
  for (std::size_t f = 0; f < faces.size(); ++f)
    if (!face_taken[f]) join(tracks_.emplace_back(), time_ms, std::move(faces[f]));
  frame_before_ = time_ms;
}

std::vector<SeenFace> FaceTracks::finish() const {
  std::vector<SeenFace> people;
  for (const Track& track : tracks_) {
    SeenFace face = track.best.front();
    face.face.sightings = track.sightings;
    face.vector = track.mean;
    people.push_back(std::move(face));
  }
  std::ranges::stable_sort(people, {}, [](const SeenFace& seen) {
    const Box& box = seen.face.box;
    return std::tuple(-box.area(), *seen.face.time_ms, box.y, box.x);
  });
  return people;
}

}  // namespace facenet
