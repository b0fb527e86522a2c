#pragma once

#include <string>
#include <string_view>

namespace facenet {

/// Text between tags or in an attribute's quotes. What is not UTF-8 becomes U+FFFD; what would not
/// be seen, or would turn the direction of writing, is spelt out (escape_control()).
std::string html_text(std::string_view text);

/// The address of a file on this machine, as a link has it: "file:///home/a%20b.jpg". `path` is
/// absolute; any bytes.
std::string file_url(std::string_view path);

/// What is around the body of a page.
struct PageFrame {
  std::string title{};
  std::string images{};  ///< what the policy lets images come from: "data:"
  std::string style{};   ///< CSS
  std::string script{};  ///< JavaScript; empty: none
};

/// A whole page. Its Content-Security-Policy lets nothing be loaded but images from `images`, and
/// nothing run but this script, which it knows by its hash.
std::string html_page(const PageFrame& frame, std::string_view body);

}  // namespace facenet
