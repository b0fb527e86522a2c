#include "export/safe_name.h"

#include <algorithm>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fold_case.h"
#include "base/text.h"

namespace facenet {
namespace {

TEST(SafeFolderName, KeepsUsualNames) {
  for (const char* name : {"Anna", "Anna Müller", "Владимир", "شمس", "O'Neil, Jr", "a.b", "🙂"})
    EXPECT_EQ(safe_folder_name(name), name);
}

TEST(SafeFolderName, HoldsNothingThatAFileSystemRefuses) {
  EXPECT_EQ(safe_folder_name("a/b\\c:d*e?f\"g<h>i|j"), "a_b_c_d_e_f_g_h_i_j");
  EXPECT_EQ(safe_folder_name("../../etc/passwd"), "_.._.._etc_passwd");
  EXPECT_EQ(safe_folder_name("."), "_");
  EXPECT_EQ(safe_folder_name(".."), "_");
  EXPECT_EQ(safe_folder_name(""), "_");
  EXPECT_EQ(safe_folder_name(" \t "), "_");
  EXPECT_EQ(safe_folder_name(".hidden"), "_.hidden");
  EXPECT_EQ(safe_folder_name("end. . "), "end");
  EXPECT_EQ(safe_folder_name("a\nb\x7f"), "a_b_");
  EXPECT_EQ(safe_folder_name("Nul"), "_Nul");
  EXPECT_EQ(safe_folder_name("COM1.txt"), "_COM1.txt");
  EXPECT_EQ(safe_folder_name("Conrad"), "Conrad");
  EXPECT_EQ(safe_folder_name("computer"), "computer");
}

TEST(SafeFolderName, HoldsNothingUnseen) {
  EXPECT_EQ(safe_folder_name("An\u202ena\u2066\u200b\u00ad"), "Anna") << "marks of direction";
  EXPECT_EQ(safe_folder_name("\u202e"), "_");
  EXPECT_EQ(safe_folder_name("نمی\u200cخواهم"), "نمی\u200cخواهم") << "which Persian needs";
}

TEST(SafeFolderName, IsNoLongerThanNamesMayBe) {
  EXPECT_EQ(safe_folder_name(std::string(300, 'a')).size(), 200U);
  std::string letters;
  for (int i = 0; i < 150; ++i) letters += "ü";
  const std::string cut = safe_folder_name("a" + letters);
  EXPECT_LE(cut.size(), 200U);
  EXPECT_TRUE(is_valid_utf8(cut)) << "no letter is cut in two";
}

TEST(SafeFileName, KeepsWhatItCan) {
  EXPECT_EQ(safe_file_name("IMG 1.JPG"), "IMG 1.JPG");
  EXPECT_EQ(safe_file_name("\xff\xfe.jpg"), "\xff\xfe.jpg") << "not UTF-8";
  EXPECT_EQ(safe_file_name(".."), "_..");
  EXPECT_EQ(safe_file_name("12:30.png"), "12_30.png");
  const std::string cut = safe_file_name(std::string(251, 'x') + ".jpg");
  EXPECT_EQ(cut, std::string(200, 'x') + ".jpg");
}

TEST(WithAddition, StandsBeforeTheEnding) {
  EXPECT_EQ(with_addition("a.jpg", "~1f"), "a~1f.jpg");
  EXPECT_EQ(with_addition("a", "~1f"), "a~1f");
  EXPECT_EQ(with_addition(".jpg", "~1f"), ".jpg~1f");
  EXPECT_EQ(with_addition("a.no ending as long as this", "~1f"), "a.no ending as long as this~1f");
  const std::string longest = with_addition(std::string(250, 'x') + ".jpg", std::string(65, 'h'));
  EXPECT_EQ(longest.size(), 255U);
  EXPECT_TRUE(longest.ends_with(std::string(65, 'h') + ".jpg"));
}

/// Names of people by number, as exports choose them.
std::vector<std::string> choose(const std::vector<std::string>& names) {
  return unlike_names(names.size(), 1, [&](std::size_t i, int level) {
    return level == 0 ? names[i] : names[i] + " (person " + std::to_string(i) + ")";
  });
}

TEST(UnlikeNames, LeaveAloneWhatDiffers) {
  EXPECT_THAT(choose({"Anna", "Ben"}), testing::ElementsAre("Anna", "Ben"));
}

TEST(UnlikeNames, TellApartWhatIsAlike) {
  EXPECT_THAT(choose({"Anna", "ANNA", "Ben"}),
              testing::ElementsAre("Anna (person 0)", "ANNA (person 1)", "Ben"));
}

TEST(UnlikeNames, AreNotFooledByNamesThatLookChosen) {
  EXPECT_THAT(
      choose({"Anna", "Anna", "Anna (person 1)"}),
      testing::ElementsAre("Anna (person 0)", "Anna (person 1)", "Anna (person 1) (person 2)"));
}

TEST(UnlikeNames, AreAllDifferentWhateverTheNamesAre) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> names;
    for (int i = 0; i < 8; ++i) {
      std::string name = random() % 2 == 0 ? "a" : "A";
      for (auto more = random() % 3; more > 0; --more)
        name += " (person " + std::to_string(random() % 8) + ")";
      names.push_back(name);
    }
    std::set<std::string> chosen;
    for (const std::string& name : choose(names)) chosen.insert(fold_case(name));
    EXPECT_EQ(chosen.size(), names.size());
  }
}

}  // namespace
}  // namespace facenet
