#include "image/decoder/exif_time.h"

#include <array>
#include <charconv>
#include <chrono>
#include <optional>

namespace facenet {
namespace {

/// All of `digits`, which are to be digits.
std::optional<unsigned> number(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

std::int64_t parse_exif_time(std::string_view text) {
  constexpr std::string_view kForm = "YYYY:MM:DD hh:mm:ss";
  if (text.size() < kForm.size()) return 0;
  for (const std::size_t at : {4, 7, 13, 16})
    if (text[at] != ':') return 0;
  std::array<unsigned, 6> parts{};
  constexpr std::array<std::size_t, 6> kBegins = {0, 5, 8, 11, 14, 17};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part = number(text.substr(kBegins[i], i == 0 ? 4 : 2));
    if (!part) return 0;
    parts[i] = *part;
  }
  const auto [year, month, day, hour, minute, second] = parts;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day));
  if (year == 0 || !date.ok() || hour > 23 || minute > 59 || second > 60) return 0;
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  return std::chrono::seconds(days + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                              std::chrono::seconds(second))
      .count();
}

}  // namespace facenet
