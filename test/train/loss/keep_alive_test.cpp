#include "train/loss/keep_alive.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace facenet {
namespace {

/// A listening socket and both ends of a connection to it, over the loopback interface.
class Connection {
 public:
  Connection() {
    listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* place = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listening, place, size), 0);
    EXPECT_EQ(listen(listening, 1), 0);
    EXPECT_EQ(getsockname(listening, place, &size), 0);
    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(client, place, size), 0);
    server = accept(listening, nullptr, nullptr);
    EXPECT_GE(server, 0);
  }
  ~Connection() {
    for (const int descriptor : {listening, client, server}) close(descriptor);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int listening = -1, client = -1, server = -1;
};

int option(int descriptor, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(descriptor, level, name, &value, &size);
  return value;
}

TEST(NoticeDeadMachines, AsksOnEveryConnection) {
  const Connection connection;
  notice_dead_machines(std::chrono::seconds(32));
  for (const int end : {connection.client, connection.server}) {
    EXPECT_EQ(option(end, SOL_SOCKET, SO_KEEPALIVE), 1);
    const int idle = option(end, IPPROTO_TCP, TCP_KEEPIDLE);
    const int interval = option(end, IPPROTO_TCP, TCP_KEEPINTVL);
    EXPECT_EQ(idle + interval * option(end, IPPROTO_TCP, TCP_KEEPCNT), 32);
    EXPECT_EQ(option(end, IPPROTO_TCP, TCP_USER_TIMEOUT), 32'000);
  }
  EXPECT_EQ(option(connection.listening, SOL_SOCKET, SO_KEEPALIVE), 0);
}

}  // namespace
}  // namespace facenet
