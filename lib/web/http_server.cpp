#include "web/http_server.h"

#include <algorithm>
#include <cctype>
#include <exception>
#include <httplib.h>
#include <limits>
#include <thread>

#include "web/sockets.h"

namespace facenet {
namespace {

using Clock = std::chrono::steady_clock;

/// How httplib reads and writes a connection: first what has come already, then what still comes,
/// until the time is over.
class ConnectionStream : public httplib::Stream {
 public:
  ConnectionStream(Connection& connection, Clock::duration time)
      : connection_(connection), time_(time), deadline_(Clock::now() + time) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    if (connection_.pending.empty() && !connection_.receive_until(deadline_)) return -1;
    const std::size_t count = std::min(size, connection_.pending.size());
    std::copy_n(connection_.pending.begin(), count, to);
    connection_.pending.erase(0, count);
    return static_cast<ssize_t>(count);
  }
  /// Each piece of a stream has its own time.
  ssize_t write(const char* from, std::size_t size) override {
    const bool sent = connection_.send_until({from, size}, Clock::now() + time_);
    return sent ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  socket_t socket() const override { return 0; }  // only compared with select()'s largest

 private:
  Connection& connection_;
  Clock::duration time_;
  Clock::time_point deadline_;
};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char letter) { return std::tolower(letter); });
  return text;
}

/// Empty: the request has none. Nothing: it is no number.
std::optional<std::size_t> content_length(const httplib::Request& request) {
  const std::size_t given = request.get_header_value_count("Content-Length");
  if (given == 0) return 0;
  const std::string text = request.get_header_value("Content-Length");
  constexpr std::size_t kMostDigits = 15;
  if (given > 1 || text.empty() || text.size() > kMostDigits ||
      !std::ranges::all_of(text, [](unsigned char digit) { return std::isdigit(digit) != 0; }))
    return {};
  return std::stoull(text);
}

HttpResponse plain(int status, const char* text) {
  return {.status = status, .type = "text/plain; charset=utf-8", .body = std::string(text) + '\n'};
}

}  // namespace

std::string HttpHead::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

