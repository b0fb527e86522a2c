#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace facenet {

/// A connection that somebody has opened, and what has come of the next request.
struct Connection {
  using Clock = std::chrono::steady_clock;

  explicit Connection(int descriptor) : socket(descriptor) {}

  /// Reads what is there now. False when the other side has gone.
  bool receive();
  /// Waits for something to read. False when nothing came by then, or the other side has gone.
  bool receive_until(Clock::time_point deadline);
  bool send_until(std::string_view bytes, Clock::time_point deadline) const;
  /// Whether the other side has closed it, or is no longer there.
  bool is_gone() const;
  bool has_head() const { return pending.find("\r\n\r\n") != pending.npos; }

  Descriptor socket;
  std::string pending{};
  Clock::time_point deadline{};  ///< of what is waited for
};

/// Sockets that listen on 127.0.0.1 and, where the machine has it, ::1, on the same port.
class Listeners {
 public:
  /// Throws Error when none of `tries` ports from `port` on is free; port 0: any.
  Listeners(int port, int tries);

  int port() const { return port_; }
  const std::vector<std::unique_ptr<Descriptor>>& sockets() const { return sockets_; }

 private:
  bool bind_to(int port);

  int port_ = 0;
  std::vector<std::unique_ptr<Descriptor>> sockets_;
};

/// Keeps connections until each has sent a whole head, and hands them to threads then.
class ConnectionPool {
 public:
  struct Limits {
    std::size_t head = 0;  ///< bytes
    std::chrono::milliseconds head_time{}, idle{};
  };

  ConnectionPool(const Listeners& listeners, std::size_t most, const Limits& limits);

  /// Accepts and waits until stop(), or a signal.
  void run();
  void stop();
  /// From then on take() gives nothing.
  void end();

  // For the threads that answer:
  /// Waits for a connection with a request. Null after end().
  std::unique_ptr<Connection> take();
  void give_back(std::unique_ptr<Connection> connection);
  void drop(std::unique_ptr<Connection> connection);

 private:
  using Clock = Connection::Clock;

  void accept_from(int listener);
  void look_at(std::unique_ptr<Connection>& connection, bool readable);
  void make_room();
  void hand_over(std::unique_ptr<Connection> connection);
  void collect_returned();
  void wake() const;

  const Listeners& listeners_;
  std::size_t most_;
  Limits limits_;
  Descriptor wakeup_;
  std::vector<std::unique_ptr<Connection>> waiting_;
  std::atomic<std::size_t> with_threads_ = 0;
  std::atomic<bool> stopping_ = false;

  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::unique_ptr<Connection>> ready_;
  std::vector<std::unique_ptr<Connection>> returned_;
  bool ended_ = false;
};

}  // namespace facenet
