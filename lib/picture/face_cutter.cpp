#include "picture/face_cutter.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <map>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "base/interrupt.h"
#include "image/video/video_file.h"
#include "image/warp.h"

namespace facenet {
namespace {

/// The part of a photo that is shown of a face, in pixels of the whole photo.
struct Square {
  double left = 0, top = 0, size = 0;
};

/// Where a stretch of `size` begins so that it lies within 0 ... `whole`, if it can.
double moved_within(double begin, double size, double whole) {
  return size > whole ? begin : std::clamp(begin, 0.0, whole - size);
}

Square square_of(const FaceInPhoto& there) {
  constexpr double kAround = 1.6;  // times the box
  const FaceRecord& face = there.face;
  const double size = kAround * static_cast<double>(std::max({face.width, face.height, 1.0F}));
  const double across = static_cast<double>(face.x) + static_cast<double>(face.width) / 2;
  const double down = static_cast<double>(face.y) + static_cast<double>(face.height) / 2;
  return {.left = moved_within(across - size / 2, size, there.photo_width),
          .top = moved_within(down - size / 2, size, there.photo_height),
          .size = size};
}

/// The longer edge to decode a photo of this one at so that the square has `edge` pixels; 0: all
/// there are.
int edge_to_decode(int full, double square, int edge) {
  const double wanted = full * edge / square;
  // Between half and full size a decoder's shrink-on-load gains nothing.
  return wanted * 2 > full ? 0 : static_cast<int>(std::ceil(wanted));
}

Image cut(const Image& photo, double to_full, const Square& square, int edge) {
  const double scale = square.size / to_full / edge;
  // Corners of pixels there, centres here.
  const Similarity to_photo{.a = scale,
                            .b = 0,
                            .tx = square.left / to_full + scale / 2 - 0.5,
                            .ty = square.top / to_full + scale / 2 - 0.5};
  return warp(photo, to_photo, edge, edge);
}

/// The whole photo, its longer edge shrunk to `edge`.
Image shrunk(const Image& photo, int edge) {
  const double scale =
      std::max(1.0, static_cast<double>(std::max(photo.width, photo.height)) / edge);
  const auto size = [&](int pixels) {
    return std::max(1, static_cast<int>(std::lround(pixels / scale)));
  };
  return warp(photo, {.a = scale, .b = 0, .tx = scale / 2 - 0.5, .ty = scale / 2 - 0.5},
              size(photo.width), size(photo.height));
}

template <class File>
void require_size_of(const FaceInPhoto& there, const File& file) {
  if (file.width() != there.photo_width || file.height() != there.photo_height)
    throw DecodeError("another photo than it was; run `facenet cluster`");
}

/// What the face is in, decoded.
Image picture_with(const FaceInPhoto& there, int max_edge, PixelShare& share) {
  if (there.face.time_ms) {
    VideoFile video(there.path);
    require_size_of(there, video);
    video.go_to(*there.face.time_ms);
    return video.frame(max_edge, &share);
  }
  const PhotoFile photo(there.path);
  require_size_of(there, photo);
  return photo.decode(max_edge, &share);
}

/// Pictures of the faces of one photo or frame, and of it.
void cut_from_photo(std::span<const FaceInPhoto> all, const CutSizes& sizes, CutPhoto& cut_photo) {
  const FaceInPhoto& first = all[cut_photo.places.front()];
  const int full = std::max(first.photo_width, first.photo_height);
  double smallest = HUGE_VAL;
  for (const std::size_t place : cut_photo.places)
    smallest = std::min(smallest, square_of(all[place]).size);
  const int edge = edge_to_decode(full, smallest, sizes.face_edge);
  PixelShare share;
  const Image photo = picture_with(first, edge == 0 ? 0 : std::max(edge, sizes.photo_edge), share);
  const double to_full = static_cast<double>(full) / std::max(photo.width, photo.height);
  for (const std::size_t place : cut_photo.places)
    cut_photo.faces.push_back(cut(photo, to_full, square_of(all[place]), sizes.face_edge));
  if (sizes.photo_edge > 0) cut_photo.photo = shrunk(photo, sizes.photo_edge);
}

/// The same, with the reason where it fails.
void try_to_cut(std::span<const FaceInPhoto> all, const CutSizes& sizes, CutPhoto& photo) {
  try {
    cut_from_photo(all, sizes, photo);
  } catch (const DecodeError& reason) {
    photo.error = reason.what();
  } catch (const std::bad_alloc&) {
    photo.error = "not enough memory for its pixels";
  }
}

}  // namespace

CutPhoto cut_photo(std::span<const FaceInPhoto> faces, const CutSizes& sizes) {
  CutPhoto photo;
  for (std::size_t place = 0; place < faces.size(); ++place) photo.places.push_back(place);
  try_to_cut(faces, sizes, photo);
  return photo;
}

void cut_photos(std::span<const FaceInPhoto> faces, const CutSizes& sizes, int threads,
                const std::function<void(CutPhoto&& photo)>& receive) {
  std::map<std::pair<std::string, std::optional<std::int64_t>>, std::vector<std::size_t>> by_photo;
  for (std::size_t i = 0; i < faces.size(); ++i)
    by_photo[{faces[i].path, faces[i].face.time_ms}].push_back(i);
  std::vector<CutPhoto> photos;
  for (auto& [picture, places] : by_photo) photos.push_back({.places = std::move(places)});

  std::atomic<std::size_t> next = 0;
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto worker = [&] {
    try {
      for (std::size_t i = next++; i < photos.size(); i = next++) {
        stop_if_interrupted();
        CutPhoto photo = std::move(photos[i]);
        try_to_cut(faces, sizes, photo);
        receive(std::move(photo));
      }
    } catch (...) {
      next = photos.size();
      const std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads && i < std::ssize(photos); ++i) workers.emplace_back(worker);
  }
  if (error) std::rethrow_exception(error);
}

void cut_faces(std::span<const FaceInPhoto> faces, int edge, int threads,
               const std::function<void(std::size_t face, FacePicture&& picture)>& receive) {
  std::mutex mutex;
  cut_photos(faces, {.face_edge = edge}, threads, [&](CutPhoto&& photo) {
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < photo.places.size(); ++i) {
      FacePicture picture{.error = photo.error};
      if (photo.error.empty()) picture.image = std::move(photo.faces[i]);
      receive(photo.places[i], std::move(picture));
    }
  });
}

}  // namespace facenet
