#include "web/picture_shop.h"

#include <map>
#include <new>
#include <optional>

#include "base/error.h"
#include "base/hash.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/video/video_file.h"

namespace facenet {
namespace {

constexpr int kMostWaiting = 10;  // so that others are answered, too
constexpr int kFaceQuality = 78, kPhotoQuality = 80;

std::string as_webp(const Image& image, int quality) {
  const std::vector<std::byte> bytes = encode(image, ImageFormat::kWebp, quality);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The same for the same place of the same bytes, whatever catalog they are in.
std::string key_of(const ViewFace& face, const PhotoRecord& photo) {
  const std::string text =
      fmt::format("{} {} {} {} {} {} {}", photo.sha256.hex(), face.x, face.y, face.width,
                  face.height, face.time_ms.value_or(0), PictureShop::kFaceEdge);
  return sha256(std::as_bytes(std::span(text))).hex();
}

/// The frame of the video's first face, or where nobody is in it, the first frame.
std::string frame_of(const std::string& path, std::optional<std::int64_t> time_ms) {
  VideoFile video(path);
  if (time_ms)
    video.go_to(*time_ms);
  else
    video.next();
  PixelShare share;
  return as_webp(video.frame(PictureShop::kPhotoEdge, &share), kPhotoQuality);
}

}  // namespace

PictureShop::PictureShop(PictureCache& cache, int threads) : cache_(cache) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

PictureShop::~PictureShop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ordered_.notify_all();
  made_.notify_all();
}

WebPicture PictureShop::face(const std::shared_ptr<const ViewedPhotos>& photos, FaceId id) {
  const ViewFace* const face = photos->face(id);
  const PhotoRecord* const photo = face == nullptr ? nullptr : photos->photo(face->photo);
  if (photo == nullptr) return {.error = "there is no such face"};
  if (auto kept = cache_.find(key_of(*face, *photo)))
    return {.status = WebPicture::Status::kMade, .webp = std::move(*kept)};
  return wait_for(photos, photo->id, id);
}

WebPicture PictureShop::photo(const std::shared_ptr<const ViewedPhotos>& photos, PhotoId photo) {
  if (photos->photo(photo) == nullptr) return {.error = "there is no such photo"};
  return wait_for(photos, photo, 0);
}

/// With `face` 0 for the photo.
WebPicture PictureShop::wait_for(const std::shared_ptr<const ViewedPhotos>& photos, PhotoId photo,
                                 FaceId face) {
  std::unique_lock lock(mutex_);
  if (stopping_ || waiting_ >= kMostWaiting)
    return {.status = WebPicture::Status::kBusy, .error = "too many pictures are asked for"};
  std::shared_ptr<Order>& entry = orders_[{photo, face == 0}];
  if (!entry) {
    entry = std::make_shared<Order>(Order{.photos = photos, .photo = photo, .whole = face == 0});
    open_.push_back(entry);
    ordered_.notify_one();
  }
  const std::shared_ptr<Order> order = entry;
  ++waiting_;
  made_.wait(lock, [&] { return stopping_ || order->done; });
  --waiting_;
  if (!order->done) return {.status = WebPicture::Status::kBusy, .error = "facenet is ending"};
  if (!order->error.empty()) return {.error = order->error};
  if (face == 0) return {.status = WebPicture::Status::kMade, .webp = order->picture};
  const auto found = order->faces.find(face);
  if (found == order->faces.end()) return {.error = "there is no such face"};
  return {.status = WebPicture::Status::kMade, .webp = found->second};
}

void PictureShop::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ordered_.wait(lock, [&] { return stopping_ || !open_.empty(); });
    if (stopping_) return;
    const std::shared_ptr<Order> order = open_.back();
    open_.pop_back();
    lock.unlock();
    try {
      make(*order);
    } catch (const Error& error) {
      order->error = error.what();
    } catch (const std::bad_alloc&) {
      order->error = "not enough memory for its pixels";
    }
    lock.lock();
    order->done = true;
    orders_.erase({order->photo, order->whole});
    made_.notify_all();
  }
}

void PictureShop::make(Order& order) {
  if (!order.whole) return cut_faces_of(order);
  const PathRecord* const place = order.photos->places().on_disk(order.photo);
  if (place == nullptr) fail("the photo is not there now");
  const PhotoRecord& known = *order.photos->photo(order.photo);
  if (known.is_video()) {
    const auto faces = order.photos->faces_of(order.photo);
    order.picture = frame_of(place->path, faces.empty() ? std::nullopt : faces.front().time_ms);
    return;
  }
  const PhotoFile file(place->path);
  if (file.width() != known.width || file.height() != known.height)
    fail("another photo than it was; run `facenet cluster`");
  PixelShare share;
  order.picture = as_webp(file.decode(kPhotoEdge, &share), kPhotoQuality);
}

/// All of one photo: it is decoded once, and whoever looks at one face will soon look at others.
void PictureShop::cut_faces_of(Order& order) {
  const ViewedPhotos& photos = *order.photos;
  std::map<PictureOfFace, std::vector<FaceInPhoto>> pictures;  // a photo, or frames of a video
  for (const ViewFace& face : photos.faces_of(order.photo)) {
    const FaceInPhoto there = *face_in_photo(photos, face.id);
    if (there.path.empty()) fail("the photo is not there now");
    pictures[picture_of(there.face)].push_back(there);
  }
  for (const auto& [picture, faces] : pictures) {
    const CutPhoto cut = cut_photo(faces, {.face_edge = kFaceEdge});
    if (!cut.error.empty()) fail("{}", cut.error);
    for (std::size_t i = 0; i < faces.size(); ++i) {
      const FaceId id = faces[i].face.id;
      std::string webp = as_webp(cut.faces[i], kFaceQuality);
      cache_.keep(key_of(*photos.face(id), *photos.photo(order.photo)), webp);
      order.faces.emplace(id, std::move(webp));
    }
  }
}

}  // namespace facenet
