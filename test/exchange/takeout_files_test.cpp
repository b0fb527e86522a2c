#include "exchange/takeout_files.h"

#include <gmock/gmock.h>

#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TakeoutFilesTest : public testing::Test {
 protected:
  void write(const std::string& name) { folder_.write(name, "{}"); }
  /// Of the photo of this name: the files, with the title that they must have.
  std::vector<std::string> files_of(const std::string& photo) const {
    TakeoutFiles files;
    std::vector<std::string> names;
    for (const TakeoutFile& file : files.of(folder_.path(photo)))
      names.push_back(file.path.substr(folder_.path("").size()) +
                      (file.title.empty() ? "" : " of " + file.title));
    return names;
  }

  TemporaryFolder folder_;
};

TEST_F(TakeoutFilesTest, OldAndNewNames) {
  for (const char* const name : {"a.jpg.json", "b.jpg.supplemental-metadata.json",
                                 "c.jpg.suppl.json", "metadata.json", "a.json"})
    write(name);
  EXPECT_THAT(files_of("a.jpg"), ElementsAre("a.jpg.json"));
  EXPECT_THAT(files_of("b.jpg"), ElementsAre("b.jpg.supplemental-metadata.json"));
  EXPECT_THAT(files_of("c.jpg"), ElementsAre("c.jpg.suppl.json"));
  EXPECT_THAT(files_of("d.jpg"), IsEmpty());
  EXPECT_THAT(files_of("a.jp"), IsEmpty());
  EXPECT_THAT(files_of("nowhere/a.jpg"), IsEmpty());
}

TEST_F(TakeoutFilesTest, ANumberStandsAtTheEnd) {
  write("a.jpg.json");
  write("a.jpg(1).json");
  write("b.jpg.supplemental-metadata(2).json");
  write("c(3).jpg.json");
  EXPECT_THAT(files_of("a.jpg"), ElementsAre("a.jpg.json"));
  EXPECT_THAT(files_of("a(1).jpg"), ElementsAre("a.jpg(1).json"));
  EXPECT_THAT(files_of("a(2).jpg"), IsEmpty());
  EXPECT_THAT(files_of("b(2).jpg"), ElementsAre("b.jpg.supplemental-metadata(2).json"));
  EXPECT_THAT(files_of("b.jpg"), IsEmpty());
  EXPECT_THAT(files_of("c(3).jpg"), ElementsAre("c(3).jpg.json")) << "called so from the start";
}

TEST_F(TakeoutFilesTest, AnEditedCopyHasThatOfItsPhoto) {
  for (const char* const name : {"a.jpg.json", "b.jpg.supplemental-metadata(2).json", "c.jpg.json",
                                 "c-edited.jpg.json", "-edited.jpg.json"})
    write(name);
  EXPECT_THAT(files_of("a-edited.jpg"), ElementsAre("a.jpg.json"));
  EXPECT_THAT(files_of("a-bearbeitet.jpg"), ElementsAre("a.jpg.json"));
  EXPECT_THAT(files_of("a-edited(1).jpg"), IsEmpty());
  EXPECT_THAT(files_of("a-edited.png"), IsEmpty());
  EXPECT_THAT(files_of("b-edited(2).jpg"), ElementsAre("b.jpg.supplemental-metadata(2).json"));
  EXPECT_THAT(files_of("b-edited.jpg"), IsEmpty());
  EXPECT_THAT(files_of("c-edited.jpg"), ElementsAre("c-edited.jpg.json"))
      << "called so from the start";
  EXPECT_THAT(files_of("-edited.jpg"), ElementsAre("-edited.jpg.json"));
}

TEST_F(TakeoutFilesTest, LongNamesAreCutAndOnlyTheTitleTellsWhose) {
  const std::string stem(44, 'x');
  write(stem + ".j.json");  // of 46 characters
  EXPECT_THAT(files_of(stem + ".jpg"), ElementsAre(stem + ".j.json of " + stem + ".jpg"));
  EXPECT_THAT(files_of(stem + ".jp2"), ElementsAre(stem + ".j.json of " + stem + ".jp2"));
  EXPECT_THAT(files_of(stem + "-and-more.jpg"), IsEmpty());
}

}  // namespace
}  // namespace facenet
