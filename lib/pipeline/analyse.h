#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/recognisability.h"
#include "face/align.h"
#include "face/detector.h"
#include "image/decode.h"
#include "weights/embedder_options.h"

namespace facenet {

/// A photo to look at.
struct AnalysisRequest {
  /// What to do with a video: take it for a file of another kind; the same, unless its bytes are
  /// known; read it.
  enum class Videos { kSkip, kSkipUnknown, kRead };

  std::string path;
  /// Faces that are known already, in full-photo pixels: nothing is searched, they are only aligned
  /// and embedded (by another model than before).
  std::optional<std::vector<Face>> known_faces = {};
  /// Boxes in which somebody says that there is a face: of a photo, only these are found (see
  /// marked_places.h), a face for each, aligned and embedded. They are none of the `known_faces`.
  std::vector<Box> marks = {};
  Videos videos = Videos::kSkip;
  /// A photo of this name stands beside the file: a video of a few seconds is part of it.
  bool is_beside_photo = false;
};

/// What became of a request.
struct PhotoAnalysis {
  enum class Status {
    kAnalysed,
    kKnown,       ///< its bytes are those of a photo that was analysed before
    kNotPhoto,    ///< a file of another kind, or one that is not to be read
    kUnreadable,  ///< `error` says why
    kStopped,     ///< a signal came in the middle of a video
  };
  Status status = Status::kUnreadable;
  std::string error;       ///< one line without the path
  std::string skipped;     ///< of kNotPhoto: its kind, when it is one of image/skipped.h
  bool transient = false;  ///< the fault lies outside the file's content: worth another try
  Sha256 sha256;
  std::string format;
  int width = 0, height = 0;
  std::int64_t taken = 0;             ///< by the camera's clock, seconds since 1970; 0: not known
  std::uint64_t perceptual_hash = 0;  ///< image/perceptual_hash.h; of a video, of its first frame
  std::optional<std::int64_t> duration_ms;  ///< of a video
  /// In full-photo pixels, the largest first; of a video, a face for each person in it, from the
  /// frame that shows the person best.
  std::vector<Face> faces;
  std::vector<Image> chips;  ///< aligned faces, when asked for
  /// faces.size() * dimension, when asked for. Faces without a vector are left out, but for those
  /// that were known before, whose rows are zeros.
  std::vector<float> embeddings;
  std::vector<VectorEvidence> evidence;  ///< of each vector
};

struct AnalyserOptions {
  DecodeOptions decode;
  DetectorOptions detector;
  std::optional<EmbedderOptions> embedder;  ///< none: no vectors
  std::string alignment;                    ///< template of chips; empty: the embedder's, or none
  int chip_size = 0;                        ///< 0: the template's own; an embedder has its own
  int chip_margin = 0;  ///< pixels of surroundings around chips; an embedder wants none
  bool keep_chips = false;
  bool hash = true;     ///< compute sha256
  bool videos = false;  ///< update_library() reads videos that the catalog does not know, too
  int threads = 1;

  /// Throws UsageError.
  void validate() const;
};

/// Photo files to faces and vectors: decode, detect, align, embed. Built once; several threads may
/// call at once.
class Analyser {
 public:
  virtual ~Analyser() = default;

  virtual const AnalyserOptions& options() const = 0;

  /// Threads that the networks use inside one call, for calls from the calling thread.
  virtual void set_compute_threads(int threads) const = 0;

  /// `is_known`, when given, says that nothing needs to be done for a photo of these bytes. A bad
  /// photo gives kUnreadable, never an exception; exceptions mean that the run cannot go on.
  virtual std::vector<PhotoAnalysis> analyse(
      std::span<const AnalysisRequest> requests,
      const std::function<bool(const Sha256&)>& is_known = {}) const = 0;

  /// Vectors, one after another, of chips that analyse() cut, or of what became of them since.
  /// Throws std::logic_error for a chip of another size, and without options().embedder.
  virtual std::vector<float> embed(std::span<const Image> chips) const = 0;
};

/// Analyses many photos on `analyser.options().threads` threads and hands over the results one by
/// one, in the order of the requests whatever the number of threads, on the calling thread. At most
/// some hundred results wait, so memory does not grow with the number of photos. Stops early, after
/// the photos at hand, when a signal came (base/interrupt.h) or `receive` returns false. Rethrows
/// what a worker or `receive` throws.
void analyse_in_order(const Analyser& analyser, std::span<const AnalysisRequest> requests,
                      const std::function<bool(const Sha256&)>& is_known,
                      const std::function<bool(std::size_t, PhotoAnalysis&&)>& receive);

}  // namespace facenet
