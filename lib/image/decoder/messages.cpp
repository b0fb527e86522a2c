#include "image/decoder/messages.h"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

namespace facenet {
namespace {

constexpr std::size_t kMostDescriptors = 2;

/// Room for the descriptors that travel with a message, aligned as the kernel wants it.
struct Luggage {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> bytes = {};
};

void take_descriptors(msghdr& header, std::vector<int>& descriptors) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof descriptor);
      descriptors.push_back(descriptor);
    }
  }
}

}  // namespace

SocketPair::SocketPair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    fail("no connection to a decoder: {}", std::strerror(errno));
  ours = std::make_unique<Descriptor>(ends[0]);
  theirs = std::make_unique<Descriptor>(ends[1]);
}

bool send_message(int socket, std::span<const std::byte> message,
                  std::span<const int> descriptors) {
  iovec part{.iov_base = const_cast<std::byte*>(message.data()), .iov_len = message.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  Luggage luggage;
  if (!descriptors.empty()) {
    header.msg_control = luggage.bytes.data();
    header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == std::ssize(message);
}

bool receive_message(int socket, std::span<std::byte> message, std::vector<int>& descriptors) {
  iovec part{.iov_base = message.data(), .iov_len = message.size()};
  Luggage luggage;
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = luggage.bytes.data();
  header.msg_controllen = luggage.bytes.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got > 0) take_descriptors(header, descriptors);
  return got == std::ssize(message) && (header.msg_flags & MSG_TRUNC) == 0;
}

}  // namespace facenet
