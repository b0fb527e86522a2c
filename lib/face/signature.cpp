#include "face/signature.h"

#include <array>
#include <string_view>

namespace facenet {
namespace {

/// One network's weights, by the beginnings of their hashes.
struct Rounding {
  const char* in_16_bits;
  const char* in_32_bits;
};
constexpr std::array kRoundings = {
    Rounding{.in_16_bits = "mtcnn f23e4970dafb", .in_32_bits = "mtcnn a272e58d55de"}};

std::string unrounded(std::string text) {
  for (const Rounding& rounding : kRoundings)
    if (const std::size_t at = text.find(rounding.in_16_bits); at != std::string::npos)
      text.replace(at, std::string_view(rounding.in_16_bits).size(), rounding.in_32_bits);
  return text;
}

}  // namespace

std::string detector_signature(const DetectorOptions& options) {
  return unrounded(detector_fingerprint(options));
}

bool is_same_detector(const std::string& a, const std::string& b) {
  return unrounded(a) == unrounded(b);
}

}  // namespace facenet
