#pragma once

#include <string>

#include "image/decode.h"

namespace facenet {

/// Why the open file could not be decoded, for a user: "the file is cut short" where that is the
/// reason, else what the decoder said (`decoder_reason`, may be empty).
std::string explain_damage(ImageFormat format, int descriptor, const std::string& decoder_reason);

}  // namespace facenet
