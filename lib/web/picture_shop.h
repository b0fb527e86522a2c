#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "web/library_view.h"
#include "web/picture_cache.h"

namespace facenet {

/// A picture to send, or why there is none.
struct WebPicture {
  enum class Status {
    kMade,
    kGone,  ///< the face, or its photo, is not there now
    kBusy,  ///< too many are asked for
  };
  Status status = Status::kGone;
  std::string webp{};
  std::string error{};
};

/// Cuts faces out of their photos when they are asked for, in a few threads of its own, the last
/// asked for first: it is what somebody looks at. What was cut once is kept. Photos are opened by
/// where the catalog says that they are, decoded behind walls (lib/image/decoder), and encoded
/// anew: no byte of a file is sent.
class PictureShop {
 public:
  static constexpr int kFaceEdge = 192;    ///< pixels of a face's side
  static constexpr int kPhotoEdge = 1600;  ///< of a photo's longer side, at most

  PictureShop(PictureCache& cache, int threads);
  ~PictureShop();
  PictureShop(const PictureShop&) = delete;
  PictureShop& operator=(const PictureShop&) = delete;

  /// Wait until it is made. For many threads.
  WebPicture face(const std::shared_ptr<const ViewedPhotos>& photos, FaceId face);
  WebPicture photo(const std::shared_ptr<const ViewedPhotos>& photos, PhotoId photo);

 private:
  /// What several may wait for.
  struct Order {
    std::shared_ptr<const ViewedPhotos> photos;
    PhotoId photo = 0;
    bool whole = false;  ///< the photo; else all its faces
    int waiting = 0;
    bool done = false;
    std::map<FaceId, std::string> faces{};  ///< WebP
    std::string picture{};                  ///< WebP
    std::string error{};
  };
  using Key = std::pair<PhotoId, bool>;

  WebPicture wait_for(const std::shared_ptr<const ViewedPhotos>& photos, PhotoId photo,
                      FaceId face);
  void work();
  void make(Order& order);
  void cut_faces_of(Order& order);

  PictureCache& cache_;
  std::mutex mutex_;
  std::condition_variable ordered_, made_;
  std::map<Key, std::shared_ptr<Order>> orders_;  ///< that are not done
  std::deque<std::shared_ptr<Order>> open_;       ///< that nobody has begun, the newest last
  int waiting_ = 0;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace facenet
