#include "train/eval/failures_page.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace facenet {
namespace {

using testing::HasSubstr;

TEST(FailuresPage, ShowsTheWorstFirstAndNeedsNoOtherFile) {
  const Image chip(4, 4);
  const std::string page = failures_page("A & B", 1.25,
                                         {{"near.jpg", "a.jpg", chip, chip, 0.5, false},
                                          {"mild.jpg", "b.jpg", chip, chip, 1.3, true},
                                          {"<lost>.jpg", "c.jpg", {}, chip, HUGE_VAL, true},
                                          {"far.jpg", "d.jpg", chip, chip, 1.9, true}});
  EXPECT_THAT(page, HasSubstr("A &amp; B"));
  EXPECT_THAT(page, HasSubstr("different (3)"));
  EXPECT_THAT(page, HasSubstr("the same (1)"));
  EXPECT_THAT(page, HasSubstr("no face"));
  std::size_t last = 0;
  for (const char* name : {"&lt;lost&gt;.jpg<", "far.jpg<", "mild.jpg<", "near.jpg<"}) {
    const std::size_t at = page.find(name);
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_GT(at, last);
    last = at;
  }
  // Seven faces, in the page itself.
  std::size_t pictures = 0;
  for (std::size_t at = page.find("<img "); at != std::string::npos;
       at = page.find("<img ", at + 1)) {
    EXPECT_EQ(page.compare(at, 32, "<img src=\"data:image/png;base64,"), 0);
    ++pictures;
  }
  EXPECT_EQ(pictures, 7U);
}

}  // namespace
}  // namespace facenet
