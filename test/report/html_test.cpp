#include "report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/text.h"

namespace facenet {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(HtmlText, HoldsNoMarkup) {
  EXPECT_EQ(html_text("<b title=\"x\">&amp;'</b>"),
            "&lt;b title=&quot;x&quot;&gt;&amp;amp;&#39;&lt;/b&gt;");
  EXPECT_EQ(html_text("Müller شمس 🙂"), "Müller شمس 🙂");
}

TEST(HtmlText, SpellsOutWhatWouldNotBeSeen) {
  EXPECT_EQ(html_text("a\u202eb"), "a\\u202eb");
  EXPECT_EQ(html_text(std::string_view("a\0b\n", 4)), "a\\x00b\\n");
  EXPECT_EQ(html_text("\xff"), "\ufffd") << "what is not UTF-8";
}

TEST(HtmlText, OfAnyBytesHoldsNoByteThatMarksUp) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string text = html_text(all);
  EXPECT_EQ(text.find_first_of("<>\"'"), text.npos);
  EXPECT_TRUE(is_valid_utf8(text));
}

TEST(FileUrl, NamesAnyFile) {
  EXPECT_EQ(file_url("/home/you/a b.jpg"), "file:///home/you/a%20b.jpg");
  EXPECT_EQ(file_url("/50%#?&\"'<>.jpg"), "file:///50%25%23%3F%26%22%27%3C%3E.jpg");
  EXPECT_EQ(file_url("/\xff\xc3\xbc"), "file:///%FF%C3%BC");
}

/// The hash as another program makes it of the same text.
std::string hash_source(const std::string& text) {
  const Sha256 hash = sha256(std::as_bytes(std::span(text)));
  return "'sha256-" + base64({reinterpret_cast<const char*>(hash.bytes.data()), 32}) + "'";
}

TEST(HtmlPage, LetsNothingRunButItsOwnScript) {
  const std::string page = html_page(
      {.title = "<a>", .images = "data:", .style = "p { margin: 0 }", .script = "run();"}, "<p>");
  EXPECT_THAT(page, HasSubstr("default-src 'none'; img-src data:; style-src " +
                              hash_source("p { margin: 0 }") + "; script-src " +
                              hash_source("run();") + "; base-uri 'none'; form-action 'none'"));
  EXPECT_THAT(page, HasSubstr("<style>p { margin: 0 }</style>"));
  EXPECT_THAT(page, HasSubstr("<script>run();</script>"));
  EXPECT_THAT(page, HasSubstr("<title>&lt;a&gt;</title>"));
  EXPECT_LT(page.find("Content-Security-Policy"), page.find("<style"));
}

TEST(HtmlPage, WithoutAScriptLetsNoneRun) {
  const std::string page = html_page({.title = "a", .images = "data:"}, "");
  EXPECT_THAT(page, HasSubstr("script-src 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

TEST(HtmlPage, KnowsAHashThatOthersComputed) {
  // printf 'alert("Hello, world.");' | openssl sha256 -binary | base64, as in CSP's specification.
  EXPECT_EQ(hash_source("alert('Hello, world.');"),
            "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
}

}  // namespace
}  // namespace facenet
