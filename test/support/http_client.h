#pragma once

#include <chrono>
#include <cstdint>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace facenet {

/// What a server of this machine answered, byte for byte.
struct HttpAnswer {
  int status = 0;  ///< 0: nothing came
  std::string head{}, body{};
};

/// A connection that sends whatever a test likes.
class HttpClient {
 public:
  explicit HttpClient(int port, bool ipv6 = false)
      : socket_(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (ipv6) {
      sockaddr_in6 address{};
      address.sin6_family = AF_INET6;
      address.sin6_port = htons(static_cast<std::uint16_t>(port));
      address.sin6_addr = in6addr_loopback;
      open_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    } else {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(static_cast<std::uint16_t>(port));
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      open_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    }
  }
  ~HttpClient() { ::close(socket_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  bool is_open() const { return open_; }
  void send(const std::string& bytes) const {
    [[maybe_unused]] const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  /// The next answer; of one without a Content-Length the body ends with the connection.
  HttpAnswer read() {
    HttpAnswer answer;
    std::size_t end = 0;
    while ((end = pending_.find("\r\n\r\n")) == pending_.npos)
      if (!receive()) return answer;
    answer.head = pending_.substr(0, end + 2);
    pending_.erase(0, end + 4);
    answer.status = std::stoi(answer.head.substr(answer.head.find(' ') + 1));
    const auto length = answer.head.find("Content-Length: ");
    const std::size_t wanted =
        length == answer.head.npos ? SIZE_MAX : std::stoull(answer.head.substr(length + 16));
    while (pending_.size() < wanted && receive()) {
    }
    answer.body = pending_.substr(0, wanted);
    pending_.erase(0, wanted);
    return answer;
  }
  /// Waits for the other side to close.
  bool is_closed() {
    while (receive()) {
    }
    return !timed_out_;
  }
  /// All that has come until this stands in it.
  bool wait_for(const std::string& text) {
    while (pending_.find(text) == pending_.npos)
      if (!receive()) return false;
    return true;
  }

 private:
  bool receive() {
    constexpr int kPatience = 60'000;  // of a test that fails, not of one that passes
    pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
    timed_out_ = ::poll(&wanted, 1, kPatience) != 1;
    if (timed_out_) return false;
    char bytes[4096];
    const ssize_t count = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (count <= 0) return false;
    pending_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  int socket_;
  bool open_ = false, timed_out_ = false;
  std::string pending_;
};

/// A request with these header lines, each with its line break, and a body.
inline std::string http_request(const std::string& line, const std::string& headers = "",
                                const std::string& body = "") {
  const std::string length = body.empty() && line.starts_with("GET")
                                 ? ""
                                 : "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return line + " HTTP/1.1\r\n" + headers + length + "\r\n" + body;
}

}  // namespace facenet
