#include "base/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <openssl/evp.h>
#include <utf8.h>

#include "base/format.h"

namespace facenet {
bool is_valid_utf8(std::string_view bytes) {
  return utf8::is_valid(bytes.begin(), bytes.end());
}

std::string to_valid_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  auto from = bytes.begin();
  while (true) {
    const auto invalid = utf8::find_invalid(from, bytes.end());
    text.append(from, invalid);
    if (invalid == bytes.end()) return text;
    text += "\xEF\xBF\xBD";
    from = invalid + 1;
  }
}

std::string base64(std::string_view bytes) {
  constexpr std::size_t kPiece = 3 << 20;  // OpenSSL counts in int
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  std::size_t length = 0;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kPiece))) {
    const std::string_view piece = bytes.substr(0, kPiece);
    // Writes a zero after the characters, which is where a string has one too.
    length += static_cast<std::size_t>(EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(text.data() + length),
        reinterpret_cast<const unsigned char*>(piece.data()), static_cast<int>(piece.size())));
  }
  return text;
}

std::string escape_control(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (c == '\n') {
      escaped += "\\n";
    } else if (c == '\t') {
      escaped += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      escaped += fmt::format("\\x{:02x}", byte);
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted.push_back('"');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

std::string with_thousands(long long number) {
  const std::string digits = std::to_string(number);
  const std::size_t sign = number < 0 ? 1 : 0;
  std::string text = digits.substr(0, sign);
  for (std::size_t i = sign; i < digits.size(); ++i) {
    if (i > sign && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

std::string briefly(std::span<const std::string> names) {
  constexpr std::size_t kShown = 3;
  if (names.size() <= kShown + 1) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.first(kShown), ", "),
                     with_thousands(static_cast<long long>(names.size() - kShown)));
}

std::string counted(long long number, std::string_view singular, std::string_view plural) {
  const std::string figure = with_thousands(number);
  if (number == 1) return fmt::format("{} {}", figure, singular);
  return plural.empty() ? fmt::format("{} {}s", figure, singular)
                        : fmt::format("{} {}", figure, plural);
}

}  // namespace facenet
