#include "pipeline/store.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/progress.h"
#include "face/signature.h"

namespace facenet {
namespace {

using Clock = std::chrono::steady_clock;

/// What a kill costs at most: photos and time of work that was not yet committed.
constexpr std::size_t kPhotosPerCommit = 64;
constexpr std::chrono::seconds kCommitInterval{2};

}  // namespace

ModelRecord model_record(const EmbedderFile& file, bool flip) {
  return {.id = 0,
          .name = file.info.name,
          .weights_sha256 = file.weights_sha256,
          .flip = flip,
          .dimension = file.info.embedding,
          .recognisability = file.info.operating_point(flip).recognisability};
}

void settle_detector(Catalog& catalog, const DetectorOptions& options, bool find_anew) {
  const std::string asked = detector_signature(options);
  const auto used = catalog.property("detector");
  if (used && !is_same_detector(*used, asked) && catalog.counts().photos > 0) {
    if (!find_anew)
      fail(
          "{}: its faces were found by \"{}\", but this run looks for them by \"{}\"; use the same "
          "detector options, or let `facenet cluster --redetect` with these find all faces anew "
          "and "
          "keep what you said",
          catalog.path(), *used, asked);
    catalog.outdate_photos();
  }
  catalog.set_property("detector", asked);
}

FaceRecord to_record(const Face& face) {
  FaceRecord record;
  record.x = face.box.x;
  record.y = face.box.y;
  record.width = face.box.width;
  record.height = face.box.height;
  record.score = face.score;
  for (const Point& point : face.landmarks) {
    record.landmarks.push_back(point.x);
    record.landmarks.push_back(point.y);
  }
  record.time_ms = face.time_ms;
  return record;
}

Box box_of(const FaceRecord& face) {
  return {face.x, face.y, face.width, face.height};
}

Face to_face(const FaceRecord& record) {
  Face face{
      .box = box_of(record), .score = record.score, .landmarks = {}, .time_ms = record.time_ms};
  for (std::size_t i = 0; 2 * i + 1 < record.landmarks.size(); ++i) {
    face.landmarks[i] = {record.landmarks[2 * i], record.landmarks[2 * i + 1]};
  }
  return face;
}

PhotoMoment moment_of(const PhotoAnalysis& analysis) {
  return {.taken = analysis.taken, .perceptual_hash = analysis.perceptual_hash};
}

void store_company(Catalog& catalog, PhotoId video, std::span<const FaceId> ids,
                   std::span<const Face> faces) {
  std::map<std::int64_t, std::vector<FaceId>> frames;
  for (std::size_t i = 0; i < faces.size(); ++i)
    for (const Sighting& sighting : faces[i].sightings) frames[sighting.time_ms].push_back(ids[i]);
  std::set<std::pair<FaceId, FaceId>> pairs;
  for (auto& [time, seen] : frames) {
    std::ranges::sort(seen);
    for (std::size_t a = 0; a < seen.size(); ++a)
      for (std::size_t b = a + 1; b < seen.size(); ++b) pairs.emplace(seen[a], seen[b]);
  }
  catalog.set_seen_together(video, std::vector(pairs.begin(), pairs.end()));
}

std::vector<Face> faces_known_of(const Catalog& catalog, PhotoId photo) {
  std::vector<Face> faces;
  for (const FaceRecord& face : catalog.faces_of(photo)) faces.push_back(to_face(face));
  return faces;
}

bool are_faces_of(const Catalog& catalog, PhotoId photo, std::span<const Face> faces) {
  const std::vector<FaceRecord> records = catalog.faces_of(photo);
  return std::ranges::equal(records, faces, {}, &FaceRecord::landmarks,
                            [](const Face& face) { return to_record(face).landmarks; });
}

std::span<const float> vector_of(const PhotoAnalysis& analysis, std::size_t index) {
  const std::size_t dimension = analysis.embeddings.size() / analysis.faces.size();
  return std::span(analysis.embeddings).subspan(index * dimension, dimension);
}

bool store_vector(Catalog& catalog, ModelId model, FaceId face, const PhotoAnalysis& analysis,
                  std::size_t index) {
  const auto vector = vector_of(analysis, index);
  if (std::ranges::all_of(vector, [](float value) { return value == 0; })) return false;
  const VectorEvidence& evidence = analysis.evidence[index];
  if (catalog.has_embedding(face, model)) {
    catalog.put_evidence(face, model, evidence);
    return false;
  }
  catalog.put_embedding(face, model, vector, evidence);
  return true;
}

std::int64_t store_vectors(Catalog& catalog, ModelId model, std::span<const FaceId> faces,
                           const PhotoAnalysis& analysis) {
  std::int64_t stored = 0;
  for (std::size_t i = 0; i < faces.size(); ++i)
    if (store_vector(catalog, model, faces[i], analysis, i)) ++stored;
  return stored;
}

void analyse_and_store(
    Catalog& catalog, const std::optional<std::string>& detector, const Analyser& analyser,
    std::span<const AnalysisRequest> requests, const std::function<bool(const Sha256&)>& is_known,
    const std::function<std::int64_t(std::size_t index, const PhotoAnalysis&)>& store) {
  Progress progress("photos", std::ssize(requests));
  std::vector<std::pair<std::size_t, PhotoAnalysis>> waiting;
  auto last_commit = Clock::now();
  std::int64_t embedded = 0;
  // The catalog is locked for other writers while a transaction is open, so none is open while the
  // networks compute: who names a person meanwhile does not wait for photos.
  const auto commit = [&] {
    if (waiting.empty()) return;
    Catalog::Transaction transaction(catalog);
    if (catalog.property("detector") != detector)
      fail("{}: another run has changed its detector meanwhile: run this again", catalog.path());
    for (const auto& [index, analysis] : waiting) embedded = store(index, analysis);
    transaction.commit();
    waiting.clear();
    last_commit = Clock::now();
  };
  analyse_in_order(analyser, requests, is_known, [&](std::size_t index, PhotoAnalysis&& analysis) {
    waiting.emplace_back(index, std::move(analysis));
    if (waiting.size() >= kPhotosPerCommit || Clock::now() - last_commit >= kCommitInterval)
      commit();
    progress.update(static_cast<std::int64_t>(index) + 1, fmt::format("{} faces", embedded));
    return true;
  });
  commit();
}

}  // namespace facenet
