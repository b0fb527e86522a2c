#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace facenet {

/// What a request says before its body.
struct HttpHead {
  std::string method{};                          ///< "GET" or "POST"
  std::string path{};                            ///< decoded, without the question mark
  std::map<std::string, std::string> query{};    ///< decoded; of a name that stands twice, one
  std::map<std::string, std::string> headers{};  ///< names in lower case; the first of each
  std::size_t body_size = 0;

  /// Empty where there is none.
  std::string header(const std::string& name) const;
};

struct HttpRequest {
  HttpHead head{};
  std::string body{};
};

/// Sends a part of a stream; false once the other side has gone.
using HttpSend = std::function<bool(std::string_view part)>;

struct HttpResponse {
  int status = 200;
  std::string type{};  ///< Content-Type
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  /// In place of a body: called again and again until it returns false, or the server stops.
  std::function<bool(const HttpSend& send)> stream{};
};

struct HttpLimits {
  std::size_t connections = 256;  ///< that are open at once; more, and the longest idle is closed
  std::size_t head = 16 * 1024;   ///< bytes of a request before its body
  std::size_t body = 64 * 1024;   ///< bytes, unless `body_of` says otherwise
  std::function<std::size_t(const HttpHead& head)> body_of{};
  std::chrono::milliseconds head_time{10'000};  ///< from a request's first byte to its last header
  std::chrono::milliseconds idle_time{60'000};  ///< without a request
  std::chrono::milliseconds body_time{60'000};  ///< of reading a body, or of writing an answer
  int threads = 12;                             ///< requests that are answered at once
  int streams = 24;                             ///< streams besides
};

/// Answers HTTP on this machine's own addresses, 127.0.0.1 and ::1, and nowhere else.
///
/// cpp-httplib reads and writes the messages. Connections are kept here: one that has sent no whole
/// request costs no thread, however slowly it sends, and every wait has an end. What cpp-httplib
/// would read without a bound (chunked, compressed and multipart bodies, many ranges) is refused or
/// left out. After an error the connection is closed.
class HttpServer {
 public:
  /// Says before the body is read why a request is refused; nothing: it is not.
  using Admit = std::function<std::optional<HttpResponse>(const HttpHead& head)>;
  /// Called from several threads. What it throws is answered with 500.
  using Answer = std::function<HttpResponse(const HttpRequest& request)>;

  /// Binds the first free port of `port`, port + 1, ... (`tries` of them), and of 0 any. Throws
  /// Error.
  HttpServer(int port, int tries, HttpLimits limits, Admit admit, Answer answer);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const;
  /// Answers until stop() is called, from any thread, or a signal comes (base/interrupt.h). What is
  /// being answered is finished first.
  void run();
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace facenet
