#include "pipeline/video/film_faces.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/logging.h"
#include "base/text.h"
#include "image/sharpness.h"

namespace facenet {
namespace {

/// Enough for the embedder to run well.
constexpr std::size_t kLooksAtOnce = 16;
/// Frames without a new look that wait for one, at most.
constexpr std::size_t kFramesAtOnce = 100;

struct SameLook {
  double likeness = 0;
  std::size_t before = 0, now = 0;
};

}  // namespace

bool FilmFaces::repeat(std::int64_t time_ms, const Image& frame) {
  BrightnessCells cells = frame_cells(frame);
  if (!is_same_frame(cells_, cells)) {
    cells_ = std::move(cells);
    return false;
  }
  waiting_.push_back({time_ms, last_});
  if (waiting_.size() >= kFramesAtOnce) hand_over();
  return true;
}

/// Those of the frame before where they look the same, each for one face.
std::vector<std::shared_ptr<FilmFaces::Look>> FilmFaces::looks_of(std::span<const Image> chips) {
  std::vector<std::shared_ptr<Look>> looks;
  std::vector<SameLook> pairs;
  for (const Image& chip : chips) {
    looks.push_back(std::make_shared<Look>(Look{.cells = chip_cells(chip), .chip = chip}));
    for (std::size_t before = 0; before < last_.size(); ++before)
      if (const double alike = likeness(last_[before].look->cells, looks.back()->cells);
          alike >= kSamePicture)
        pairs.push_back({alike, before, looks.size() - 1});
  }
  std::ranges::sort(pairs, {}, [](const SameLook& pair) {
    return std::tuple(-pair.likeness, pair.before, pair.now);
  });
  std::vector<bool> is_taken(last_.size()), is_known(looks.size());
  for (const SameLook& pair : pairs) {
    if (is_taken[pair.before] || is_known[pair.now]) continue;
    is_taken[pair.before] = is_known[pair.now] = true;
    looks[pair.now] = last_[pair.before].look;
  }
  for (std::size_t i = 0; i < looks.size(); ++i)
    if (!is_known[i]) new_looks_.push_back(looks[i]);
  return looks;
}

void FilmFaces::add(std::int64_t time_ms, std::span<const Face> faces,
                    std::span<const Image> chips) {
  const auto looks = looks_of(chips);
  last_.clear();
  for (std::size_t i = 0; i < faces.size(); ++i) last_.push_back({faces[i], looks[i]});
  waiting_.push_back({time_ms, last_});
  if (new_looks_.size() >= kLooksAtOnce || waiting_.size() >= kFramesAtOnce) hand_over();
}

void FilmFaces::embed_looks() {
  if (new_looks_.empty()) return;
  std::vector<Image> chips;
  for (const auto& look : new_looks_) chips.push_back(std::exchange(look->chip, {}));
  std::vector<float> lengths;
  const std::vector<float> vectors = embed_(chips, &lengths);
  const auto dimension = static_cast<std::ptrdiff_t>(vectors.size() / chips.size());
  int without_vector = 0;
  auto vector = vectors.begin();
  for (std::size_t i = 0; i < chips.size(); ++i, vector += dimension) {
    new_looks_[i]->evidence = {.length = lengths[i], .sharpness = sharpness(chips[i])};
    if (std::all_of(vector, vector + dimension, [](float value) { return value == 0; }))
      ++without_vector;
    else
      new_looks_[i]->vector.assign(vector, vector + dimension);
  }
  if (without_vector > 0)
    log_warning("{} left out, for which the network gives no vector",
                counted(without_vector, "face"));
  new_looks_.clear();
}

void FilmFaces::hand_over() {
  embed_looks();
  for (const Frame& frame : waiting_) {
    std::vector<SeenFace> seen;
    for (const FaceInFrame& face : frame.faces)
      if (!face.look->vector.empty())
        seen.push_back({face.face, face.look->vector, face.look->evidence});
    tracks_.add_frame(frame.time_ms, std::move(seen));
  }
  waiting_.clear();
}

std::vector<SeenFace> FilmFaces::finish() {
  hand_over();
  return tracks_.finish();
}

}  // namespace facenet
