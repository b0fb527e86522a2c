#include "cmd/help/layout.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <sys/ioctl.h>
#include <unistd.h>

namespace facenet {
namespace {

constexpr std::size_t kNarrowest = 40, kUsual = 80, kWidest = 120;

/// 0 when there is no telling.
std::size_t columns_of_terminal() {
  if (const char* columns = std::getenv("COLUMNS"); columns != nullptr) {
    std::size_t number = 0;
    const char* end = columns + std::strlen(columns);
    const auto [stop, error] = std::from_chars(columns, end, number);
    if (error == std::errc{} && stop == end && number > 0) return number;
  }
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// The words of a text; a short one in backticks counts as one, with its spaces.
std::vector<std::string> words_of(const std::string& text, std::size_t longest) {
  std::vector<std::string> words;
  bool between = true;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (std::strchr(" \n\t", text[at]) != nullptr) {
      between = true;
      continue;
    }
    if (between) words.emplace_back();
    between = false;
    const std::size_t end = text[at] == '`' ? text.find('`', at + 1) : std::string::npos;
    const std::size_t length = end == std::string::npos || end - at >= longest ? 1 : end - at + 1;
    std::string part = text.substr(at, length);
    std::replace(part.begin(), part.end(), '\n', ' ');
    words.back() += part;
    at += length - 1;
  }
  return words;
}

}  // namespace

std::size_t text_width() {
  const std::size_t columns = columns_of_terminal();
  return columns == 0 ? kUsual : std::clamp(columns, kNarrowest, kWidest);
}

std::size_t columns_of(const std::string& text) {
  // UTF-8: every byte but a continuation begins a character.
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  }));
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  for (const std::string& word : words_of(text, width / 2)) {
    if (lines.empty() || columns_of(lines.back()) + 1 + columns_of(word) > width) {
      lines.push_back(word);
    } else {
      lines.back() += ' ' + word;
    }
  }
  return lines;
}

}  // namespace facenet
