#pragma once

#include <cstdint>

namespace facenet {

/// Pixels that all threads together may have decoded at once. A photo of more comes when there is
/// no other. They take up to eight bytes each, by format.
inline constexpr std::int64_t kPixelsAtOnce = 200'000'000;

/// A share of the pixels above, waited for in the order of asking, and given back at the end. A
/// thread that holds one must not ask for another: it might wait for itself.
class PixelShare {
 public:
  PixelShare() = default;
  explicit PixelShare(std::int64_t pixels);
  ~PixelShare();
  PixelShare(PixelShare&& other) noexcept;
  PixelShare& operator=(PixelShare&& other) noexcept;

 private:
  std::int64_t pixels_ = 0;
};

}  // namespace facenet
