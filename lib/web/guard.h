#pragma once

#include <optional>
#include <string>

#include "web/http_server.h"

namespace facenet {

/// Lets in who has the secret of this run, and nobody that a web page of somebody else's sends.
///
/// Such a page can make a browser ask this server for things, as any program of the machine can. It
/// is told apart by the address that it asks (Host, against names that are made to point here), by
/// what browsers say of where a request comes from (Origin, Sec-Fetch-Site), and by the secret.
/// That comes in the part of a link that browsers send nowhere, and goes with each request in a
/// header that only the page itself sets. It is no cookie: browsers show those of 127.0.0.1 to
/// every port.
class Guard {
 public:
  /// A secret of 256 random bits, or the one given.
  Guard(int port, std::string secret = random_secret());

  static std::string random_secret();
  const std::string& secret() const { return secret_; }

  /// Why a request is refused, before anything else is looked at; nothing: it is not. What does not
  /// stand under /api/ is the page itself, which needs no secret.
  std::optional<HttpResponse> refuse(const HttpHead& head) const;

  /// What every answer says.
  static void add_headers(HttpResponse& response);

 private:
  bool has_own_host(const HttpHead& head) const;
  bool is_from_elsewhere(const HttpHead& head) const;
  bool has_secret(const HttpHead& head) const;

  int port_;
  std::string secret_;
};

/// {"error": text}
HttpResponse error_response(int status, const std::string& text);

/// Whether the two are the same, in a time that does not tell where they differ.
bool same_secret(const std::string& a, const std::string& b);

}  // namespace facenet
