#include "export/safe_name.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>
#include <unordered_map>

#include "base/fold_case.h"
#include "base/name_form.h"
#include "base/text.h"

namespace facenet {
namespace {

constexpr std::size_t kMostBytes = 200, kMostBytesOfAll = 255;

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// The first `most` bytes, less what would be part of a letter.
std::string_view cut_to(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && is_continuation(text[end])) --end;
  return text.substr(0, end == 0 ? most : end);
}

bool is_forbidden(char byte) {
  return static_cast<unsigned char>(byte) < 0x20U || byte == 0x7F ||
         std::string_view("/\\:*?\"<>|").find(byte) != std::string_view::npos;
}

/// Letters one by one, without those that cannot be seen.
std::string without_unseen(std::string_view name) {
  std::string seen;
  for (std::size_t begin = 0; begin < name.size();) {
    std::size_t end = begin + 1;
    while (end < name.size() && is_continuation(name[end])) ++end;
    const std::string_view letter = name.substr(begin, end - begin);
    if (letter.size() == 1 || !has_unseen_letters(letter)) seen += letter;
    begin = end;
  }
  return seen;
}

/// Names of devices, which Windows takes for no file, whatever stands behind the first dot.
bool is_device(std::string_view name) {
  constexpr std::array<std::string_view, 6> kDevices = {"con", "prn", "aux", "nul", "com", "lpt"};
  const std::string stem = fold_case(name.substr(0, name.find('.')));
  if (stem.size() == 4 && stem[3] >= '0' && stem[3] <= '9')
    return stem.starts_with("com") || stem.starts_with("lpt");
  return stem.size() == 3 &&
         std::ranges::find(kDevices.begin(), kDevices.begin() + 4, stem) != kDevices.begin() + 4;
}

std::string_view without_end(std::string_view name) {
  const std::size_t last = name.find_last_not_of(". ");
  return last == name.npos ? "" : name.substr(0, last + 1);
}

/// Where the ending of a file's name begins; its end where there is none.
std::size_t place_of_ending(std::string_view name) {
  constexpr std::size_t kLongestEnding = 16;
  const std::size_t dot = name.rfind('.');
  const bool is_ending = dot != name.npos && dot > 0 && name.size() - dot <= kLongestEnding;
  return is_ending ? dot : name.size();
}

}  // namespace

std::string safe_folder_name(std::string_view name) {
  std::string safe = without_unseen(to_valid_utf8(name));
  std::ranges::replace_if(safe, is_forbidden, '_');
  safe = without_end(cut_to(safe, kMostBytes));
  if (const std::size_t first = safe.find_first_not_of(' '); first != safe.npos)
    safe.erase(0, first);
  if (safe.empty() || safe.front() == '.' || is_device(safe)) safe.insert(safe.begin(), '_');
  return safe;
}

std::string safe_file_name(std::string_view name) {
  std::string safe(name);
  std::ranges::replace_if(safe, is_forbidden, '_');
  if (safe.empty() || safe == "." || safe == "..") safe.insert(safe.begin(), '_');
  return with_addition(safe, "");
}

std::string with_addition(std::string_view name, std::string_view addition) {
  const std::size_t ending = place_of_ending(name);
  const std::size_t room = kMostBytesOfAll - addition.size() - (name.size() - ending);
  std::string whole(cut_to(name.substr(0, ending), std::min(room, kMostBytes)));
  whole += addition;
  whole += name.substr(ending);
  return whole;
}

std::vector<std::string> unlike_names(
    std::size_t count, int last_level,
    const std::function<std::string(std::size_t thing, int level)>& name) {
  std::vector<std::string> names(count);
  std::vector<int> levels(count);
  for (std::size_t i = 0; i < count; ++i) names[i] = name(i, 0);
  for (bool is_done = false; !is_done;) {
    is_done = true;
    std::unordered_map<std::string, std::size_t> holders;
    for (const std::string& taken : names) ++holders[fold_case(taken)];
    for (std::size_t i = 0; i < count; ++i) {
      if (holders.at(fold_case(names[i])) < 2 || levels[i] == last_level) continue;
      names[i] = name(i, ++levels[i]);
      is_done = false;
    }
  }
  std::unordered_map<std::string, std::size_t> holders;
  for (const std::string& taken : names)
    if (++holders[fold_case(taken)] > 1)
      throw std::logic_error("two names of the last level are alike: " + taken);
  return names;
}

}  // namespace facenet
