#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace facenet {

/// The reason to give for a file that sniff_format() does not take for a photo: "not a photo
/// (its first bytes are those of text)". `head`: its first kSniffBytes bytes.
std::string why_no_photo(std::span<const std::byte> head);

}  // namespace facenet
