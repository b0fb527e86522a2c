#include "train/eval/face_vectors.h"

#include <algorithm>
#include <cmath>

#include "base/progress.h"
#include "image/decode.h"
#include "pipeline/torch_module.h"

namespace facenet {
namespace {

/// Median landmarks of the images of LFW's View 1, which are 250 pixels square and were cut out
/// around a face: the fixed crop of the paper's section 5.6.
constexpr float kCentreEdge = 250;
constexpr Landmarks kCentreLandmarks = {
    {{104.6F, 112.5F}, {146.2F, 111.7F}, {125.6F, 136.6F}, {107.4F, 157.7F}, {144.4F, 157.0F}}};
constexpr Box kCentreBox = {79, 66, 92, 119};

Face centre_face(const std::string& path, const DecodeOptions& options) {
  const PhotoFile photo(path, options);
  const auto width = static_cast<float>(photo.width()), height = static_cast<float>(photo.height());
  Face face = scaled({kCentreBox, 1, kCentreLandmarks}, std::min(width, height) / kCentreEdge);
  const float right = std::max(0.0F, width - height) / 2, down = std::max(0.0F, height - width) / 2;
  face.box.x += right;
  face.box.y += down;
  for (Point& point : face.landmarks) point = {point.x + right, point.y + down};
  return face;
}

FaceVector take(PhotoAnalysis& photo, std::size_t face) {
  FaceVector result{.face = photo.faces[face], .vector = {}, .chip = {}};
  const std::size_t dimension = photo.embeddings.size() / photo.faces.size();
  const auto vector = std::span(photo.embeddings).subspan(face * dimension, dimension);
  result.vector.assign(vector.begin(), vector.end());
  if (!photo.evidence.empty()) result.evidence = photo.evidence[face];
  if (!photo.chips.empty()) result.chip = std::move(photo.chips[face]);
  return result;
}

}  // namespace

std::size_t most_central(const PhotoAnalysis& photo) {
  const auto distance = [&](const Face& face) {
    const Point centre = face.box.centre();
    return std::hypot(centre.x - static_cast<float>(photo.width) / 2,
                      centre.y - static_cast<float>(photo.height) / 2);
  };
  const auto best = std::ranges::min_element(photo.faces, {}, distance);
  return static_cast<std::size_t>(best - photo.faces.begin());
}

FaceReader::FaceReader(const AnalyserOptions& options, Framing framing)
    : analyser_(torch_functions().make_analyser(options)), framing_(framing) {
  analyser_->set_compute_threads(options.threads);  // for embed()
}

void FaceReader::read(std::span<const std::string> images, const Receive& receive) {
  std::vector<AnalysisRequest> requests;
  for (const std::string& image : images) {
    try {
      AnalysisRequest request{image, std::nullopt};
      if (framing_ == Framing::kCentre) {
        request.known_faces = {centre_face(image, analyser_->options().decode)};
      }
      requests.push_back(std::move(request));
    } catch (const DecodeError& error) {
      unreadable_[image] = error.what();
    }
  }
  read_requests(requests, receive);
}

void FaceReader::read_known(const std::map<std::string, Face>& faces, const Receive& receive) {
  std::vector<AnalysisRequest> requests;
  requests.reserve(faces.size());
  for (const auto& [path, face] : faces) requests.push_back({path, std::vector<Face>{face}});
  read_requests(requests, receive);
}

void FaceReader::read_requests(std::span<const AnalysisRequest> requests, const Receive& receive) {
  Progress progress("images", std::ssize(requests));
  analyse_in_order(*analyser_, requests, {}, [&](std::size_t index, PhotoAnalysis&& photo) {
    progress.update(static_cast<std::int64_t>(index) + 1);
    const std::string& path = requests[index].path;
    if (photo.status != PhotoAnalysis::Status::kAnalysed) {
      const bool other = photo.status == PhotoAnalysis::Status::kNotPhoto;
      unreadable_[path] = other ? "not a photo" : photo.error;
    } else if (!photo.faces.empty()) {
      receive(path, take(photo, most_central(photo)));
    }
    return true;
  });
}

std::vector<float> FaceReader::embed(std::span<const Image> chips) const {
  return analyser_->embed(chips);
}

}  // namespace facenet
