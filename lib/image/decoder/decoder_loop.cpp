#include "image/decoder/decoder_loop.h"

#include <cstring>
#include <new>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>

#include "image/decoder/messages.h"
#include "image/video/video_service.h"
#include "walls/walls.h"

namespace facenet {
namespace {

/// Copies to where the program reads it. All pages are mapped at once: to meet them one by one
/// takes longer than the copy.
void hand_over(const void* data, std::size_t size, int memory) {
  if (size == 0) return;
  void* shared =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, memory, 0);
  if (shared == MAP_FAILED) throw std::bad_alloc();
  std::memcpy(shared, data, size);
  ::munmap(shared, size);
}

DecoderReply refusal(const std::string& reason) {
  DecoderReply reply{.status = DecoderReply::Status::kRefused};
  const std::size_t most = reply.reason.size() - 1;
  std::memcpy(reply.reason.data(), reason.data(), std::min(reason.size(), most));
  return reply;
}

DecoderReply answer(const DecoderRequest& request, const std::vector<int>& descriptors,
                    VideoService& video) {
  DecoderReply reply{.status = DecoderReply::Status::kDone};
  try {
    switch (request.kind) {
      case DecoderRequest::Kind::kHeader:
        reply.header = read_photo_header(descriptors.at(0), request.is_called_raw != 0);
        break;
      case DecoderRequest::Kind::kPixels: {
        const Image image = decode_photo(descriptors.at(0), request.header, request.max_edge);
        hand_over(image.pixels.data(), image.pixels.size(), descriptors.at(1));
        break;
      }
      case DecoderRequest::Kind::kXmp: {
        const std::string xmp =
            read_photo_xmp(descriptors.at(0), request.header.format, request.room);
        hand_over(xmp.data(), xmp.size(), descriptors.at(1));
        reply.size = xmp.size();
        break;
      }
      case DecoderRequest::Kind::kOpenVideo:
        reply.video = video.open(descriptors.at(0), request.most_pixels);
        break;
      case DecoderRequest::Kind::kNextFrame:
        reply.time_ms = video.next().value_or(DecoderReply::kNoFrame);
        break;
      case DecoderRequest::Kind::kGoToFrame:
        reply.time_ms = video.go_to(request.time_ms);
        break;
      case DecoderRequest::Kind::kFramePixels: {
        const Image image = video.frame(request.max_edge);
        hand_over(image.pixels.data(), image.pixels.size(), descriptors.at(0));
        break;
      }
    }
    return reply;
  } catch (const std::bad_alloc&) {
    return {.status = DecoderReply::Status::kNoMemory};
  } catch (const std::exception& error) {
    return refusal(error.what());
  }
}

}  // namespace

void serve_photos(int socket, std::int64_t most_memory) {
  const bool has_walls = raise_walls(most_memory);
  send_message(socket, DecoderReply{.has_walls = has_walls ? 1U : 0U});
  VideoService video;
  for (;;) {
    DecoderRequest request;
    std::vector<int> descriptors;
    if (!receive_message(socket, request, descriptors)) ::_exit(0);
    const DecoderReply reply = answer(request, descriptors, video);
    for (const int descriptor : descriptors) ::close(descriptor);
    if (!send_message(socket, reply)) ::_exit(0);
  }
}

}  // namespace facenet
