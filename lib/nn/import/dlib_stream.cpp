#include "nn/import/dlib_stream.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"

namespace facenet {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored little-endian");

constexpr std::int64_t kLongestText = 1 << 10;
constexpr std::int64_t kLargestTensorExtent = std::numeric_limits<std::int32_t>::max();

}  // namespace

std::span<const std::byte> DlibStream::take(std::size_t count) {
  if (count > rest_.size()) fail("it ends too early");
  const auto taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

std::uint8_t DlibStream::byte() {
  return std::to_integer<std::uint8_t>(take(1)[0]);
}

/// A control byte (sign, number of bytes), then the absolute value, least byte first.
std::int64_t DlibStream::integer() {
  constexpr std::uint8_t kNegative = 0x80;
  constexpr std::uint8_t kUnused = 0x70;
  const std::uint8_t control = byte();
  const std::size_t size = control & 0x0FU;
  if ((control & kUnused) != 0 || size == 0 || size > sizeof(std::int64_t)) {
    fail("it has something else where dlib would write a whole number");
  }
  std::uint64_t value = 0;
  std::memcpy(&value, take(size).data(), size);
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    fail("it has a number that is too large");
  }
  const auto magnitude = static_cast<std::int64_t>(value);
  return (control & kNegative) != 0 ? -magnitude : magnitude;
}

std::int64_t DlibStream::integer(std::int64_t low, std::int64_t high, std::string_view what) {
  const std::int64_t value = integer();
  if (value < low || value > high) {
    fail("its {} is {}, which is not between {} and {}", what, value, low, high);
  }
  return value;
}

/// Mantissa and exponent of two; some exponents stand for numbers that have neither.
double DlibStream::number() {
  constexpr std::int64_t kInfinity = 32000;
  constexpr std::int64_t kNan = 32002;
  const std::int64_t mantissa = integer();
  const std::int64_t exponent = integer(-kInfinity, kNan, "number's exponent");
  if (exponent >= kInfinity) fail("it has a number that is not finite");
  return std::ldexp(static_cast<double>(mantissa), static_cast<int>(exponent));
}

bool DlibStream::boolean() {
  const std::uint8_t value = byte();
  if (value != '0' && value != '1') fail("it has something else where dlib would write yes or no");
  return value == '1';
}

std::string DlibStream::text() {
  const std::int64_t length = integer(0, kLongestText, "text's length");
  const auto bytes = take(static_cast<std::size_t>(length));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::array<std::int64_t, 4> DlibStream::shape() {
  std::array<std::int64_t, 4> extents{};
  for (std::int64_t& extent : extents) extent = integer(0, kLargestTensorExtent, "tensor's extent");
  return extents;
}

DlibTensor DlibStream::tensor() {
  integer(2, 2, "version of a tensor");
  DlibTensor tensor{.shape = shape(), .values = {}};
  const std::size_t most = rest_.size() / sizeof(float);
  std::size_t count = 1;
  for (const std::int64_t extent : tensor.shape) {
    // Extents are below 2^31 and count below 2^60, or this fails: the product cannot overflow.
    if (extent != 0 && count > most / static_cast<std::size_t>(extent)) fail("it ends too early");
    count *= static_cast<std::size_t>(extent);
  }
  const auto bytes = take(count * sizeof(float));
  tensor.values.resize(count);
  if (count > 0) std::memcpy(tensor.values.data(), bytes.data(), bytes.size());
  return tensor;
}

std::array<std::int64_t, 4> DlibStream::alias_shape() {
  integer(1, 1, "version of a tensor's view");
  return shape();
}

}  // namespace facenet
