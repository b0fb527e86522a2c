#include "web/http_server.h"

#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "test/support/http_client.h"

namespace facenet {
namespace {

using testing::HasSubstr;

/// A server that says what it was asked.
class HttpServerTest : public testing::Test {
 protected:
  ~HttpServerTest() override {
    if (server_) server_->stop();
  }

  int start(HttpLimits limits = {}) {
    server_ = std::make_unique<HttpServer>(
        0, 1, std::move(limits),
        [](const HttpHead& head) -> std::optional<HttpResponse> {
          if (head.path != "/forbidden") return {};
          return HttpResponse{.status = 403, .type = "text/plain", .body = "no"};
        },
        [](const HttpRequest& request) { return answer(request); });
    thread_ = std::jthread([this] { server_->run(); });
    return server_->port();
  }

  static HttpResponse answer(const HttpRequest& request) {
    const HttpHead& head = request.head;
    if (head.path == "/throw") throw std::runtime_error("on purpose");
    if (head.path == "/stream")
      return {.type = "text/event-stream", .stream = [](const HttpSend& send) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
                return send("tick\n");
              }};
    std::string body = head.method + " " + head.path;
    for (const auto& [name, value] : head.query) body += " " + name + "=" + value;
    return {.type = "text/plain", .body = body + " [" + request.body + "]"};
  }

  HttpAnswer ask(const std::string& request) {
    HttpClient client(server_->port());
    client.send(request);
    return client.read();
  }

