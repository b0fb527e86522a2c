#include "image/pixel_budget.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace facenet {
namespace {

class Budget {
 public:
  void take(std::int64_t pixels) {
    std::unique_lock lock(mutex_);
    const std::uint64_t turn = next_turn_++;
    changed_.wait(lock, [&] {
      return turn == now_serving_ && (used_ == 0 || used_ + pixels <= kPixelsAtOnce);
    });
    used_ += pixels;
    ++now_serving_;
    changed_.notify_all();
  }

  void give_back(std::int64_t pixels) {
    const std::lock_guard lock(mutex_);
    used_ -= pixels;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t used_ = 0;
  std::uint64_t next_turn_ = 0, now_serving_ = 0;
};

Budget& budget() {
  static Budget all;
  return all;
}

}  // namespace

PixelShare::PixelShare(std::int64_t pixels) : pixels_(pixels) {
  if (pixels_ > 0) budget().take(pixels_);
}

PixelShare::~PixelShare() {
  if (pixels_ > 0) budget().give_back(pixels_);
}

PixelShare::PixelShare(PixelShare&& other) noexcept : pixels_(std::exchange(other.pixels_, 0)) {}

PixelShare& PixelShare::operator=(PixelShare&& other) noexcept {
  std::swap(pixels_, other.pixels_);
  return *this;
}

}  // namespace facenet
