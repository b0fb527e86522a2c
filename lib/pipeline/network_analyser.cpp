#include "pipeline/network_analyser.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <unistd.h>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/text.h"
#include "base/threads.h"
#include "image/perceptual_hash.h"
#include "image/sharpness.h"
#include "image/skipped.h"
#include "image/video/video_file.h"
#include "nn/runtime/embedder.h"
#include "nn/runtime/runtime.h"
#include "pipeline/marks/marked_places.h"
#include "pipeline/scan.h"
#include "pipeline/store.h"
#include "pipeline/video/film_faces.h"

namespace facenet {
namespace {

/// A chip pixel may cover a little less than one pixel of the image that it is cut from before the
/// photo is decoded again at a larger size: below this the loss shows in the vector.
constexpr double kEnoughPixels = 0.95;

/// The file's first bytes, fewer when it is shorter. Throws Error.
std::vector<std::byte> read_head(const std::string& path) {
  const Descriptor file(path);
  std::vector<std::byte> head(kSniffBytes);
  const ssize_t got = ::pread(file.get(), head.data(), head.size(), 0);
  if (got < 0) fail("{}: cannot read: {}", path, std::strerror(errno));
  head.resize(static_cast<std::size_t>(got));
  return head;
}

/// The reason of an Error that starts with the path, which the caller has in hand anyway.
std::string without_path(const std::string& message, const std::string& path) {
  return message.starts_with(path + ": ") ? message.substr(path.size() + 2) : message;
}

/// Of a Live Photo: a second and a half before it was taken, and as much after it; of other phones
/// up to five.
constexpr std::int64_t kLongestMoment = 5000;  // ms

/// Of one photo's pixels; the other photos may have room.
constexpr const char* kNoMemory = "not enough memory for its pixels";

void note_failure(const std::string& reason, PhotoAnalysis& analysis) {
  analysis.status = PhotoAnalysis::Status::kUnreadable;
  analysis.error = reason;
  analysis.transient = may_be_tried_again(reason);
}

/// A photo, or a frame of a video, between decoding and cutting its faces.
struct Working {
  /// Decodes it, as PhotoFile does.
  std::function<Image(int max_edge, PixelShare* share)> decode;
  Image image;         ///< as the detector wants it
  double to_full = 1;  ///< full-photo pixels a pixel of `image`
  bool search = true;  ///< faces are to be found, not given
};

class NetworkAnalyser final : public Analyser {
 public:
  explicit NetworkAnalyser(const AnalyserOptions& options);

  const AnalyserOptions& options() const override { return options_; }
  /// More than there are processors would wait for each other in every layer.
  void set_compute_threads(int threads) const override {
    facenet::set_compute_threads(std::min(threads, available_threads()));
  }
  std::vector<PhotoAnalysis> analyse(
      std::span<const AnalysisRequest> requests,
      const std::function<bool(const Sha256&)>& is_known) const override;
  std::vector<float> embed(std::span<const Image> chips) const override;

 private:
  void open(const AnalysisRequest& request, const std::function<bool(const Sha256&)>& is_known,
            Working& working, PhotoAnalysis& analysis) const;
  void open_photo(const AnalysisRequest& request, const FoundFile& before, Working& working,
                  PhotoAnalysis& analysis) const;
  void read_video(const AnalysisRequest& request, const FoundFile& before,
                  PhotoAnalysis& analysis) const;
  void look_through(VideoFile& video, PhotoAnalysis& analysis) const;
  void embed_known(VideoFile& video, PhotoAnalysis& analysis) const;
  Working take_frame(const VideoFile& video, PhotoAnalysis& frame) const;
  void find_faces(std::span<Working> photos, std::span<PhotoAnalysis> analyses) const;
  void cut_chips(const Working& photo, PhotoAnalysis& analysis) const;
  void embed_faces(std::span<PhotoAnalysis> analyses) const;

  const Detector& faint_detector() const;

