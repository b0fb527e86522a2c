#include "web/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace facenet {
namespace {

using testing::HasSubstr;

const std::string kSecret(64, 'a');

HttpHead head(const std::string& method, const std::string& path,
              std::map<std::string, std::string> headers = {}) {
  HttpHead made{.method = method, .path = path, .headers = std::move(headers)};
  made.headers.emplace("host", "127.0.0.1:8765");
  made.headers.emplace("authorization", "Bearer " + kSecret);
  return made;
}

int status_of(const HttpHead& head) {
  const auto refused = Guard(8765, kSecret).refuse(head);
  return refused ? refused->status : 200;
}

TEST(Guard, ThePageNeedsNoSecretAndAllElseDoes) {
  EXPECT_EQ(status_of(head("GET", "/", {{"authorization", ""}})), 200);
  EXPECT_EQ(status_of(head("GET", "/app.js", {{"authorization", ""}})), 200);
  EXPECT_EQ(status_of(head("GET", "/api/people")), 200);
  EXPECT_EQ(status_of(head("POST", "/api/edits")), 200);
  for (const std::string& shown :
       {std::string(), std::string("Bearer"), std::string("Bearer "), "bearer " + kSecret,
        "Basic " + kSecret, kSecret, "Bearer " + kSecret + "a", "Bearer  " + kSecret}) {
    for (const char* const path : {"/api/people", "/api/events", "/api/faces/1/picture"})
      EXPECT_EQ(status_of(head("GET", path, {{"authorization", shown}})), 403) << shown;
    EXPECT_EQ(status_of(head("POST", "/api/edits", {{"authorization", shown}})), 403) << shown;
  }
  // Nothing that a browser sends by itself lets anybody in.
  EXPECT_EQ(status_of(head("GET", "/api/people",
                           {{"authorization", ""}, {"cookie", "facenet-8765=" + kSecret}})),
            403);
}

TEST(Guard, OnlyTheNamesOfThisMachineAreAnswered) {
  for (const char* const host : {"127.0.0.1:8765", "localhost:8765", "[::1]:8765"})
    EXPECT_EQ(status_of(head("GET", "/", {{"host", host}})), 200) << host;
  for (const char* const host : {"", "evil.example:8765", "127.0.0.1", "127.0.0.1:80",
                                 "127.0.0.1:8765.evil.example", "LOCALHOST.evil:8765"}) {
    EXPECT_EQ(status_of(head("GET", "/", {{"host", host}})), 403) << host;
    EXPECT_EQ(status_of(head("GET", "/api/people", {{"host", host}})), 403) << host;
  }
}

TEST(Guard, NothingComesFromAnotherPage) {
  EXPECT_EQ(
      status_of(head("POST", "/api/edits",
                     {{"origin", "http://127.0.0.1:8765"}, {"sec-fetch-site", "same-origin"}})),
      200);
  for (const char* const origin : {"null", "http://evil.example", "http://127.0.0.1:8766",
                                   "https://127.0.0.1:8765", "http://localhost:8765"})
    EXPECT_EQ(status_of(head("POST", "/api/edits", {{"origin", origin}})), 403) << origin;
  for (const char* const site : {"cross-site", "same-site", "x"}) {
    EXPECT_EQ(status_of(head("POST", "/api/edits", {{"sec-fetch-site", site}})), 403) << site;
    EXPECT_EQ(status_of(head("GET", "/api/faces/1/picture", {{"sec-fetch-site", site}})), 403);
    EXPECT_EQ(status_of(head("GET", "/app.js", {{"sec-fetch-site", site}})), 403) << site;
  }
  // A link, or the file by which the browser is opened.
  EXPECT_EQ(status_of(head("GET", "/", {{"sec-fetch-site", "cross-site"}})), 200);
}

TEST(Guard, EveryRunHasASecretOfItsOwn) {
  const Guard guard(8765);
  EXPECT_EQ(guard.secret().size(), 64U);
  EXPECT_NE(guard.secret(), Guard(8765).secret());
}

TEST(Guard, EveryAnswerForbidsWhatThePageDoesNotNeed) {
  HttpResponse response;
  Guard::add_headers(response);
  const std::map<std::string, std::string> headers(response.headers.begin(),
                                                   response.headers.end());
  EXPECT_THAT(headers.at("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_THAT(headers.at("Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(headers.at("Content-Security-Policy"), testing::Not(HasSubstr("unsafe")));
  EXPECT_EQ(headers.at("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(headers.at("Cache-Control"), "no-store");
}

}  // namespace
}  // namespace facenet
