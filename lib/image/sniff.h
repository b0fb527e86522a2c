#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace facenet {

/// What a file is that sniff_format() does not take for a photo.
enum class ForeignContent {
  kVideo,
  kJpeg2000,
  kPhotoshop,
  kPdf,
  kZip,
  kAudio,
  kText,
  kUnknown,
};

/// `head`: the file's first kSniffBytes bytes.
ForeignContent foreign_content(std::span<const std::byte> head);

/// The reason to give for such a file: "not a photo (its first bytes are those of text)".
std::string why_no_photo(std::span<const std::byte> head);

}  // namespace facenet