  AnalyserOptions options_;
  std::unique_ptr<Detector> detector_;
  mutable std::once_flag faint_detector_wanted_;
  mutable std::unique_ptr<Detector> faint_detector_;
  std::unique_ptr<Embedder> embedder_;
  const AlignmentTemplate* alignment_ = nullptr;
};

NetworkAnalyser::NetworkAnalyser(const AnalyserOptions& options) : options_(options) {
  options_.validate();
  detector_ = make_detector(options_.detector);
  if (options_.embedder) embedder_ = std::make_unique<Embedder>(*options_.embedder);
  if (!options_.alignment.empty()) {
    alignment_ = &find_alignment(options_.alignment);
  } else if (embedder_) {
    alignment_ = &find_alignment(embedder_->model().alignment);
  }
}

/// Made when it is wanted, as it seldom is.
const Detector& NetworkAnalyser::faint_detector() const {
  std::call_once(faint_detector_wanted_,
                 [&] { faint_detector_ = make_detector(for_marked_places(options_.detector)); });
  return *faint_detector_;
}

/// A face of which the network says nothing is like all others, and so no face.
void drop_faces_without_vector(PhotoAnalysis& analysis, int dimension) {
  std::size_t kept = 0;
  for (std::size_t face = 0; face < analysis.faces.size(); ++face) {
    const auto at = [&](std::size_t row) {
      return analysis.embeddings.begin() + static_cast<std::ptrdiff_t>(row) * dimension;
    };
    if (std::all_of(at(face), at(face + 1), [](float value) { return value == 0; })) continue;
    if (kept != face) {
      analysis.faces[kept] = analysis.faces[face];
      analysis.chips[kept] = std::move(analysis.chips[face]);
      analysis.evidence[kept] = analysis.evidence[face];
      std::copy(at(face), at(face + 1), at(kept));
    }
    ++kept;
  }
  if (kept == analysis.faces.size()) return;
  log_warning("{} left out, for which the network gives no vector",
              counted(static_cast<long long>(analysis.faces.size() - kept), "face"));
  analysis.faces.resize(kept);
  analysis.chips.resize(kept);
  analysis.evidence.resize(kept);
  analysis.embeddings.resize(kept * static_cast<std::size_t>(dimension));
}

std::vector<PhotoAnalysis> NetworkAnalyser::analyse(
    std::span<const AnalysisRequest> requests,
    const std::function<bool(const Sha256&)>& is_known) const {
  std::vector<PhotoAnalysis> analyses(requests.size());
  std::vector<Working> photos(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    open(requests[i], is_known, photos[i], analyses[i]);
  }
  find_faces(photos, analyses);
  if (alignment_ != nullptr) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (analyses[i].status != PhotoAnalysis::Status::kAnalysed || !photos[i].decode) continue;
      try {
        cut_chips(photos[i], analyses[i]);
      } catch (const DecodeError& error) {  // the file changed or broke since its first decoding
        note_failure(error.what(), analyses[i]);
      } catch (const std::bad_alloc&) {
        note_failure(kNoMemory, analyses[i]);
      }
      photos[i] = {};
    }
  }
  if (embedder_) {
    embed_faces(analyses);
    for (std::size_t i = 0; i < requests.size(); ++i)
      if (!requests[i].known_faces && requests[i].marks.empty() && !analyses[i].duration_ms)
        drop_faces_without_vector(analyses[i], embedder_->dimension());
  }
  if (!options_.keep_chips) {
    for (PhotoAnalysis& analysis : analyses) analysis.chips.clear();
  }
  return analyses;
}

