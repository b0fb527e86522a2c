#include "base/fold_case.h"

#include <gtest/gtest.h>

namespace facenet {
namespace {

TEST(FoldCaseTest, KnowsTheLettersOfUnicode) {
  EXPECT_EQ(fold_case("Anna B."), "anna b.");
  EXPECT_EQ(fold_case("\u00c9LO\u00cfSE"), fold_case("\u00e9lo\u00efse"));
  EXPECT_EQ(fold_case("\u0412\u0415\u0420\u0410"), fold_case("\u0432\u0435\u0440\u0430"));
  EXPECT_EQ(fold_case("\u039d\u03af\u03ba\u03bf\u03c2"),
            fold_case("\u039d\u03af\u03ba\u03bf\u03a3"))
      << "both small sigmas have one capital";
  EXPECT_NE(fold_case("\u00e9"), fold_case("e"));
  EXPECT_EQ(fold_case("A\xff"), "a\ufffd");
}

}  // namespace
}  // namespace facenet
