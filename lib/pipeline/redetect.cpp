#include "pipeline/redetect.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "catalog/places.h"
#include "pipeline/forgotten_faces.h"
#include "pipeline/store.h"

namespace facenet {
namespace {

struct Candidate {
  float overlap = 0;
  std::size_t before = 0, now = 0;
};

/// People draw boxes more or less widely: what they marked is also the face that has its centre in
/// their box and theirs in its own.
void match_marks(std::span<const FaceRecord> before, std::span<const Face> known,
                 std::span<const Face> now, std::vector<std::optional<std::size_t>>& matches) {
  std::vector<bool> taken(now.size());
  for (const auto& match : matches)
    if (match) taken[*match] = true;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (matches[i] || !before[i].by_hand) continue;
    for (std::size_t j = 0; j < now.size() && !matches[i]; ++j)
      if (!taken[j] && share_centres(known[i].box, now[j].box)) {
        matches[i] = j;
        taken[j] = true;
      }
  }
}

/// The same place to the last bit: the vector is that of before.
bool is_unmoved(const FaceRecord& a, const FaceRecord& b) {
  return std::tie(a.x, a.y, a.width, a.height, a.landmarks, a.time_ms, a.by_hand) ==
         std::tie(b.x, b.y, b.width, b.height, b.landmarks, b.time_ms, b.by_hand);
}

}  // namespace

std::vector<std::optional<std::size_t>> match_faces(std::span<const Face> before,
                                                    std::span<const Face> now) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < before.size(); ++i)
    for (std::size_t j = 0; j < now.size(); ++j)
      if (const float shared = overlap_at(now[j], before[i].box, before[i].time_ms);
          shared >= kSameFaceOverlap)
        candidates.push_back({shared, i, j});
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(b.overlap, a.before, a.now) < std::tie(a.overlap, b.before, b.now);
  });
  std::vector<std::optional<std::size_t>> matches(before.size());
  std::vector<bool> taken(now.size());
  for (const Candidate& candidate : candidates) {
    if (matches[candidate.before] || taken[candidate.now]) continue;
    matches[candidate.before] = candidate.now;
    taken[candidate.now] = true;
  }
  return matches;
}

Redetector::Redetector(Catalog& catalog, ModelId model, std::optional<std::string> detector)
    : catalog_(catalog), model_(model), detector_(std::move(detector)) {
  const std::vector<PhotoId> outdated = catalog.outdated_photos();
  if (outdated.empty()) return;
  const Places places(catalog);
  for (const PhotoId photo : outdated) {
    const PathRecord* const place = places.on_disk(photo);
    if (place == nullptr) continue;
    photos_.push_back(photo);
    requests_.push_back({.path = place->path, .videos = AnalysisRequest::Videos::kRead});
  }
}

void Redetector::run(const Analyser& analyser) {
  analyse_and_store(catalog_, detector_, analyser, requests_, {},
                    [&](std::size_t index, const PhotoAnalysis& analysis) {
                      return store(photos_[index], requests_[index].path, analysis);
                    });
  std::sort(result_.problems.begin(), result_.problems.end());
}

Redetection Redetector::result() const {
  Redetection result = result_;
  result.waiting = std::ssize(catalog_.outdated_photos());
  return result;
}

std::int64_t Redetector::store(PhotoId photo, const std::string& path,
                               const PhotoAnalysis& analysis) {
  using Status = PhotoAnalysis::Status;
  if (analysis.status == Status::kStopped) return result_.embedded;
  const bool is_readable = analysis.status != Status::kUnreadable;
  if (!is_readable)
    result_.problems.emplace_back(path, analysis.error + "; its faces stay as they were");
  // Another run may have been here since this one began. A path with other bytes by now is for the
  // next scan.
  if (catalog_.find_photo(analysis.sha256) == photo && catalog_.is_outdated(photo)) {
    if (is_readable) {
      replace_faces(photo, analysis);
      catalog_.put_moment(photo, moment_of(analysis));
      ++result_.photos;
    }
    if (!analysis.transient) catalog_.set_up_to_date(photo);
  }
  return result_.embedded;
}

/// Also of faces that were marked by hand and withdrawn: one that is found now is a face like
/// others.
std::vector<FaceRecord> Redetector::faces_before(PhotoId photo) const {
  std::vector<FaceRecord> faces = catalog_.faces_of(photo);
  for (FaceRecord& face : catalog_.withdrawn_faces())
    if (face.photo == photo) faces.push_back(std::move(face));
  return faces;
}

void Redetector::replace_faces(PhotoId photo, const PhotoAnalysis& found) {
  const std::vector<FaceRecord> before = faces_before(photo);
  std::vector<Face> known;
  std::ranges::transform(before, std::back_inserter(known), to_face);
  const PhotoAnalysis analysis = without_forgotten(catalog_, known, found);
  auto matches = match_faces(known, analysis.faces);
  match_marks(before, known, analysis.faces, matches);
  std::vector<FaceId> ids(analysis.faces.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (matches[i]) {
      keep_face(before[i], analysis, *matches[i]);
      ids[*matches[i]] = before[i].id;
    } else if (!before[i].by_hand) {
      lose_face(before[i]);
    }
  }
  for (std::size_t i = 0; i < analysis.faces.size(); ++i) {
    if (ids[i] != 0) continue;
    FaceRecord face = to_record(analysis.faces[i]);
    face.photo = photo;
    ids[i] = catalog_.add_face(face);
    result_.embedded += store_vector(catalog_, model_, ids[i], analysis, i);
    ++result_.fresh;
  }
  if (analysis.duration_ms) store_company(catalog_, photo, ids, analysis.faces);
}

void Redetector::keep_face(const FaceRecord& before, const PhotoAnalysis& analysis,
                           std::size_t index) {
  FaceRecord now = to_record(analysis.faces[index]);
  now.id = before.id;
  if (!is_unmoved(before, now)) catalog_.change_face(now);
  if (before.lost) catalog_.set_lost(before.id, false);
  result_.embedded += store_vector(catalog_, model_, before.id, analysis, index);
  ++result_.kept;
}

void Redetector::lose_face(const FaceRecord& face) {
  if (catalog_.facts_about(face.id).empty()) {
    catalog_.remove_face(face.id);
    ++result_.gone;
  } else {
    catalog_.set_lost(face.id, true);
    ++result_.lost;
  }
}

}  // namespace facenet