void NetworkAnalyser::open(const AnalysisRequest& request,
                           const std::function<bool(const Sha256&)>& is_known, Working& working,
                           PhotoAnalysis& analysis) const {
  using Status = PhotoAnalysis::Status;
  FoundFile before;
  bool is_video = false;
  try {
    stat_file(request.path, before);
    const auto head = read_head(request.path);
    const bool is_photo = sniff_format(head).has_value();
    const bool reads_videos = request.videos == AnalysisRequest::Videos::kRead;
    is_video = !is_photo && !has_photo_extension(request.path) &&
               request.videos != AnalysisRequest::Videos::kSkip &&
               (skipped_kind(request.path, head) == kSkippedVideo ||
                (reads_videos && has_video_extension(request.path)));
    // What is called a photo and is none is trouble that the user wants to hear of.
    if (!is_video && (is_photo || !has_photo_extension(request.path))) {
      analysis.skipped = skipped_kind(request.path, head);
      if (!is_photo || !analysis.skipped.empty()) {
        analysis.status = Status::kNotPhoto;
        return;
      }
    }
    if (options_.hash) analysis.sha256 = sha256_of_file(request.path);
    if (is_known && is_known(analysis.sha256)) {
      analysis.status = Status::kKnown;
      return;
    }
    if (is_video && !reads_videos) {
      analysis.skipped = kSkippedVideo;
      analysis.status = Status::kNotPhoto;
      return;
    }
  } catch (const Error& error) {
    analysis.error = without_path(error.what(), request.path);
    analysis.transient = true;
    return;
  }
  try {
    if (is_video)
      read_video(request, before, analysis);
    else
      open_photo(request, before, working, analysis);
  } catch (const DecodeError& error) {
    note_failure(error.what(), analysis);
    working = {};
  } catch (const std::bad_alloc&) {
    note_failure(kNoMemory, analysis);
    working = {};
  } catch (const Interrupted&) {
    analysis.status = Status::kStopped;
    working = {};
  }
}

TrackRule rule_for_films(const OperatingPoint& point) {
  // Where it is not known what distances mean, the place decides.
  constexpr double kAnyDistance = 4;
  return {.anywhere = point.clustering,
          .in_place = point.verification > 0 ? point.verification : kAnyDistance,
          .recognisability = point.recognisability};
}

/// Throws DecodeError where the file is not what it was when it was opened.
void require_unchanged(const std::string& path, const FoundFile& before) {
  FoundFile after;
  if (!stat_file(path, after) || before.size != after.size || before.mtime_ns != after.mtime_ns)
    throw DecodeError(kPhotoChanged);
}

void NetworkAnalyser::open_photo(const AnalysisRequest& request, const FoundFile& before,
                                 Working& working, PhotoAnalysis& analysis) const {
  const auto file = std::make_shared<const PhotoFile>(request.path, options_.decode);
  working.decode = [file](int edge, PixelShare* share) { return file->decode(edge, share); };
  analysis.format = to_string(file->format());
  analysis.width = file->width();
  analysis.height = file->height();
  analysis.taken = file->taken();
  working.image = file->decode(detector_->working_edge(analysis.width, analysis.height));
  working.to_full = static_cast<double>(std::max(analysis.width, analysis.height)) /
                    std::max(working.image.width, working.image.height);
  analysis.perceptual_hash = perceptual_hash(working.image);
  if (!request.marks.empty()) {
    analysis.faces =
        faces_at(request.marks, request.known_faces.value_or(std::vector<Face>{}), faint_detector(),
                 {analysis.width, analysis.height, [&](int edge) { return file->decode(edge); }});
    working.search = false;
  } else if (request.known_faces) {
    analysis.faces = *request.known_faces;
    working.search = false;
  }
  require_unchanged(request.path, before);
  analysis.status = PhotoAnalysis::Status::kAnalysed;
}

