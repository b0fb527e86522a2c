#include "base/name_form.h"

#include <gtest/gtest.h>

namespace facenet {
namespace {

TEST(TidyName, ComposesLettersAndKeepsOneSpace) {
  EXPECT_EQ(tidy_name("  A\u030asa \u00a0\tBerg\n"), "\u00c5sa Berg");
  EXPECT_EQ(tidy_name("\u3000"), "");
  EXPECT_EQ(tidy_name(""), "");
}

TEST(HasUnseenLetters, AllowsWhatScriptsNeed) {
  EXPECT_TRUE(has_unseen_letters("A\u200bnn"));
  EXPECT_TRUE(has_unseen_letters("A\nnn"));
  EXPECT_TRUE(has_unseen_letters("A\u0085nn"));
  EXPECT_TRUE(has_unseen_letters("A\u202enn"));
  EXPECT_FALSE(has_unseen_letters("Ann-Marie O\u2019Neill \u674e"));
  EXPECT_FALSE(has_unseen_letters("\u0645\u06cc\u200c\u0631\u0627"));
}

TEST(IsBlankName, SeesThroughFillers) {
  for (const char* const blank : {"", " ", "\u00a0", "\u200d", "\u3164", "\u2800 \u200b"})
    EXPECT_TRUE(is_blank_name(blank));
  EXPECT_FALSE(is_blank_name("a"));
}

TEST(ReadsAsNumber, InWhicheverDigits) {
  for (const char* const number : {"7", " 7 ", "+7", "-7", "007", "\uff17", "\u0667\u0668"})
    EXPECT_TRUE(reads_as_number(number)) << number;
  for (const char* const name : {"", "+", "7a", "7 8", "VII", "7th"})
    EXPECT_FALSE(reads_as_number(name)) << name;
}

TEST(FoldName, IsOneForNamesThatLookAlike) {
  EXPECT_EQ(fold_name(" A\u030aSA  berg"), fold_name("\u00e5sa\u00a0Berg"));
  EXPECT_EQ(fold_name("\u0645\u06cc\u200c\u0631\u0627"), fold_name("\u0645\u06cc\u0631\u0627"));
  EXPECT_NE(fold_name("Anna"), fold_name("Ana"));
  EXPECT_EQ(fold_name("A\xff"), fold_name("a\xef\xbf\xbd"));
}

}  // namespace
}  // namespace facenet
