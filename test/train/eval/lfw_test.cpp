#include "train/eval/lfw.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class LfwTest : public testing::Test {
 protected:
  std::vector<LfwPair> read(const std::string& content) {
    return read_lfw_pairs(folder_.write("pairs.txt", content));
  }
  void expect_error(const std::string& content, const std::string& what) {
    EXPECT_THAT([&] { read(content); },
                ThrowsMessage<Error>(AllOf(HasSubstr("pairs.txt"), HasSubstr(what))));
  }

  const TemporaryFolder folder_;
};

TEST_F(LfwTest, ReadsPairsOfBothKindsIntoFolds) {
  const auto pairs = read(
      "2\t1\n"
      "Abel_Pacheco\t1\t4\n"
      "Abdel_Madi_Shabneh\t1\tDean_Barker\t12\n"
      "Ann_B\t2\t3\r\n"
      "\n"
      "Ann_B 1 Cid 10000\n");
  ASSERT_EQ(pairs.size(), 4U);
  EXPECT_EQ(pairs[0].first, "Abel_Pacheco/Abel_Pacheco_0001.jpg");
  EXPECT_EQ(pairs[0].second, "Abel_Pacheco/Abel_Pacheco_0004.jpg");
  EXPECT_TRUE(pairs[0].same);
  EXPECT_EQ(pairs[1].second, "Dean_Barker/Dean_Barker_0012.jpg");
  EXPECT_FALSE(pairs[1].same);
  EXPECT_EQ(pairs[1].fold, 0);
  EXPECT_EQ(pairs[2].fold, 1);
  EXPECT_EQ(pairs[3].second, "Cid/Cid_10000.jpg");
}

TEST_F(LfwTest, AFileOfOneFoldHasNoNumberOfFolds) {
  const auto pairs = read("1\nA 1 2\nA 1 B 1\n");
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[1].fold, 0);
}

TEST_F(LfwTest, SaysWhatIsWrong) {
  EXPECT_THAT([&] { read_lfw_pairs(folder_.path("none.txt")); },
              ThrowsMessage<Error>(HasSubstr("none.txt: cannot be read")));
  expect_error("", "0 pairs");
  expect_error("one two three\n", "line 1");
  expect_error("1\nA 1 2\n", "1 pairs, but its first line promises 2");
  expect_error("1\nA 1 2\nA 1\n", "line 3 is not a pair");
  expect_error("1\nA 1 2\nA 1 B x\n", "line 3 is not a pair");
  expect_error("1\nA 1 2\nA 1 B -2\n", "line 3 is not a pair");
  expect_error("1\nA 1 2\nA 1 B 1\nA 1 B 2\n", "3 pairs");
}

TEST_F(LfwTest, FindsTheImages) {
  const std::vector<LfwPair> pairs = {{"A/A_0001.jpg", "A/A_0002.jpg", true, 0}};
  EXPECT_THAT([&] { find_lfw_images(folder_.path(), pairs); },
              ThrowsMessage<Error>(HasSubstr("A/A_0001.jpg")));
  std::filesystem::create_directories(folder_.path("images/A"));
  folder_.write("images/A/A_0001.jpg", "x");
  EXPECT_EQ(find_lfw_images(folder_.path(), pairs), folder_.path("images"));
  EXPECT_EQ(find_lfw_images(folder_.path("images"), pairs), folder_.path("images"));
}

}  // namespace
}  // namespace facenet