void NetworkAnalyser::read_video(const AnalysisRequest& request, const FoundFile& before,
                                 PhotoAnalysis& analysis) const {
  if (!embedder_) throw std::logic_error("the faces of videos are told apart by their vectors");
  VideoFile video(request.path, options_.decode);
  if (request.is_beside_photo && video.duration_ms() <= kLongestMoment) {
    analysis.skipped = kSkippedMoment;
    analysis.status = PhotoAnalysis::Status::kNotPhoto;
    return;
  }
  analysis.format = to_string(video.format());
  analysis.width = video.width();
  analysis.height = video.height();
  analysis.taken = video.taken();
  analysis.duration_ms = video.duration_ms();
  if (request.known_faces) {
    analysis.faces = *request.known_faces;
    embed_known(video, analysis);
  } else {
    look_through(video, analysis);
  }
  require_unchanged(request.path, before);
  analysis.status = PhotoAnalysis::Status::kAnalysed;
}

/// The frame at hand, as the detector wants it.
Working NetworkAnalyser::take_frame(const VideoFile& video, PhotoAnalysis& frame) const {
  frame.width = video.width();
  frame.height = video.height();
  Working working;
  working.decode = [&video](int edge, PixelShare* share) { return video.frame(edge, share); };
  working.image = video.frame(detector_->working_edge(frame.width, frame.height));
  working.to_full = static_cast<double>(std::max(frame.width, frame.height)) /
                    std::max(working.image.width, working.image.height);
  return working;
}

/// Finds who is in the video, with a vector for each.
void NetworkAnalyser::look_through(VideoFile& video, PhotoAnalysis& analysis) const {
  FilmFaces film(rule_for_films(embedder_->operating_point()),
                 [this](std::span<const Image> chips, std::vector<float>* lengths) {
                   return embedder_->embed(chips, lengths);
                 });
  bool is_first = true;
  while (const auto time = video.next()) {
    PhotoAnalysis frame;
    Working working = take_frame(video, frame);
    if (std::exchange(is_first, false)) analysis.perceptual_hash = perceptual_hash(working.image);
    if (film.repeat(*time, working.image)) continue;
    find_faces(std::span(&working, 1), std::span(&frame, 1));
    cut_chips(working, frame);
    film.add(*time, frame.faces, frame.chips);
  }
  for (SeenFace& person : film.finish()) {
    analysis.faces.push_back(std::move(person.face));
    analysis.evidence.push_back(person.evidence);
    analysis.embeddings.insert(analysis.embeddings.end(), person.vector.begin(),
                               person.vector.end());
  }
}

/// Each face by itself, from its own frame.
void NetworkAnalyser::embed_known(VideoFile& video, PhotoAnalysis& analysis) const {
  std::map<std::int64_t, std::vector<std::size_t>> by_time;
  for (std::size_t i = 0; i < analysis.faces.size(); ++i)
    by_time[analysis.faces[i].time_ms.value_or(0)].push_back(i);
  if (const auto first = video.next())
    analysis.perceptual_hash =
        perceptual_hash(video.frame(detector_->working_edge(video.width(), video.height())));
  const auto dimension = static_cast<std::size_t>(embedder_->dimension());
  analysis.embeddings.resize(analysis.faces.size() * dimension);
  analysis.evidence.resize(analysis.faces.size());
  for (const auto& [time, places] : by_time) {
    video.go_to(time);
    PhotoAnalysis frame;
    const Working working = take_frame(video, frame);
    for (const std::size_t place : places) frame.faces.push_back(analysis.faces[place]);
    cut_chips(working, frame);
    embed_faces(std::span(&frame, 1));
    for (std::size_t i = 0; i < places.size(); ++i) {
      std::ranges::copy(
          vector_of(frame, i),
          analysis.embeddings.begin() + static_cast<std::ptrdiff_t>(places[i] * dimension));
      analysis.evidence[places[i]] = frame.evidence[i];
    }
  }
}

