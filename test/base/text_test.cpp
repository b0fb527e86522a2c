#include "base/text.h"

#include <string>

#include <gtest/gtest.h>

namespace facenet {
namespace {

TEST(Utf8, KnowsValidFromInvalid) {
  EXPECT_TRUE(is_valid_utf8("Zoë 写真 🙂"));
  EXPECT_FALSE(is_valid_utf8("\xC0\xAF"));          // overlong '/'
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));      // a surrogate
  EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_valid_utf8("\xE5\x86"));          // cut short
  EXPECT_FALSE(is_valid_utf8("\x80"));
}

TEST(Utf8, ReplacesOnlyWhatIsBroken) {
  EXPECT_EQ(to_valid_utf8("a\xFFz\xC3\xA9"), "a\xEF\xBF\xBDz\xC3\xA9");
  EXPECT_TRUE(is_valid_utf8(to_valid_utf8("\xF0\x9F\x99")));
}

TEST(Utf8, ReplacesByteByByte) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(to_valid_utf8(""), "");
  EXPECT_EQ(to_valid_utf8("a\xF0\x9F\x99"), "a" + r + r + r);   // cut short
  EXPECT_EQ(to_valid_utf8("\xED\xA0\x80z"), r + r + r + "z");   // a surrogate
  EXPECT_EQ(to_valid_utf8("\xC0\xAF"), r + r);                  // overlong
  EXPECT_EQ(to_valid_utf8("\xF4\x90\x80\x80"), r + r + r + r);  // above U+10FFFF
  EXPECT_EQ(to_valid_utf8("\xE5\xC3\xA9"), r + "\xC3\xA9");     // a lead, then an é
  EXPECT_EQ(to_valid_utf8(std::string("\0\xFF", 2)), std::string("\0", 1) + r);
}

// RFC 4648, section 10.
TEST(Base64, PublishedVectors) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFF\xFE"), "//4=");
}

TEST(Base64, JoinsThePiecesOfLongOnes) {
  const std::string text = base64(std::string((std::size_t{3} << 20) + 4, '\0'));
  EXPECT_EQ(text.size(), (std::size_t{4} << 20) + 8);
  EXPECT_EQ(text.find_first_not_of('A'), text.size() - 2);
  EXPECT_EQ(text.substr(text.size() - 4), "AA==");
}

TEST(EscapeControl, KeepsOneLineOneLine) {
  EXPECT_EQ(escape_control("a\nb\t\x1b[31mé"), "a\\nb\\t\\x1b[31mé");
}

TEST(EscapeControl, KnowsWhatTerminalsObeyBesides) {
  EXPECT_EQ(escape_control("\u0085\u009b31m\u2028\u2029"), "\\u0085\\u009b31m\\u2028\\u2029");
  EXPECT_EQ(escape_control("\u202egpj.exe\u202c\u2066x\u2069"),
            "\\u202egpj.exe\\u202c\\u2066x\\u2069");
  EXPECT_EQ(escape_control("\x9b"
                           "31m\xff"),
            "\\x9b31m\xff")
      << "bytes that are not UTF-8";
  EXPECT_EQ(escape_control("\u05d0\u200f\u0645\u200c"), "\u05d0\u200f\u0645\u200c");
  EXPECT_EQ(escape_control("a\tb\n\x1b", "\t\n"), "a\tb\n\\x1b");
}

TEST(CsvField, QuotesOnlyWhenNeeded) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"hi\"\n"), "\"say \"\"hi\"\"\n\"");
}

TEST(WithThousands, GroupsDigits) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(-1234567), "-1,234,567");
  EXPECT_EQ(with_thousands(-123), "-123");
}

TEST(Listed, JoinsTheLastByAWord) {
  const std::vector<std::string> words = {"a", "b", "c"};
  EXPECT_EQ(listed(words, "or"), "a, b or c");
  EXPECT_EQ(listed(std::span(words).first(2), "and"), "a and b");
  EXPECT_EQ(listed(std::span(words).first(1), "and"), "a");
  EXPECT_EQ(listed({}, "and"), "");
}

TEST(Briefly, NamesTheFirstOfMany) {
  const std::vector<std::string> names = {"a", "b", "c", "d", "e"};
  EXPECT_EQ(briefly(names), "a, b, c and 2 more");
  EXPECT_EQ(briefly(std::span(names).first(4)), "a, b, c, d");
  EXPECT_EQ(briefly(std::span(names).first(1)), "a");
}

TEST(Counted, HasOneOfWhatThereIsOneOf) {
  EXPECT_EQ(counted(0, "face"), "0 faces");
  EXPECT_EQ(counted(1, "face"), "1 face");
  EXPECT_EQ(counted(1, "person", "people"), "1 person");
  EXPECT_EQ(counted(12345, "person", "people"), "12,345 people");
}

}  // namespace
}  // namespace facenet