/// Reads requests and writes answers; the sockets are another's.
class HttpServer::Impl : private httplib::Server {
 public:
  Impl(int port, int tries, HttpLimits limits, Admit admit, Answer answer)
      : limits_(std::move(limits)),
        admit_(std::move(admit)),
        answer_(std::move(answer)),
        listeners_(port, tries),
        pool_(listeners_, limits_.connections,
              {.head = limits_.head, .head_time = limits_.head_time, .idle = limits_.idle_time}) {
    svr_sock_ = 0;  // httplib's sign that streams may go on
    set_keep_alive_timeout(
        std::chrono::duration_cast<std::chrono::seconds>(limits_.idle_time).count());
    set_keep_alive_max_count(1000);
    set_payload_max_length(std::numeric_limits<std::size_t>::max());  // refused before it is read
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      return before_body(request, response) ? HandlerResponse::Handled : HandlerResponse::Unhandled;
    });
    Post(".*", [this](const httplib::Request& request, httplib::Response& response,
                      const httplib::ContentReader& reader) {
      HttpRequest whole{.head = head_of(request)};
      const bool is_read = reader([&](const char* data, std::size_t size) {
        whole.body.append(data, size);
        return whole.body.size() <= whole.head.body_size;
      });
      write(is_read ? answer_to(whole) : plain(408, "the request is cut short"), response);
    });
    set_post_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      // What is left of a refused request is not to be taken for the next one.
      if (response.status >= 400) {
        response.set_header("Connection", "close");
        is_over() = true;
      }
    });
  }

  int port() const { return listeners_.port(); }

  void run() {
    std::vector<std::jthread> workers;
    for (int i = 0; i < limits_.threads + limits_.streams; ++i)
      workers.emplace_back([this] {
        while (auto connection = pool_.take()) {
          if (serve(*connection))
            pool_.give_back(std::move(connection));
          else
            pool_.drop(std::move(connection));
        }
      });
    pool_.run();
    svr_sock_ = INVALID_SOCKET;
    pool_.end();
  }

  void stop() { pool_.stop(); }

 private:
  /// Whether the connection may be used again, in the thread that answers.
  static bool& is_over() {
    thread_local bool over = false;
    return over;
  }

  /// Whose request the thread answers.
  static const Connection*& current() {
    thread_local const Connection* connection = nullptr;
    return connection;
  }

  /// Answers one request. False when the connection is to be closed.
  bool serve(Connection& connection) {
    is_over() = false;
    current() = &connection;
    ConnectionStream stream(connection, limits_.body_time);
    bool closed = false;
    try {
      const bool answered = process_request(stream, false, closed, [](httplib::Request& request) {
        request.ranges.clear();
        request.headers.erase("Range");
        request.headers.erase("Accept-Encoding");
      });
      return answered && !closed && !is_over();
    } catch (const std::exception&) {
      return false;  // of httplib, about a request that makes no sense
    }
  }

  static HttpHead head_of(const httplib::Request& request) {
    HttpHead head{.method = request.method, .path = request.path};
    for (const auto& [name, value] : request.params) head.query.emplace(name, value);
    for (const auto& [name, value] : request.headers) head.headers.emplace(lower(name), value);
    head.body_size = content_length(request).value_or(0);
    return head;
  }

  std::optional<HttpResponse> refuse(const httplib::Request& request) const {
    constexpr std::size_t kLongestPath = 200;
    if (request.method != "GET" && request.method != "POST")
      return plain(405, "only GET and POST are understood");
    if (request.path.size() > kLongestPath) return plain(414, "the address is too long");
    const auto length = content_length(request);
    if (!length) return plain(400, "the length of the body is no number");
    if (request.has_header("Transfer-Encoding") || request.has_header("Content-Encoding"))
      return plain(411, "give the body's Content-Length, and the body as it is");
    if (request.method == "GET" && *length > 0) return plain(400, "a GET has no body");
    if (request.method == "POST" && !request.has_header("Content-Length"))
      return plain(411, "give the body's Content-Length");
    if (request.is_multipart_form_data()) return plain(415, "give the bytes alone, not a form");
    const HttpHead head = head_of(request);
    if (auto refused = admit_(head)) return refused;
    if (*length > (limits_.body_of ? limits_.body_of(head) : limits_.body))
      return plain(413, "the body is too large");
    return {};
  }

  /// True when the request is answered without a body.
  bool before_body(const httplib::Request& request, httplib::Response& response) {
    if (auto refused = refuse(request)) {
      write(std::move(*refused), response);
      return true;
    }
    if (request.method == "POST") return false;
    write(answer_to({.head = head_of(request)}), response);
    return true;
  }

  HttpResponse answer_to(const HttpRequest& request) const {
    try {
      return answer_(request);
    } catch (const std::exception&) {
      return plain(500, "this failed");
    }
  }

  void write(HttpResponse answer, httplib::Response& response) {
    response.status = answer.status;
    for (const auto& [name, value] : answer.headers) response.set_header(name, value);
    if (!answer.stream) {
      response.set_content(answer.body, answer.type);
      return;
    }
    if (streams_.fetch_add(1) >= limits_.streams) {
      --streams_;
      response.status = 503;
      response.set_content("too many streams\n", "text/plain; charset=utf-8");
      return;
    }
    response.set_chunked_content_provider(
        answer.type,
        [stream = std::move(answer.stream)](std::size_t, httplib::DataSink& sink) {
          const bool goes_on = !current()->is_gone() && stream([&](std::string_view part) {
            return sink.write(part.data(), part.size());
          });
          if (!goes_on) sink.done();
          return goes_on;
        },
        [this](bool) { --streams_; });
  }

  HttpLimits limits_;
  Admit admit_;
  Answer answer_;
  Listeners listeners_;
  ConnectionPool pool_;
  std::atomic<int> streams_ = 0;
};

HttpServer::HttpServer(int port, int tries, HttpLimits limits, Admit admit, Answer answer)
    : impl_(std::make_unique<Impl>(port, tries, std::move(limits), std::move(admit),
                                   std::move(answer))) {}

HttpServer::~HttpServer() = default;

int HttpServer::port() const {
  return impl_->port();
}

void HttpServer::run() {
  impl_->run();
}

void HttpServer::stop() {
  impl_->stop();
}

}  // namespace facenet