void NetworkAnalyser::find_faces(std::span<Working> photos,
                                 std::span<PhotoAnalysis> analyses) const {
  std::vector<Image> images;
  std::vector<int> full_edges;
  std::vector<std::size_t> owners;
  for (std::size_t i = 0; i < photos.size(); ++i) {
    if (photos[i].image.empty() || !photos[i].search) continue;
    images.push_back(std::move(photos[i].image));
    full_edges.push_back(std::max(analyses[i].width, analyses[i].height));
    owners.push_back(i);
  }
  if (images.empty()) return;
  const auto found = detector_->detect(images, full_edges);
  for (std::size_t k = 0; k < owners.size(); ++k) {
    Working& photo = photos[owners[k]];
    photo.image = std::move(images[k]);
    for (const Face& face : found[k]) {
      analyses[owners[k]].faces.push_back(scaled(face, static_cast<float>(photo.to_full)));
    }
  }
}

void NetworkAnalyser::cut_chips(const Working& photo, PhotoAnalysis& analysis) const {
  if (analysis.faces.empty()) return;
  // A model may want its faces larger or smaller than the template's, in the same proportions.
  int height = options_.chip_size > 0 ? options_.chip_size : alignment_->size;
  int width = height;
  if (embedder_) {
    height = embedder_->model().height;
    width = embedder_->model().width;
  }
  const int size = std::max(height, width);
  // The detector's image serves where it has a pixel for every chip pixel. Else the photo is
  // decoded once more, as large as its smallest face needs: a small face in a 12-megapixel photo is
  // cut from 12 megapixels.
  const Image* source = &photo.image;
  PixelShare share;  // of the larger image, as long as it is there
  Image larger;
  double to_full = photo.to_full;
  double smallest = HUGE_VAL;  // pixels of `photo.image` a chip pixel
  for (const Face& face : analysis.faces) {
    smallest =
        std::min(smallest, chip_to_image(*alignment_, size, face.landmarks).scale() / to_full);
  }
  if (smallest < kEnoughPixels && to_full > 1) {
    const int full_edge = std::max(analysis.width, analysis.height);
    const double wanted = full_edge / to_full / std::max(smallest, 1e-6);
    // Between half and full size a decoder's shrink-on-load gains nothing.
    const int edge = wanted * 2 > full_edge ? 0 : static_cast<int>(std::ceil(wanted));
    larger = photo.decode(edge, &share);
    source = &larger;
    to_full = static_cast<double>(full_edge) / std::max(larger.width, larger.height);
  }
  for (const Face& face : analysis.faces) {
    const Face there = scaled(face, static_cast<float>(1 / to_full));
    analysis.chips.push_back(
        options_.chip_margin > 0
            ? align_loosely(*source, *alignment_, there.landmarks, size, options_.chip_margin)
            : align(*source, *alignment_, there.landmarks, height, width));
  }
}

std::vector<float> NetworkAnalyser::embed(std::span<const Image> chips) const {
  if (!embedder_) throw std::logic_error("an analyser without an embedder makes no vectors");
  return embedder_->embed(chips);
}

void NetworkAnalyser::embed_faces(std::span<PhotoAnalysis> analyses) const {
  std::vector<Image> chips;
  for (PhotoAnalysis& analysis : analyses) {
    std::move(analysis.chips.begin(), analysis.chips.end(), std::back_inserter(chips));
  }
  std::vector<float> lengths;
  const std::vector<float> vectors = embedder_->embed(chips, &lengths);
  auto chip = chips.begin();
  auto vector = vectors.begin();
  auto length = lengths.begin();
  for (PhotoAnalysis& analysis : analyses) {
    if (analysis.chips.empty()) continue;
    const auto count = std::ssize(analysis.chips);
    std::transform(chip, chip + count, length, std::back_inserter(analysis.evidence),
                   [](const Image& image, float value) {
                     return VectorEvidence{.length = static_cast<double>(value),
                                           .sharpness = sharpness(image)};
                   });
    std::move(chip, chip + count, analysis.chips.begin());
    analysis.embeddings.assign(vector, vector + count * embedder_->dimension());
    chip += count;
    length += count;
    vector += count * embedder_->dimension();
  }
}

}  // namespace

std::unique_ptr<Analyser> make_network_analyser(const AnalyserOptions& options) {
  return std::make_unique<NetworkAnalyser>(options);
}

}  // namespace facenet
