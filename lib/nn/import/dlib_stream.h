#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace facenet {

/// Numbers of a dlib::tensor: [samples, channels, rows, columns].
struct DlibTensor {
  std::array<std::int64_t, 4> shape{};
  std::vector<float> values;
};

/// Reads, one after the other, the values that dlib::serialize() wrote (dlib/serialize.h describes
/// the format). dlib's own reader wants the network's type at compile time and takes minutes to
/// compile one; what facenet imports need not be known that early. Nothing is believed before it
/// was checked against the bytes that are left. Every read throws Error when the bytes are not what
/// is asked for.
class DlibStream {
 public:
  explicit DlibStream(std::span<const std::byte> bytes) : rest_(bytes) {}

  std::int64_t integer();
  /// A whole number between `low` and `high`; `what` names it in the message.
  std::int64_t integer(std::int64_t low, std::int64_t high, std::string_view what);
  double number();
  bool boolean();
  std::uint8_t byte();
  std::string text();
  DlibTensor tensor();
  /// Shape of a dlib::alias_tensor, which is a view of another tensor.
  std::array<std::int64_t, 4> alias_shape();

  bool at_end() const { return rest_.empty(); }

 private:
  std::span<const std::byte> take(std::size_t count);
  std::array<std::int64_t, 4> shape();

  std::span<const std::byte> rest_;
};

}  // namespace facenet
