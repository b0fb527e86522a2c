#pragma once

#include <cstdint>
#include <string_view>

namespace facenet {

/// The farthest from 1970 that a time of EXIF, whose years have four digits, can be; in seconds.
inline constexpr std::int64_t kFarthestExifTime = std::int64_t{8030} * 366 * 86'400;

/// Of "2026:11:28 03:55:31" and whatever follows, in seconds since 1970 by the same clock. 0 for
/// what is no time: cameras write zeros, blanks and "::" where they know none.
std::int64_t parse_exif_time(std::string_view text);

}  // namespace facenet
