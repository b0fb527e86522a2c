#pragma once

#include <algorithm>
#include <string>

namespace facenet {

/// Names are one line, whatever was written. Internal to lib/metadata.
inline std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  const auto is_blank = [](char c) { return c == ' '; };
  text.erase(text.begin(), std::ranges::find_if_not(text, is_blank));
  while (!text.empty() && is_blank(text.back())) text.pop_back();
  return text;
}

}  // namespace facenet
