#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/recognisability.h"
#include "face/face.h"

namespace facenet {

/// A face in a frame of a video, and its vector.
struct SeenFace {
  Face face;  ///< its pixels are those of the whole frame
  std::vector<float> vector;
  VectorEvidence evidence;
};

/// How alike two faces of one video must be to be one person: squared distances.
struct TrackRule {
  double anywhere = 0;  ///< wherever they are
  double in_place = 0;  ///< where the one was a frame before
  RecognisabilityConstants recognisability = {};
};

/// The faces of a video, put together: of each person in it there is one, from the frame that shows
/// the person best, with the mean vector of its best frames. Two faces of one frame are two people.
///
/// Greedy: each frame's faces join the people of the frames before, the most alike first.
class FaceTracks {
 public:
  explicit FaceTracks(const TrackRule& rule) : rule_(rule) {}

  /// The faces of the next frame that was looked at.
  void add_frame(std::int64_t time_ms, std::vector<SeenFace> faces);

  /// One face a person, the largest first, with `time_ms` and `sightings`.
  std::vector<SeenFace> finish() const;

 private:
  struct Track {
    std::vector<SeenFace> best;  ///< its best faces, the best first
    std::vector<float> mean;     ///< of their vectors
    std::vector<Sighting> sightings;
  };

  bool is_one(const Track& track, const SeenFace& face, double distance) const;
  double quality(const SeenFace& face) const;
  void join(Track& track, std::int64_t time_ms, SeenFace face);

  TrackRule rule_;
  std::vector<Track> tracks_;
  std::int64_t frame_before_ = -1;
};

}  // namespace facenet
