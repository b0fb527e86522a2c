// Names from other programs: marks where no face was found, Google Takeout, Picasa, and undoing all
// of it.
#include <filesystem>

#include <gmock/gmock.h>

#include "base/format.h"
#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ImportTest : public ProgramTest {
 protected:
  ProgramRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    return facenet(arguments);
  }
  json faces_of(const std::string& name) const {
    const json shown = run({"people", "show", name, "--json"}).json();
    return shown.is_null() ? json::array() : shown["people"][0]["faces"];
  }
};

/// A photo of several faces, of which the catalog's detector sees only the large ones.
class MarksTest : public ImportTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    copy_photo("faces/bald_guys.jpg", "photos/many.jpg");
    copy_photo(johns()[0], "photos/john.jpg");
    const ProgramRun all = facenet({"detect", "photos/many.jpg", "--json"});
    ASSERT_EQ(all.status, 0) << all.err;
    marks_ = all.json()["photos"][0]["faces"];
    ASSERT_GE(marks_.size(), 3U);
    ASSERT_EQ(run({"cluster", "photos", "-q", "--min-face-pixels", "110"}).status, 0);
    before_ = face_count();
    ASSERT_LT(before_, static_cast<int>(marks_.size())) << "some are to be missing";
    std::string table = "photo,name,x,y,width,height\n";
    for (std::size_t i = 0; i < marks_.size(); ++i) {
      const json& box = marks_[i]["box"];
      // Drawn by hand: wider.
      table += fmt::format("photos/many.jpg,Man {},{},{},{},{}\n", static_cast<char>('A' + i),
                           box[0].get<double>() - 5, box[1].get<double>() - 8,
                           box[2].get<double>() + 11, box[3].get<double>() + 14);
    }
    write("names.csv", table);
  }
  int face_count() const {
    return run({"catalog", "info", "--json"}).json()["face_count"].get<int>();
  }
  /// Of the last person of the table, whose face is the smallest.
  std::string last_name() const {
    return fmt::format("Man {}", static_cast<char>('A' + marks_.size() - 1));
  }

  json marks_;
  int before_ = 0;
};

TEST_F(MarksTest, MakeFacesThatCountAndAreUndoneWithTheImport) {
  const json plan = run({"import", "--csv", "names.csv", "--dry-run", "--json"}).json();
  EXPECT_EQ(plan["fact"], nullptr);
  const ProgramRun import = run({"import", "--csv", "names.csv"});
  EXPECT_EQ(import.status, 0) << import.err;
  EXPECT_THAT(import.errors(),
              AllOf(Contains("facenet: " + last_name() +
                             " (new): 1 face named (1 where none had been found)"),
                    Contains(fmt::format("facenet: 1 photo with names: {0} faces of {0} people "
                                         "named, {0} of the people new",
                                         marks_.size())),
                    Contains("facenet: `facenet cluster` adds the other faces of these people; "
                             "`facenet people undo 1` takes all of it back")));
  const int added = face_count() - before_;
  EXPECT_GT(added, 0);
  std::int64_t planned = 0;
  for (const json& name : plan["names"]) planned += name["added_face_count"].get<int>();
  EXPECT_EQ(added, planned);

  const json face = faces_of(last_name())[0];
  EXPECT_EQ(face["by_hand"], true);
  EXPECT_GT(face["score"], 0.1) << "the detector sees it there";
  EXPECT_THAT(run({"people", "show", last_name()}).out, HasSubstr("1 face, 1 marked by hand"));
  EXPECT_THAT(run({"people", "show", last_name(), "--csv"}).out, HasSubstr(",,1\n"));
  EXPECT_THAT(run({"who", "photos/many.jpg"}).out, HasSubstr(" (marked by hand) person "));
  EXPECT_THAT(run({"export", "csv", "faces"}).out,
              AllOf(HasSubstr(",time,by_hand\n"), HasSubstr(",,1\n")));
  EXPECT_EQ(run({"catalog", "check"}).status, 0);

  // It stays in later runs, and it has a vector already.
  const json again = run({"cluster", "photos", "--json"}).json();
  EXPECT_EQ(again["photo_counts"]["unchanged"], 2);
  EXPECT_EQ(again["face_count"], before_ + added);
  EXPECT_EQ(faces_of(last_name()).size(), 1U);

  const ProgramRun log = run({"people", "log"});
  EXPECT_THAT(log.out, testing::MatchesRegex(fmt::format(
                           "    1  [^ ]+  names of {0} people were imported, for {0} faces\n",
                           marks_.size())));
  const json facts = run({"people", "log", "--json"}).json()["facts"];
  EXPECT_EQ(facts.size(), marks_.size() + 1);
  EXPECT_EQ(facts[0]["step"], nullptr);
  EXPECT_EQ(facts[1]["step"], 1);

  const ProgramRun undo = run({"people", "undo"});
  EXPECT_EQ(undo.status, 0) << undo.err;
  EXPECT_THAT(undo.errors(),
              ElementsAre(StartsWith(fmt::format("facenet: undone: fact 1 (names of {0} people "
                                                 "were imported, for {0} faces)",
                                                 marks_.size()))));
  EXPECT_EQ(face_count(), before_);
  EXPECT_EQ(run({"people", "show", last_name()}).status, 2);
  EXPECT_EQ(run({"cluster", "photos", "--json"}).json()["face_count"], before_);
  EXPECT_EQ(run({"catalog", "check"}).status, 0);

  EXPECT_EQ(run({"people", "undo", std::to_string(marks_.size() + 2)}).status, 0);
  EXPECT_EQ(face_count(), before_ + added) << "the undoing is undone";
  EXPECT_EQ(run({"cluster", "photos", "--json"}).json()["face_count"], before_ + added);
  EXPECT_EQ(faces_of(last_name()).size(), 1U);
}

