#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <sys/types.h>

#include "image/decoder/messages.h"

namespace facenet {

/// A process that starts decoders. It is forked before the program has threads, open files or
/// secrets, so that decoders, its children, have none of them either. It ends with the program.
class DecoderNursery {
 public:
  /// Call before there are threads. Throws Error.
  explicit DecoderNursery(const std::string& program);
  ~DecoderNursery();
  DecoderNursery(const DecoderNursery&) = delete;
  DecoderNursery& operator=(const DecoderNursery&) = delete;

  /// A new decoder that talks through `socket` and may use so many bytes; one for videos has
  /// FFmpeg's libraries, too. Throws Error.
  pid_t start(int socket, std::int64_t most_memory, bool is_for_video = false);
  /// Waits for a decoder's end; its wait status, or -1 when the nursery itself has gone.
  int end_of(pid_t decoder);

 private:
  std::int32_t ask(const NurseryRequest& request, int descriptor);

  std::mutex mutex_;
  std::unique_ptr<Descriptor> control_;
  pid_t process_ = -1;
};

/// The program's only one, which make_nursery() makes and its owners keep.
std::shared_ptr<DecoderNursery> make_nursery(const std::string& program);

/// Throws std::logic_error when there is none, that is, no ImageLibrary.
std::shared_ptr<DecoderNursery> nursery();

}  // namespace facenet
