#include "base/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <openssl/evp.h>
#include <utf8.h>

#include "base/format.h"

namespace facenet {
namespace {

bool is_c1(char32_t letter) {
  return letter >= 0x80 && letter <= 0x9F;
}

bool is_line_break(char32_t letter) {
  return letter == 0x2028 || letter == 0x2029;
}

/// Embeddings, overrides and isolates: "exe.gpj" is shown as "jpg.exe".
bool turns_writing(char32_t letter) {
  return (letter >= 0x202A && letter <= 0x202E) || (letter >= 0x2066 && letter <= 0x2069);
}

/// Moves past a letter, and gives it; past a byte, and gives nothing, where it is not UTF-8.
std::optional<char32_t> next_letter(std::string_view::const_iterator& at,
                                    std::string_view::const_iterator end) {
  try {
    return utf8::next(at, end);
  } catch (const utf8::exception&) {
    ++at;
    return {};
  }
}

}  // namespace

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

std::string escape_control(std::string_view text, std::string_view kept) {
  std::string escaped;
  escaped.reserve(text.size());
  for (auto at = text.begin(); at != text.end();) {
    const auto from = at;
    const auto letter = next_letter(at, text.end());
    if (kept.find(*from) != std::string_view::npos)
      escaped.push_back(*from);
    else if (*from == '\n')
      escaped += "\\n";
    else if (*from == '\t')
      escaped += "\\t";
    else if (!letter && is_c1(static_cast<std::uint8_t>(*from)))  // obeyed where text is Latin-1
      escaped += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(*from));
    else if (letter && (*letter < 0x20 || *letter == 0x7F))
      escaped += fmt::format("\\x{:02x}", static_cast<std::uint32_t>(*letter));
    else if (letter && (is_c1(*letter) || is_line_break(*letter) || turns_writing(*letter)))
      escaped += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(*letter));
    else
      escaped.append(from, at);
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

std::string listed(std::span<const std::string> words, std::string_view conjunction) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 < words.size() ? ", " : fmt::format(" {} ", conjunction);
    text += words[i];
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

std::string time_text(std::int64_t milliseconds) {
  const std::int64_t seconds = milliseconds / 1000;
  const std::int64_t hours = seconds / 3600;
  const std::int64_t minutes = seconds / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, seconds % 60)
                   : fmt::format("{}:{:02}", minutes, seconds % 60);
}

}  // namespace facenet
