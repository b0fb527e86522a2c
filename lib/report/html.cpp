#include "report/html.h"

#include <cctype>

#include "base/format.h"
#include "base/hash.h"
#include "base/text.h"

namespace facenet {
namespace {

/// "'sha256-…'", as a policy names what it allows.
std::string source_of(std::string_view text) {
  const Sha256 hash = sha256(std::as_bytes(std::span(text)));
  const std::string_view bytes(reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size());
  return fmt::format("'sha256-{}'", base64(bytes));
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string escaped;
  for (const char letter : escape_control(to_valid_utf8(text))) {
    switch (letter) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += letter;
    }
  }
  return escaped;
}

std::string file_url(std::string_view path) {
  std::string url = "file://";
  for (const char letter : path) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool is_plain =
        byte < 0x80 && (std::isalnum(byte) != 0 ||
                        std::string_view("/-._~").find(letter) != std::string_view::npos);
    url += is_plain ? std::string(1, letter) : fmt::format("%{:02X}", byte);
  }
  return url;
}

std::string html_page(const PageFrame& frame, std::string_view body) {
  const std::string script = frame.script.empty() ? "'none'" : source_of(frame.script);
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src {}; "
      "style-src {}; script-src {}; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>{}</style>\n"
      "</head>\n<body>\n",
      frame.images, source_of(frame.style), script, html_text(frame.title), frame.style);
  page += body;
  if (!frame.script.empty()) page += fmt::format("<script>{}</script>\n", frame.script);
  page += "</body>\n</html>\n";
  return page;
}

}  // namespace facenet
