#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace facenet {

/// The kind of a file that people keep among their photos and that facenet does not read: "video",
/// "jpeg-2000" or "photoshop". Empty for photos that it reads, and for all else.
///
/// Content decides. Where the first bytes say nothing, the name does. `head`: the first kSniffBytes
/// bytes.
std::string_view skipped_kind(const std::string& path, std::span<const std::byte> head);

}  // namespace facenet
