#include "library/merging/merge_photos.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/interrupt.h"
#include "catalog/forgotten.h"
#include "face/face.h"
#include "pipeline/redetect.h"
#include "pipeline/store.h"

namespace facenet {
namespace {

/// Whether a vector of the one is a vector of the other.
bool is_same_place(const FaceRecord& a, const FaceRecord& b) {
  const auto place = [](const FaceRecord& face) {
    return std::tie(face.x, face.y, face.width, face.height, face.landmarks, face.time_ms);
  };
  return place(a) == place(b);
}

/// Pairs of indices, of the boxes that share most first; each index stands once.
std::vector<std::pair<std::size_t, std::size_t>> pair_faces(const std::vector<FaceRecord>& theirs,
                                                            const std::vector<FaceRecord>& ours) {
  struct Candidate {
    float shared;
    std::size_t theirs, ours;
  };
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < theirs.size(); ++i)
    for (std::size_t j = 0; j < ours.size(); ++j)
      if (const float shared = overlap(box_of(theirs[i]), box_of(ours[j]));
          shared >= kSameFaceOverlap && theirs[i].time_ms == ours[j].time_ms)
        candidates.push_back({shared, i, j});
  std::ranges::stable_sort(candidates, std::greater{}, &Candidate::shared);
  std::vector<bool> is_paired(theirs.size());
  std::vector<bool> is_taken(ours.size());
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const Candidate& candidate : candidates) {
    if (is_paired[candidate.theirs] || is_taken[candidate.ours]) continue;
    is_paired[candidate.theirs] = is_taken[candidate.ours] = true;
    pairs.emplace_back(candidate.theirs, candidate.ours);
  }
  return pairs;
}

/// Faces of a catalog, by their photos.
std::unordered_map<PhotoId, std::vector<FaceRecord>> faces_by_photo(const Catalog& catalog) {
  std::unordered_map<PhotoId, std::vector<FaceRecord>> faces;
  for (FaceRecord& face : catalog.faces()) faces[face.photo].push_back(std::move(face));
  // Facts speak of these, too.
  for (FaceRecord& face : catalog.withdrawn_faces()) faces[face.photo].push_back(std::move(face));
  return faces;
}

std::unordered_set<FaceId> faces_of_facts(const Catalog& catalog) {
  std::unordered_set<FaceId> faces;
  for (const FactRecord& fact : catalog.facts())
    for (const auto* list : {&fact.faces, &fact.other_faces, &fact.given})
      faces.insert(list->begin(), list->end());
  return faces;
}

/// Whether the file of a path is what they saw last, and not what we did.
bool gives_way(const PathRecord& ours, const PathRecord& theirs) {
  return !ours.photo || (ours.missing && !theirs.missing);
}

class PhotoMerger {
 public:
  PhotoMerger(Catalog& into, const Catalog& from, MergeReport& report)
      : into_(into),
        from_(from),
        report_(report),
        forgotten_(into.forgotten()),
        our_faces_(faces_by_photo(into)),
        their_faces_(faces_by_photo(from)),
        said_of_(faces_of_facts(from)),
        has_other_detector_(from.property("detector") != into.property("detector")) {
    for (const FaceRecord& face : from.withdrawn_faces()) withdrawn_.insert(face.id);
    for (const auto& [a, b] : from.seen_together()) seen_together_.emplace(a, b);
    for (PathRecord& path : into.paths()) paths_.emplace(path.path, std::move(path));
    for (PathRecord& path : from.paths())
      (path.photo ? their_paths_[*path.photo] : loose_paths_).push_back(std::move(path));
  }

  Counterparts run() {
    for (const PhotoRecord& photo : from_.photos()) {
      stop_if_interrupted();
      if (forgotten_.holds(photo.sha256))
        ++report_.forgotten_photos;
      else if (const auto known = into_.find_photo(photo.sha256))
        merge(photo, *known);
      else
        add(photo);
    }
    for (PathRecord path : loose_paths_)
      if (!paths_.contains(path.path)) put(path);
    merge_vectors();
    return std::move(counterparts_);
  }

 private:
  const std::vector<FaceRecord>& faces_of(PhotoId theirs) { return their_faces_[theirs]; }

