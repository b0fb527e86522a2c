#pragma once

#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace facenet {

/// A port of the loopback interface that nothing listens at.
inline std::string free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool is_bound = bind(listener, generic, length) == 0;
  EXPECT_TRUE(is_bound && getsockname(listener, generic, &length) == 0);
  close(listener);
  return std::to_string(ntohs(address.sin_port));
}

}  // namespace facenet
