#include "web/sockets.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/interrupt.h"

namespace facenet {
namespace {

using Clock = Connection::Clock;

/// Waits for the socket to be ready; false when it is not by then.
bool wait_for_socket(int socket, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd wanted{.fd = socket, .events = events, .revents = 0};
    const int ready = ::poll(&wanted, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

std::unique_ptr<Descriptor> listen_on(const sockaddr* address, socklen_t size) {
  auto socket = std::make_unique<Descriptor>(
      ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket->get() < 0) return nullptr;
  const int on = 1;
  ::setsockopt(socket->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address->sa_family == AF_INET6)
    ::setsockopt(socket->get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  constexpr int kBacklog = 1024;
  if (::bind(socket->get(), address, size) != 0 || ::listen(socket->get(), kBacklog) != 0)
    return nullptr;
  return socket;
}

std::unique_ptr<Descriptor> listen_on_ipv4(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return listen_on(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

std::unique_ptr<Descriptor> listen_on_ipv6(int port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<std::uint16_t>(port));
  address.sin6_addr = in6addr_loopback;
  return listen_on(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

int port_of(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin_port);
}

/// Tells somebody whose request is not waited for any longer, if they still listen.
void say_goodbye(const Connection& connection, std::string_view status) {
  const std::string message =
      fmt::format("HTTP/1.1 {}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status);
  [[maybe_unused]] const ssize_t sent =
      ::send(connection.socket.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

bool Connection::receive() {
  std::array<char, 16384> bytes{};
  const ssize_t count = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  pending.append(bytes.data(), static_cast<std::size_t>(count));
  return count > 0;
}

bool Connection::receive_until(Clock::time_point end) {
  while (pending.empty())
    if (!wait_for_socket(socket.get(), POLLIN, end) || !receive()) return false;
  return true;
}

bool Connection::send_until(std::string_view bytes, Clock::time_point end) const {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if ((errno != EAGAIN && errno != EINTR) ||
               !wait_for_socket(socket.get(), POLLOUT, end)) {
      return false;
    }
  }
  return true;
}

bool Connection::is_gone() const {
  pollfd wanted{.fd = socket.get(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&wanted, 1, 0) > 0;
}

Listeners::Listeners(int port, int tries) {
  constexpr int kHighest = 65535;
  for (int i = 0; i < tries && port + i <= kHighest; ++i)
    if (bind_to(port + i)) return;
  const std::string reason = std::strerror(errno);
  if (tries == 1 || port == 0)
    fail("cannot listen on 127.0.0.1, port {}: {}; give another --port", port, reason);
  fail("none of the ports {} to {} of 127.0.0.1 is free ({}); give another --port", port,
       std::min(port + tries - 1, kHighest), reason);
}

bool Listeners::bind_to(int port) {
  auto ipv4 = listen_on_ipv4(port);
  if (!ipv4) return false;
  port_ = port_of(ipv4->get());
  auto ipv6 = listen_on_ipv6(port_);
  if (!ipv6 && errno == EADDRINUSE)
    return false;  // another program's: it is not to be taken for us
  sockets_.clear();
  sockets_.push_back(std::move(ipv4));
  if (ipv6) sockets_.push_back(std::move(ipv6));
  return true;
}

ConnectionPool::ConnectionPool(const Listeners& listeners, std::size_t most, const Limits& limits)
    : listeners_(listeners),
      most_(most),
      limits_(limits),
      wakeup_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (wakeup_.get() < 0) fail("the system gives no more descriptors: {}", std::strerror(errno));
}

void ConnectionPool::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof(one));
}

void ConnectionPool::stop() {
  stopping_ = true;
  wake();
}

void ConnectionPool::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    ready_.clear();
    returned_.clear();
  }
  came_.notify_all();
  waiting_.clear();
}

void ConnectionPool::run() {
  constexpr int kLongestWait = 250;  // milliseconds: deadlines are looked at so often
  while (!stopping_ && !interrupted()) {
    std::vector<pollfd> wanted;
    wanted.push_back({.fd = wakeup_.get(), .events = POLLIN, .revents = 0});
    for (const auto& listener : listeners_.sockets())
      wanted.push_back({.fd = listener->get(), .events = POLLIN, .revents = 0});
    const std::size_t first = wanted.size();
    for (const auto& connection : waiting_)
      wanted.push_back({.fd = connection->socket.get(), .events = POLLIN, .revents = 0});
    if (::poll(wanted.data(), wanted.size(), kLongestWait) < 0 && errno != EINTR) return;

    for (std::size_t i = 0; i < waiting_.size(); ++i)
      look_at(waiting_[i], wanted[first + i].revents != 0);
    std::erase(waiting_, nullptr);
    if (wanted[0].revents != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t read = ::read(wakeup_.get(), &count, sizeof(count));
    }
    collect_returned();
    for (std::size_t i = 1; i < first; ++i)
      if (wanted[i].revents != 0) accept_from(wanted[i].fd);
  }
}

void ConnectionPool::accept_from(int listener) {
  for (;;) {
    const int descriptor = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      if (errno == EMFILE || errno == ENFILE) make_room();
      return;
    }
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (waiting_.size() + with_threads_ >= most_) make_room();
    waiting_.push_back(std::make_unique<Connection>(descriptor));
    waiting_.back()->deadline = Clock::now() + limits_.head_time;
  }
}

/// Closes the connection that has waited longest.
void ConnectionPool::make_room() {
  if (!waiting_.empty()) waiting_.erase(waiting_.begin());
}

void ConnectionPool::look_at(std::unique_ptr<Connection>& connection, bool readable) {
  if (readable) {
    const bool is_first = connection->pending.empty();
    if (!connection->receive()) {
      connection.reset();
      return;
    }
    if (is_first && !connection->pending.empty())
      connection->deadline = Clock::now() + limits_.head_time;
  }
  if (connection->has_head()) {
    hand_over(std::move(connection));
  } else if (connection->pending.size() > limits_.head) {
    say_goodbye(*connection, "431 Request Header Fields Too Large");
    connection.reset();
  } else if (Clock::now() > connection->deadline) {
    if (!connection->pending.empty()) say_goodbye(*connection, "408 Request Timeout");
    connection.reset();
  }
}

void ConnectionPool::hand_over(std::unique_ptr<Connection> connection) {
  ++with_threads_;
  {
    const std::lock_guard lock(mutex_);
    ready_.push_back(std::move(connection));
  }
  came_.notify_one();
}

void ConnectionPool::collect_returned() {
  std::vector<std::unique_ptr<Connection>> returned;
  {
    const std::lock_guard lock(mutex_);
    returned.swap(returned_);
  }
  for (auto& connection : returned) {
    connection->deadline = Clock::now() + limits_.idle;
    look_at(connection, false);
    if (connection) waiting_.push_back(std::move(connection));
  }
}

std::unique_ptr<Connection> ConnectionPool::take() {
  std::unique_lock lock(mutex_);
  came_.wait(lock, [&] { return ended_ || !ready_.empty(); });
  if (ended_) return nullptr;
  auto connection = std::move(ready_.front());
  ready_.pop_front();
  return connection;
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) returned_.push_back(std::move(connection));
  }
  --with_threads_;
  wake();
}

void ConnectionPool::drop(std::unique_ptr<Connection> connection) {
  connection.reset();
  --with_threads_;
}

}  // namespace facenet
