#pragma once

// What facenet and its decoders say to each other. Both ends are one program, so these are plain
// structs; a decoder may have been taken over by a photo, so its answers are believed only as far
// as they are checked (decoder_process.cpp).

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "base/file.h"
#include "image/decoder/photo_decoder.h"
#include "image/video/frame_reader.h"

namespace facenet {

/// To a decoder, with the open photo or video; for pixels and XMP also with the memory to put them
/// into, for a frame with this alone. What is asked of a video is asked after kOpenVideo.
struct DecoderRequest {
  enum class Kind : std::uint32_t {
    kHeader,
    kPixels,
    kXmp,
    kOpenVideo,
    kNextFrame,
    kGoToFrame,
    kFramePixels,
  };
  Kind kind = Kind::kHeader;
  std::int32_t max_edge = 0;
  std::uint32_t is_called_raw = 0;  ///< 1: the photo has the name of a raw one
  PhotoHeader header = {};
  std::uint64_t room = 0;        ///< for XMP, in bytes
  std::int64_t most_pixels = 0;  ///< of a frame of a video
  std::int64_t time_ms = 0;      ///< of the frame to go to
};

struct DecoderReply {
  static constexpr std::int64_t kNoFrame = -1;  ///< the video has no more
  enum class Status : std::uint32_t { kReady, kDone, kRefused, kNoMemory };
  Status status = Status::kReady;
  std::uint32_t has_walls = 0;         ///< of kReady: 1 when all of raise_walls() worked
  PhotoHeader header = {};             ///< of kDone for a header
  std::uint64_t size = 0;              ///< of kDone for XMP, in bytes
  VideoHeader video = {};              ///< of kDone for a video that was opened
  std::int64_t time_ms = kNoFrame;     ///< of kDone for a frame
  std::array<char, 1024> reason = {};  ///< of kRefused; ends in a zero
};

/// To the nursery: start a decoder that talks through the socket sent along, or say how one ended.
struct NurseryRequest {
  enum class Kind : std::uint32_t { kStart, kEnd };
  Kind kind = Kind::kStart;
  std::int32_t process = 0;      ///< of kEnd
  std::int64_t most_memory = 0;  ///< of kStart, in bytes
  std::uint32_t is_for_video = 0;
};

/// The process that was started, or the wait status of the one that ended; -1: neither.
struct NurseryReply {
  std::int32_t value = -1;
};

/// The two ends of a connection for whole messages. Throws Error.
struct SocketPair {
  SocketPair();
  std::unique_ptr<Descriptor> ours, theirs;
};

/// False when the other end is gone.
bool send_message(int socket, std::span<const std::byte> message, std::span<const int> descriptors);

/// Waits for a message of just this size. False when the other end is gone, or sent something else.
/// Descriptors that came along are the caller's to close.
bool receive_message(int socket, std::span<std::byte> message, std::vector<int>& descriptors);

template <class Message>
bool send_message(int socket, const Message& message, std::span<const int> descriptors = {}) {
  static_assert(std::is_trivially_copyable_v<Message>);
  return send_message(socket, std::as_bytes(std::span(&message, 1)), descriptors);
}

template <class Message>
bool receive_message(int socket, Message& message, std::vector<int>& descriptors) {
  static_assert(std::is_trivially_copyable_v<Message>);
  return receive_message(socket, std::as_writable_bytes(std::span(&message, 1)), descriptors);
}

}  // namespace facenet
