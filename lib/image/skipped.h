#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace facenet {

/// What skipped_kind() says of videos.
inline constexpr std::string_view kSkippedVideo = "video";
/// What is said of the seconds that a Live Photo has beside it: they are part of that photo.
inline constexpr std::string_view kSkippedMoment = "live-photo";

/// The kind of a file that people keep among their photos and that facenet does not read: "video",
/// "jpeg-2000" or "photoshop". Empty for photos that it reads, and for all else.
///
/// Content decides. Where the first bytes say nothing, the name does. `head`: the first kSniffBytes
/// bytes.
std::string_view skipped_kind(const std::string& path, std::span<const std::byte> head);

/// True for "IMG_1.MOV" and the like: a name that promises a video.
bool has_video_extension(const std::string& path);

}  // namespace facenet