  std::unique_ptr<HttpServer> server_;
  std::jthread thread_;
};

TEST_F(HttpServerTest, AnswersOnBothAddressesOfThisMachine) {
  const int port = start();
  HttpClient client(port);
  client.send(http_request("GET /a%20b?x=1&y=%2e"));
  EXPECT_EQ(client.read().body, "GET /a b x=1 y=. []");
  client.send(http_request("POST /c", "", "some bytes"));
  EXPECT_EQ(client.read().body, "POST /c [some bytes]");
  if (HttpClient ipv6(port, true); ipv6.is_open()) {  // not every machine has ::1
    ipv6.send(http_request("GET /six"));
    EXPECT_EQ(ipv6.read().body, "GET /six []");
  }
}

TEST_F(HttpServerTest, RequestsThatComeAtOnceAreAnsweredInTurn) {
  start();
  HttpClient client(server_->port());
  client.send(http_request("GET /1") + http_request("POST /2", "", "two") + http_request("GET /3"));
  EXPECT_EQ(client.read().body, "GET /1 []");
  EXPECT_EQ(client.read().body, "POST /2 [two]");
  EXPECT_EQ(client.read().body, "GET /3 []");
}

TEST_F(HttpServerTest, ARequestMayComeInPieces) {
  start();
  HttpClient client(server_->port());
  for (const char letter : http_request("POST /slow", "", "abc")) client.send({letter});
  EXPECT_EQ(client.read().body, "POST /slow [abc]");
}

TEST_F(HttpServerTest, WhatHasNoBoundIsRefused) {
  start({.body = 10});
  EXPECT_EQ(ask(http_request("POST /", "", "12345678901")).status, 413);
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n").status, 413);
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n").status, 411);
  EXPECT_EQ(ask(http_request("POST /", "Content-Encoding: gzip\r\n", "x")).status, 411);
  EXPECT_EQ(ask("POST / HTTP/1.1\r\n\r\n").status, 411);
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n").status, 400);
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab").status, 400);
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n").status, 400);
  EXPECT_EQ(
      ask(http_request("POST /", "Content-Type: multipart/form-data; boundary=x\r\n", "x")).status,
      415);
  EXPECT_EQ(ask(http_request("GET /" + std::string(1000, 'a'))).status, 414);
}

TEST_F(HttpServerTest, OnlyGetAndPostAreUnderstood) {
  start();
  for (const char* const method : {"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "HEAD"})
    EXPECT_EQ(ask(http_request(std::string(method) + " /")).status, 405) << method;
  EXPECT_EQ(ask("nonsense\r\n\r\n").status, 400);
  EXPECT_EQ(ask("\r\n\r\n").status, 400);
  EXPECT_EQ(ask(std::string("GET /\0 HTTP/1.1\r\n\r\n", 20)).status, 400);
  EXPECT_EQ(ask("GET / HTTP/9.9\r\n\r\n").status, 400);
}

TEST_F(HttpServerTest, TheBodyOfARefusedRequestIsNoRequest) {
  start();
  const std::string hidden = http_request("GET /hidden");
  for (const char* const line : {"POST /forbidden", "GET /body", "PUT /"}) {
    HttpClient client(server_->port());
    client.send(std::string(line) + " HTTP/1.1\r\nContent-Length: " +
                std::to_string(hidden.size()) + "\r\n\r\n" + hidden);
    EXPECT_GE(client.read().status, 400) << line;
    EXPECT_EQ(client.read().status, 0) << line;
    EXPECT_TRUE(client.is_closed()) << line;
  }
}

TEST_F(HttpServerTest, RangesAndCompressionAreLeftOut) {
  start();
  std::string ranges = "Range: bytes=0-0";
  for (int i = 0; i < 500; ++i) ranges += ",0-0";
  const HttpAnswer answer = ask(http_request("GET /all", ranges + "\r\nAccept-Encoding: gzip\r\n"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "GET /all []");
}

TEST_F(HttpServerTest, AFailureIsAnAnswer) {
  start();
  EXPECT_EQ(ask(http_request("GET /throw")).status, 500);
  EXPECT_EQ(ask(http_request("POST /throw", "", "x")).status, 500);
  EXPECT_EQ(ask(http_request("GET /after")).body, "GET /after []");
}

TEST_F(HttpServerTest, AHeadThatNeverEndsIsRefused) {
  start({.head = 4096, .head_time = std::chrono::milliseconds(100)});
  HttpClient long_head(server_->port());
  long_head.send("GET / HTTP/1.1\r\nX: " + std::string(10'000, 'x'));
  EXPECT_EQ(long_head.read().status, 431);
  HttpClient slow(server_->port());
  slow.send("GET / HTTP/1.1\r\n");
  EXPECT_EQ(slow.read().status, 408);
  HttpClient silent(server_->port());
  EXPECT_TRUE(silent.is_closed());
}

TEST_F(HttpServerTest, ABodyThatNeverEndsIsRefused) {
  start({.body_time = std::chrono::milliseconds(100)});
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab").status, 408);
}

TEST_F(HttpServerTest, SlowConnectionsKeepNobodyElseWaiting) {
  start({.connections = 50, .threads = 2});
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(std::make_unique<HttpClient>(server_->port()));
    clients.back()->send("GET / HTTP/1.1\r\n");
    if (clients.size() > 400) clients.erase(clients.begin());  // descriptors of this process
  }
  EXPECT_EQ(ask(http_request("GET /quick")).body, "GET /quick []");
}

TEST_F(HttpServerTest, StreamsGoOnUntilTheOtherSideOrTheServerEnds) {
  start({.streams = 2});
  {
    HttpClient first(server_->port());
    first.send(http_request("GET /stream"));
    EXPECT_TRUE(first.wait_for("tick"));
    HttpClient second(server_->port());
    second.send(http_request("GET /stream"));
    EXPECT_TRUE(second.wait_for("tick"));
    EXPECT_EQ(ask(http_request("GET /stream")).status, 503);
    EXPECT_EQ(ask(http_request("GET /other")).status, 200);
  }
  std::unique_ptr<HttpClient> client;  // the places of the two are free once the server sees that
  do {
    client = std::make_unique<HttpClient>(server_->port());
    client->send(http_request("GET /stream"));
  } while (!client->wait_for("tick"));
  server_->stop();
  thread_.join();
  EXPECT_TRUE(client->is_closed());
}

TEST_F(HttpServerTest, APortThatIsTakenIsLeftToItsOwner) {
  const int port = start();
  const auto refuse_none = [](const HttpHead&) { return std::optional<HttpResponse>(); };
  try {
    const HttpServer other(port, 1, {}, refuse_none, answer);
    FAIL() << "two servers at port " << port;
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("Address already in use"));
  }
  const HttpServer next(port, 50, {}, refuse_none, answer);
  EXPECT_GT(next.port(), port);
}

}  // namespace
}  // namespace facenet
