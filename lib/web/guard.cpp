#include "web/guard.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <sys/random.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace facenet {
namespace {

bool is_private(const HttpHead& head) {
  return head.path.starts_with("/api/");
}

}  // namespace

Guard::Guard(int port, std::string secret) : port_(port), secret_(std::move(secret)) {}

std::string Guard::random_secret() {
  Sha256 random;  // for its 32 bytes, and for printing them
  if (::getrandom(random.bytes.data(), random.bytes.size(), 0) != std::ssize(random.bytes))
    fail("the system gives no random numbers: {}", std::strerror(errno));
  return random.hex();
}

bool same_secret(const std::string& a, const std::string& b) {
  const auto hash = [](const std::string& text) { return sha256(std::as_bytes(std::span(text))); };
  return hash(a) == hash(b);  // of what differs, the hashes tell nothing
}

HttpResponse error_response(int status, const std::string& text) {
  return {.status = status,
          .type = "application/json",
          .body = nlohmann::json{{"error", to_valid_utf8(text)}}.dump()};
}

bool Guard::has_own_host(const HttpHead& head) const {
  const std::string host = head.header("host");
  return std::ranges::any_of(std::array{"127.0.0.1", "[::1]", "localhost"}, [&](const char* name) {
    return host == fmt::format("{}:{}", name, port_);
  });
}

bool Guard::is_from_elsewhere(const HttpHead& head) const {
  const std::string origin = head.header("origin");
  if (!origin.empty() && origin != "http://" + head.header("host")) return true;
  if (head.method == "GET" && head.path == "/") return false;  // by a link, and it holds nothing
  const std::string site = head.header("sec-fetch-site");
  return !site.empty() && site != "same-origin" && site != "none";
}

bool Guard::has_secret(const HttpHead& head) const {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string shown = head.header("authorization");
  return shown.starts_with(kScheme) && same_secret(shown.substr(kScheme.size()), secret_);
}

std::optional<HttpResponse> Guard::refuse(const HttpHead& head) const {
  std::optional<HttpResponse> refused;
  if (!has_own_host(head))
    refused = error_response(403, "this is not the address that facenet serves");
  else if (is_from_elsewhere(head))
    refused = error_response(403, "this comes from another page");
  else if (is_private(head) && !has_secret(head))
    refused = error_response(403, "open the link that `facenet serve` printed last");
  if (refused) add_headers(*refused);
  return refused;
}

void Guard::add_headers(HttpResponse& response) {
  constexpr std::array<std::pair<const char*, const char*>, 6> kHeaders = {{
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
       "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cache-Control", "no-store"},
  }};
  for (const auto& [name, value] : kHeaders) response.headers.emplace_back(name, value);
}

}  // namespace facenet