TEST_F(MarksTest, AreNoSecondFacesWhenTheDetectorFindsThem) {
  ASSERT_EQ(run({"import", "--csv", "names.csv", "-q"}).status, 0);
  const int number = faces_of(last_name())[0]["face"].get<int>();
  const ProgramRun redetect =
      run({"cluster", "photos", "--redetect", "--min-face-pixels", "20", "--json"});
  EXPECT_EQ(redetect.status, 0) << redetect.err;
  EXPECT_EQ(redetect.json()["face_count"], marks_.size() + 1) << "all of them, and John";
  const json faces = faces_of(last_name());
  ASSERT_EQ(faces.size(), 1U);
  EXPECT_EQ(faces[0]["face"], number);
  EXPECT_FALSE(faces[0].contains("by_hand"));
  EXPECT_EQ(run({"people", "undo"}).status, 0);
  EXPECT_EQ(face_count(), static_cast<int>(marks_.size()) + 1) << "the detector's faces stay";
}

TEST_F(MarksTest, OfAPhotoThatIsNoLongerReadAddNothing) {
  write("photos/many.jpg", "no photo any more");
  const ProgramRun import = run({"import", "--csv", "names.csv"});
  EXPECT_NE(import.status, 0);
  EXPECT_EQ(face_count(), before_);
}

/// Photos of one face each, and one of many.
class TakeoutTest : public ImportTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    copy_photo(johns()[0], "photos/IMG_1.jpg");
    copy_photo("faces/bald_guys.jpg", "photos/IMG_2.jpg");
    ASSERT_EQ(run({"cluster", "photos", "-q"}).status, 0);
  }
};

TEST_F(TakeoutTest, NamesWhoIsAloneAndListsTheOthers) {
  write("photos/IMG_1.jpg.supplemental-metadata.json",
        R"({"title": "IMG_1.jpg", "people": [{"name": "Ann"}]})");
  write("photos/IMG_2.jpg.json",
        R"({"title": "IMG_2.jpg", "people": [{"name": "Ben"}, {"name": "Cid"}]})");
  const ProgramRun import = run({"import"});
  EXPECT_EQ(import.status, 0) << import.err;
  EXPECT_THAT(
      import.errors(),
      ElementsAre("facenet: of 1 photo it is known who is there, but not which face is "
                  "whose: " +
                      path("photos/IMG_2.jpg") + " (Ben, Cid)",
                  "facenet: Ann (new): 1 face named",
                  "facenet: 2 photos with names: 1 face of 1 person named, 1 of the people new",
                  HasSubstr("facenet people undo 1")));
  EXPECT_EQ(faces_of("Ann").size(), 1U);
  EXPECT_FALSE(faces_of("Ann")[0].contains("by_hand"));
  const json again = run({"import", "--json"}).json();
  EXPECT_EQ(again["fact"], nullptr);
  ASSERT_EQ(again["untold"].size(), 1U);
  EXPECT_EQ(again["untold"][0]["names"], json::array({"Ben", "Cid"}));
  EXPECT_EQ(run({"people", "show", "Ben"}).status, 2) << "nobody was guessed";
}

TEST_F(TakeoutTest, HostileFilesAreOneLineEach) {
  write("photos/IMG_1.jpg.json", "{\"people\": " + std::string(1 << 20, '['));
  write("photos/.picasa.ini", "[IMG_1.jpg]\nfaces=rect64(1000100080008000),1\n");
  write("photos/contacts.xml",
        "<!DOCTYPE a [<!ENTITY b \"&b;\">]><contacts><contact id='1' name='&b;'/>");
  fs::create_symlink("/dev/zero", path("photos/IMG_2.jpg.json"));
  const ProgramRun import = run({"import"});
  EXPECT_EQ(import.status, 3);
  EXPECT_THAT(
      import.errors(),
      AllOf(Contains("facenet: " + path("photos/IMG_1.jpg.json") +
                     ": is JSON of more than 100 levels"),
            Contains(StartsWith("facenet: " + path("photos/contacts.xml") + ": is no XML")),
            Contains(StartsWith("facenet: " + path("photos/IMG_2.jpg.json") + ": is a link"))));
  EXPECT_THAT(run({"people", "log"}).out, IsEmpty());
}

TEST_F(ImportTest, PicasasContactsNameWhatAnIniDoesNot) {
  copy_photo(johns()[0], "photos/a.jpg");
  ASSERT_EQ(run({"cluster", "photos", "-q"}).status, 0);
  write("photos/.picasa.ini", "[a.jpg]\nfaces=rect64(10001000f000f000),0a1b\n");
  EXPECT_THAT(run({"import"}).errors(),
              Contains("facenet: 1 mark was left out, as it has no name"));
  write("contacts.xml", "<contacts><contact id=\"a1b\" name=\"Ada\"/></contacts>");
  const ProgramRun given = run({"import", "--contacts", "contacts.xml"});
  EXPECT_EQ(given.status, 0) << given.err;
  EXPECT_THAT(given.errors(), Contains("facenet: Ada (new): 1 face named"));
  const ProgramRun none = run({"import", "--contacts", "nowhere.xml"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.errors(), ElementsAre(HasSubstr("nowhere.xml")));
}

}  // namespace
}  // namespace facenet::test
