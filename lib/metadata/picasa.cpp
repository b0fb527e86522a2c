#include "metadata/picasa.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/text.h"

namespace facenet {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// What comes before the separator, which is taken from the text with it.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

/// The contact of faces whom Picasa does not know.
constexpr std::string_view kNobodyYet = "ffffffffffffffff";

std::optional<FaceRegion> region_of_rect64(std::string_view text) {
  constexpr std::string_view kBegin = "rect64(";
  if (!text.starts_with(kBegin) || !text.ends_with(')')) return std::nullopt;
  text.remove_prefix(kBegin.size());
  text.remove_suffix(1);
  std::uint64_t bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const auto edge = [&](int from_right) {
    return static_cast<double>(bits >> (16 * from_right) & 0xffff) / 65'536;
  };
  FaceRegion region{.x = edge(3), .y = edge(2)};
  region.width = edge(1) - region.x;
  region.height = edge(0) - region.y;
  if (region.width <= 0 || region.height <= 0) return std::nullopt;
  return region;
}

class PicasaReader {
 public:
  /// The contacts may stand behind the photos.
  std::map<std::string, FaceRegions> read(std::string_view text, const PicasaContacts& others) {
    for (std::string_view rest = text; !rest.empty();) read_line(trimmed(take_until(rest, '\n')));
    for (auto& [file, regions] : photos_)
      for (FaceRegion& region : regions.regions) {
        const std::string key = contact_key(region.name);
        const auto own = contacts_.find(key);
        const auto other = others.find(key);
        region.name = own == contacts_.end() ? "" : own->second;
        if (region.name.empty() && other != others.end() && key != kNobodyYet)
          region.name = other->second;
      }
    return std::move(photos_);
  }

 private:
  void read_line(std::string_view line) {
    if (line.starts_with('[') && line.ends_with(']')) {
      section_ = line.substr(1, line.size() - 2);
      return;
    }
    std::string_view value = line;
    const std::string_view key = take_until(value, '=');
    if (section_ == "Contacts2" && !contact_key(key).empty())
      contacts_[contact_key(key)] = to_valid_utf8(std::string(trimmed(take_until(value, ';'))));
    else if (key == "faces")
      read_faces(value);
  }

  void read_faces(std::string_view faces) {
    while (!faces.empty()) {
      std::string_view contact = take_until(faces, ';');
      auto region = region_of_rect64(trimmed(take_until(contact, ',')));
      if (!region) continue;
      region->name = trimmed(contact);  // its number, for now
      photos_[section_].regions.push_back(std::move(*region));
    }
  }

  std::string section_;
  std::unordered_map<std::string, std::string> contacts_;
  std::map<std::string, FaceRegions> photos_;
};

}  // namespace

std::map<std::string, FaceRegions> read_picasa(std::string_view text,
                                               const PicasaContacts& others) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return PicasaReader().read(text, others);
}

}  // namespace facenet