  /// A photo that only they have. Without a path of its own it could never be looked at again.
  void add(const PhotoRecord& photo) {
    const std::vector<PathRecord>& paths = their_paths_[photo.id];
    const auto is_free = [&](const PathRecord& path) {
      const auto other = paths_.find(path.path);
      return other == paths_.end() || gives_way(other->second, path);
    };
    for (const PathRecord& path : paths)
      if (!is_free(path)) report_.other_photos_at.push_back(path.path);
    if (!paths.empty() && std::ranges::none_of(paths, is_free)) return;

    std::vector<FaceRecord> kept;
    for (const FaceRecord& face : faces_of(photo.id))
      if (!is_forgotten(photo, face)) kept.push_back(face);
    std::vector<FaceId> added;
    const PhotoId ours = into_.add_photo(photo, kept, &added);
    counterparts_.photos.emplace(photo.id, ours);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      note(kept[i].id, added[i]);
      if (kept[i].lost) into_.set_lost(added[i], true);
      if (withdrawn_.contains(kept[i].id)) into_.withdraw_face(added[i]);
    }
    for (PathRecord path : paths)
      if (is_free(path)) put(path, ours);
    if (has_other_detector_ || from_.is_outdated(photo.id)) into_.outdate_photo(ours);
    if (photo.is_video()) put_seen_together(photo.id, ours);
    ++report_.photos;
  }

  /// A photo that both have.
  void merge(const PhotoRecord& photo, PhotoId ours) {
    ++report_.known_photos;
    counterparts_.photos.emplace(photo.id, ours);
    for (PathRecord path : their_paths_[photo.id]) {
      const auto known = paths_.find(path.path);
      if (known == paths_.end() || gives_way(known->second, path))
        put(path, ours);
      else if (known->second.photo != ours)
        report_.other_photos_at.push_back(path.path);
    }
    const std::vector<FaceRecord>& theirs = faces_of(photo.id);
    const std::vector<FaceRecord>& known = our_faces_[ours];
    for (const auto& [i, j] : pair_faces(theirs, known)) {
      counterparts_.faces.emplace(theirs[i].id, known[j].id);
      if (is_same_place(theirs[i], known[j])) same_place_.insert(theirs[i].id);
    }
    for (const FaceRecord& face : theirs)
      if (!counterparts_.face(face.id) && said_of_.contains(face.id) && !is_forgotten(photo, face))
        add_face(face, ours);
  }

  /// One that our detector did not find. What was marked by hand need not be found.
  void add_face(const FaceRecord& face, PhotoId ours) {
    FaceRecord record = face;
    record.photo = ours;
    const FaceId added = into_.add_face(record);
    if (!face.by_hand) into_.set_lost(added, true);
    if (withdrawn_.contains(face.id)) into_.withdraw_face(added);
    note(face.id, added);
  }

  void note(FaceId theirs, FaceId added) {
    counterparts_.faces.emplace(theirs, added);
    same_place_.insert(theirs);
    ++report_.faces;
  }

  bool is_forgotten(const PhotoRecord& photo, const FaceRecord& face) {
    if (forgotten_.count_faces(photo.sha256) == 0) return false;
    // What they left out, too, was another face beside this one.
    const std::vector<ForgottenPlace> theirs = from_.forgotten_places(photo.sha256);
    const bool is =
        std::ranges::any_of(into_.forgotten_places(photo.sha256), [&](const ForgottenPlace& place) {
          return std::ranges::find(theirs, place) == theirs.end() &&
                 place.time_ms == face.time_ms &&
                 overlap(box_of(face), {place.x, place.y, place.width, place.height}) >=
                     kSameFaceOverlap;
        });
    if (is) ++report_.forgotten_faces;
    return is;
  }

  void put(PathRecord& path, std::optional<PhotoId> photo = {}) {
    path.photo = photo;
    into_.put_path(path);
    paths_.insert_or_assign(path.path, path);
  }

  void put_seen_together(PhotoId theirs, PhotoId ours) {
    std::vector<std::pair<FaceId, FaceId>> pairs;
    for (const FaceRecord& face : faces_of(theirs)) {
      const auto first = counterparts_.face(face.id);
      const auto [begin, end] = seen_together_.equal_range(face.id);
      for (auto other = begin; first && other != end; ++other)
        if (const auto second = counterparts_.face(other->second))
          pairs.push_back(std::minmax(*first, *second));
    }
    std::ranges::sort(pairs);
    into_.set_seen_together(ours, pairs);
  }

  /// Vectors of faces that are at the same place in both.
  void merge_vectors() {
    for (const ModelRecord& model : from_.models()) {
      const auto known = into_.find_model(model);
      const ModelId ours = known ? *known : into_.put_model(model);
      std::unordered_map<FaceId, VectorEvidence> evidence;
      for (const auto& [face, said] : from_.evidence(model.id)) evidence.emplace(face, said);
      for (const FaceId theirs : from_.embedded_faces(model.id)) {
        stop_if_interrupted();
        const auto face = counterparts_.face(theirs);
        if (!face || !same_place_.contains(theirs) || into_.has_embedding(*face, ours)) continue;
        const auto said = evidence.find(theirs);
        into_.put_embedding(*face, ours, from_.embedding(theirs, model.id),
                            said == evidence.end() ? std::nullopt : std::optional(said->second));
        ++report_.vectors;
      }
    }
  }

  Catalog& into_;
  const Catalog& from_;
  MergeReport& report_;
  const ForgottenList forgotten_;
  std::unordered_map<PhotoId, std::vector<FaceRecord>> our_faces_, their_faces_;
  std::unordered_map<PhotoId, std::vector<PathRecord>> their_paths_;
  std::vector<PathRecord> loose_paths_;  ///< of files that are no photos, or could not be read
  std::unordered_multimap<FaceId, FaceId> seen_together_;  ///< of theirs, in videos
  const std::unordered_set<FaceId> said_of_;
  const bool has_other_detector_;
  std::map<std::string, PathRecord> paths_;  ///< of ours
  std::unordered_set<FaceId> same_place_;    ///< of theirs
  std::unordered_set<FaceId> withdrawn_;     ///< of theirs
  Counterparts counterparts_;
};

template <class Key>
std::optional<Key> look_up(const std::unordered_map<Key, Key>& map, Key key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::optional<PhotoId> Counterparts::photo(PhotoId theirs) const {
  return look_up(photos, theirs);
}

std::optional<FaceId> Counterparts::face(FaceId theirs) const {
  return look_up(faces, theirs);
}

Counterparts merge_photos(Catalog& into, const Catalog& from, MergeReport& report) {
  return PhotoMerger(into, from, report).run();
}

}  // namespace facenet