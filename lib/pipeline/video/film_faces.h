#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "face/face.h"
#include "image/image.h"
#include "pipeline/video/face_tracks.h"
#include "pipeline/video/likeness.h"

namespace facenet {

/// The faces of a film, one a person, from its frames in their order. What looks as it did in the
/// frame before costs nothing: a frame in which nothing has changed has the faces of the one
/// before, and a face that looks the same has the vector that it had. It may have moved, as where
/// the camera pans; a vector tells all others apart.
class FilmFaces {
 public:
  /// Unit vectors of chips, one after another, or zeros for one that has none. `lengths` becomes
  /// what they were before they were scaled to 1.
  using Embed =
      std::function<std::vector<float>(std::span<const Image> chips, std::vector<float>* lengths)>;

  FilmFaces(const TrackRule& rule, Embed embed) : tracks_(rule), embed_(std::move(embed)) {}

  /// The next frame, as large as faces are searched in. True when it shows what the one before
  /// does: that is all then. Else its faces are to be found, for add().
  bool repeat(std::int64_t time_ms, const Image& frame);
  /// The faces of this frame, and what was cut out of it for each.
  void add(std::int64_t time_ms, std::span<const Face> faces, std::span<const Image> chips);

  /// After the last frame: FaceTracks::finish().
  std::vector<SeenFace> finish();

 private:
  /// What a face looks like, in one frame or in several.
  struct Look {
    BrightnessCells cells = {};
    Image chip = {};  ///< until it is embedded
    std::vector<float> vector = {};
    VectorEvidence evidence = {};
  };
  struct FaceInFrame {
    Face face;
    std::shared_ptr<Look> look;
  };
  struct Frame {
    std::int64_t time_ms = 0;
    std::vector<FaceInFrame> faces;
  };

  std::vector<std::shared_ptr<Look>> looks_of(std::span<const Image> chips);
  void hand_over();
  void embed_looks();

  FaceTracks tracks_;
  Embed embed_;
  BrightnessCells cells_;       ///< of the last frame that differs from the one before
  std::vector<Frame> waiting_;  ///< for vectors
  std::vector<std::shared_ptr<Look>> new_looks_;
  std::vector<FaceInFrame> last_;
};

}  // namespace facenet
