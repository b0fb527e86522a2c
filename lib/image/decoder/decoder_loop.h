#pragma once

#include <cstdint>

namespace facenet {

/// What a decoder does until the program closes the socket: raises its walls, then answers requests
/// (image/decoder/messages.h).
[[noreturn]] void serve_photos(int socket, std::int64_t most_memory);

}  // namespace facenet
