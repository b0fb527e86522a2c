#include "exchange/csv_marks.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "test/exchange/photo_library.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;
using testing::ThrowsMessage;

class CsvMarksTest : public PhotoLibraryTest {
 protected:
  NameImport import_table(const std::string& text) {
    return import_names(catalog_.path(), {.csv = folder_.write("names.csv", text)});
  }
};

TEST_F(CsvMarksTest, NamesFacesByTheirPlaces) {
  // Face 0 lies at x 0.03 to 0.23, y 0.1 to 0.35 of the upright photo, face 1 at 0.28, 0.25.
  const auto lying = add_photo("a b.jpg", 2);
  const auto upright = add_photo("c.jpg", 1, 6);
  const NameImport report = import_table(
      "face,name,photo,x,y,width,height,score\n"
      "1,\"O'Hara, Ann\",a b.jpg,12,30,80,75,0.9\n"
      "2,,a b.jpg,112,75,80,75,0.9\n" +
      fmt::format("3,Bob,{},9,40,60,100,0.9\n", folder_.path("c.jpg")) +
      "4,Eve,elsewhere.jpg,9,40,60,100,0.9\n");
  EXPECT_EQ(name_of(lying[0]), "O'Hara, Ann");
  EXPECT_EQ(name_of(lying[1]), "");
  EXPECT_EQ(name_of(upright[0]), "Bob");
  EXPECT_THAT(report.names, SizeIs(2));
  EXPECT_EQ(report.unnamed, 1);
  EXPECT_THAT(report.problems,
              ElementsAre(Pair(folder_.path("elsewhere.jpg"), HasSubstr("is no photo"))));
}

TEST_F(CsvMarksTest, SaysWhichLineIsWrong) {
  add_photo("a.jpg", 1);
  const std::string head = "photo,name,x,y,width,height\n";
  for (const auto& [text, what] :
       {std::pair<std::string, const char*>{"", "is empty"},
        {"photo,x,y,width,height\n", "line 1: has no column 'name'"},
        {head + "a.jpg,Ann,1,2,3\n", "line 2: has no value for 'height'"},
        {head + "a.jpg,Ann,1,2,3,4\na.jpg,Ann,1,x,3,4\n", "line 3: 'x' is no number"},
        {head + "a.jpg,Ann,1,2,0,4\n", "line 2: its box has no size"},
        {head + "a.jpg,Ann,1,2,nan,4\n", "is no number"},
        {head + ",Ann,1,2,3,4\n", "has no photo"},
        {head + "a.jpg,\xff,1,2,3,4\n", "not UTF-8"}})
    EXPECT_THAT(([&, &table = text] { import_table(table); }),
                ThrowsMessage<Error>(HasSubstr(what)));
  EXPECT_THROW(import_names(catalog_.path(), {.csv = folder_.path("none.csv")}), Error);
}

}  // namespace
}  // namespace facenet
