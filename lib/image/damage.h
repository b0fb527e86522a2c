#pragma once

#include <string>

#include "image/decode.h"

namespace facenet {

/// Why the open file could not be decoded, for a user: "the file is cut short" where that is the
/// reason, else what the decoder said (`decoder_reason`, may be empty).
std::string explain_damage(ImageFormat format, int descriptor, const std::string& decoder_reason);

/// True when a decoder's reason lies not in the file but in the machine: no memory, too many open
/// files, a disk that cannot be read.
bool is_shortage(std::string reason);

}  // namespace facenet
