#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catalog/records.h"
#include "image/decode.h"
#include "image/image.h"

namespace facenet {

/// A face in a photo on the disk.
struct FaceInPhoto {
  FaceRecord face{};
  std::string path{};
  int photo_width = 0, photo_height = 0;  ///< upright, as the catalog knows it
};

/// The picture that a face is in: its photo, or the frame of its video at this time.
using PictureOfFace = std::pair<PhotoId, std::optional<std::int64_t>>;
inline PictureOfFace picture_of(const FaceRecord& face) {
  return {face.photo, face.time_ms};
}

struct CutSizes {
  int face_edge = 0;   ///< pixels of a side
  int photo_edge = 0;  ///< of the longer side of a small picture of the photo; 0: none is wanted
};

/// What was cut of a photo, or of a frame of a video.
struct CutPhoto {
  std::vector<std::size_t> places{};  ///< of its faces, in what cut_photos() was given
  std::vector<Image> faces{};         ///< of each
  Image photo{};
  std::string error{};  ///< why there are no pictures; else empty
};

/// Each face with some of what is around it: a square, upright as in the photo, moved to lie within
/// the photo where it can; outside of it the picture is black. A photo is decoded once for all its
/// faces, and only as large as they need. Uses up to `threads` threads, and calls `receive` from
/// them, for each photo and each frame once, in any order and several at a time. Throws Interrupted
/// after a signal, and what `receive` throws.
void cut_photos(std::span<const FaceInPhoto> faces, const CutSizes& sizes, int threads,
                const std::function<void(CutPhoto&& photo)>& receive);

/// The same for one photo or frame, whose faces these are, at least one, in the calling thread.
CutPhoto cut_photo(std::span<const FaceInPhoto> faces, const CutSizes& sizes);

/// A face as it is shown to people; or why it cannot be.
struct FacePicture {
  Image image{};
  std::string error{};  ///< empty: there is an image
};

/// The same for faces alone. Calls `receive` from one thread at a time: with a place in `faces`,
/// each once.
void cut_faces(std::span<const FaceInPhoto> faces, int edge, int threads,
               const std::function<void(std::size_t face, FacePicture&& picture)>& receive);

}  // namespace facenet
