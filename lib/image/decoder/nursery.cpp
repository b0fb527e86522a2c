#include "image/decoder/nursery.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <malloc.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "image/decoder/decoder_loop.h"
#include "image/video/video_module.h"
#include "walls/bare_process.h"

namespace facenet {
namespace {

std::mutex nursery_mutex;
std::weak_ptr<DecoderNursery> current_nursery;

/// Frames of a film come and go, all of one size: given back to the system, their memory would have
/// to be got from it, and cleared, for each.
void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kMegabyte = 1 << 20;
  ::mallopt(M_MMAP_THRESHOLD, 32 * kMegabyte);
  ::mallopt(M_TRIM_THRESHOLD, 256 * kMegabyte);
#endif
}

/// A child of the nursery. -1 when the system gives no process.
pid_t start_decoder(int control, int socket, std::int64_t most_memory, bool is_for_video) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::close(control);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "facenet-decode");
  if (is_for_video) keep_freed_memory();
  serve_photos(socket, most_memory);
}

[[noreturn]] void keep_nursery(int control, const std::string& program) {
  make_bare("facenet-nursery", control);
  bool has_vips = false;
  for (;;) {
    NurseryRequest request;
    std::vector<int> descriptors;
    if (!receive_message(control, request, descriptors)) ::_exit(0);
    NurseryReply reply;
    if (request.kind == NurseryRequest::Kind::kEnd) {
      int status = 0;
      if (::waitpid(request.process, &status, 0) == request.process) reply.value = status;
    } else if (descriptors.size() == 1) {
      if (!has_vips) start_vips(program.c_str());
      has_vips = true;
      if (request.is_for_video != 0) load_video_module();
      reply.value =
          start_decoder(control, descriptors[0], request.most_memory, request.is_for_video != 0);
    }
    for (const int descriptor : descriptors) ::close(descriptor);
    if (!send_message(control, reply)) ::_exit(0);
  }
}

}  // namespace

DecoderNursery::DecoderNursery(const std::string& program) {
  SocketPair control;
  process_ = ::fork();
  if (process_ < 0) fail("no process for decoders: {}", std::strerror(errno));
  if (process_ == 0) {
    try {
      keep_nursery(control.theirs->get(), program);
    } catch (...) {
      ::_exit(1);
    }
  }
  control_ = std::move(control.ours);
}

DecoderNursery::~DecoderNursery() {
  control_.reset();
  ::waitpid(process_, nullptr, 0);
}

std::int32_t DecoderNursery::ask(const NurseryRequest& request, int descriptor) {
  const std::lock_guard lock(mutex_);
  NurseryReply reply;
  std::vector<int> none;
  const auto sent = std::span(&descriptor, descriptor < 0 ? 0 : 1);
  if (!send_message(control_->get(), request, sent) ||
      !receive_message(control_->get(), reply, none))
    return -1;
  return reply.value;
}

pid_t DecoderNursery::start(int socket, std::int64_t most_memory, bool is_for_video) {
  const pid_t decoder = ask({.kind = NurseryRequest::Kind::kStart,
                             .most_memory = most_memory,
                             .is_for_video = is_for_video ? 1U : 0U},
                            socket);
  if (decoder < 0) fail("no process to decode photos in: too many processes, or too little memory");
  return decoder;
}

int DecoderNursery::end_of(pid_t decoder) {
  return ask({.kind = NurseryRequest::Kind::kEnd, .process = decoder}, -1);
}

std::shared_ptr<DecoderNursery> make_nursery(const std::string& program) {
  const std::lock_guard lock(nursery_mutex);
  auto made = current_nursery.lock();
  if (!made) made = std::make_shared<DecoderNursery>(program);
  current_nursery = made;
  return made;
}

std::shared_ptr<DecoderNursery> nursery() {
  const std::lock_guard lock(nursery_mutex);
  if (auto current = current_nursery.lock()) return current;
  throw std::logic_error("photos need an ImageLibrary");
}

}  // namespace facenet
