#include "train/loss/keep_alive.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>

namespace facenet {
namespace {

bool is_tcp_connection(int descriptor) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return false;
  return peer.ss_family == AF_INET || peer.ss_family == AF_INET6;
}

void set(int descriptor, int level, int option, int value) {
  // Where it cannot be set, the connection lives as long as it would.
  setsockopt(descriptor, level, option, &value, sizeof value);
}

}  // namespace

// Neither LibTorch nor Gloo has an option for it.
void notice_dead_machines(std::chrono::seconds patience) {
  constexpr int kQuestions = 4;
  const int seconds = static_cast<int>(patience.count());
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const std::string name = entry.path().filename();
    int descriptor = -1;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    if (!is_tcp_connection(descriptor)) continue;
    set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, std::max(seconds / 2, 1));
    set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, std::max(seconds / (2 * kQuestions), 1));
    set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, kQuestions);
    // Of what was sent and not acknowledged.
    set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000 * seconds);
  }
}

}  // namespace facenet
