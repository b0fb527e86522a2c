// `facenet forget`, from the question to the last byte.
#include <filesystem>

#include <gmock/gmock.h>

#include "test/catalog/fixture.h"
#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

/// Four photos of two people, whom a catalog knows by name.
class ForgetCommandTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    const auto names = johns();
    for (const std::string& name : {names[0], names[1], names[names.size() - 2], names.back()})
      copy_photo(name, "photos/" + fs::path(name).filename().string());
    first_ = "photos/" + fs::path(names[0]).filename().string();
    ASSERT_EQ(run({"cluster", "photos"}).status, 0);
    const json people = run({"people", "--json"}).json()["people"];
    ASSERT_EQ(people.size(), 2);
    for (const json& person : people)
      for (const json& face : person["faces"])
        if (face["photo"] == path(first_)) ann_ = person["person"].dump();
    ASSERT_EQ(run({"people", "name", ann_, "Annabella"}).status, 0);
  }

  ProgramRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    return facenet(arguments);
  }
  std::string bytes() const {
    return read("catalog.db") + (fs::exists(path("catalog.db-wal")) ? read("catalog.db-wal") : "");
  }
  bool file_holds(const std::string& part) const {
    const std::string all = bytes();
    return all.find(part) != all.npos;
  }

  std::string first_, ann_;
};

TEST_F(ForgetCommandTest, APersonIsGoneFromTheFileAndStaysOut) {
  ASSERT_TRUE(file_holds("Annabella"));
  const ProgramRun refused = run({"forget", "Annabella"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.errors(), SizeIs(1));
  EXPECT_THAT(refused.err, AllOf(HasSubstr("nothing was forgotten"), HasSubstr("--yes")));
  const ProgramRun dry = run({"forget", "Annabella", "--dry-run"});
  EXPECT_EQ(dry.status, 0);
  EXPECT_THAT(dry.err, HasSubstr("would forget Annabella: 2 faces in 2 photos and the name"));
  EXPECT_TRUE(file_holds("Annabella"));

  const ProgramRun done = run({"forget", "Annabella", "--yes"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.err, AllOf(HasSubstr("forgotten: Annabella: 2 faces in 2 photos and the name"),
                              HasSubstr("backups")));
  EXPECT_FALSE(file_holds("Annabella"));
  EXPECT_EQ(run({"catalog", "check"}).status, 0);
  EXPECT_THAT(run({"catalog", "info"}).out, HasSubstr("0 photos and 2 faces, which are left out"));

  const ProgramRun again = run({"cluster", "photos"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.err, AllOf(HasSubstr("2 faces left out, as you forgot them"),
                               Not(HasSubstr("without faces"))));
  EXPECT_EQ(run({"photos", "--without-faces"}).status, 1) << "they have faces, which are forgotten";
  EXPECT_EQ(run({"people", "--json"}).json()["people"].size(), 1);
  const ProgramRun anew = run({"cluster", "photos", "--redetect", "--score", "0.6", "--json"});
  EXPECT_EQ(anew.status, 0) << anew.err;
  EXPECT_EQ(anew.json()["people"].size(), 1);
  EXPECT_EQ(anew.json()["photo_counts"]["forgotten_face_count"], 2);

  const ProgramRun allowed = run({"forget", "--allow", "photos"});
  EXPECT_EQ(allowed.status, 0) << allowed.err;
  EXPECT_THAT(allowed.err, HasSubstr("0 photos and 2 faces may be kept again"));
  EXPECT_THAT(run({"cluster", "photos"}).err, HasSubstr("2 faces embedded"));
  EXPECT_EQ(run({"people", "--json"}).json()["people"].size(), 2);
  EXPECT_EQ(run({"forget", "--allow", "photos"}).status, 1);
}

TEST_F(ForgetCommandTest, APhotoIsGoneFromTheFileAndStaysOut) {
  ASSERT_TRUE(file_holds(first_));
  const ProgramRun done = run({"forget", first_, "--yes", "--json"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.json()["photo_count"], 1);
  EXPECT_FALSE(file_holds(fs::path(first_).filename()));
  EXPECT_TRUE(file_holds("Annabella")) << "another photo shows her";
  fs::rename(path(first_), path("photos/moved.jpg"));
  const ProgramRun again = run({"cluster", "photos", "--json"});
  EXPECT_EQ(again.json()["photo_counts"]["forgotten"], 1);
  EXPECT_EQ(again.json()["photo_counts"]["scanned"], 3);
  EXPECT_FALSE(file_holds("moved.jpg"));
  const ProgramRun alone = run({"cluster", "photos/moved.jpg"});
  EXPECT_EQ(alone.status, 1);
  EXPECT_THAT(alone.err, AllOf(HasSubstr("1 photo left out"), HasSubstr("facenet forget --allow")));
  EXPECT_EQ(run({"forget", "--allow", "photos/moved.jpg"}).status, 0);
  EXPECT_EQ(run({"cluster", "photos", "--json"}).json()["photo_counts"]["new"], 1);
}

TEST_F(ForgetCommandTest, MissingPhotosAreForgottenTogether) {
  const ProgramRun none = run({"forget", "--missing", "--yes"});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("no photo is missing"));
  fs::create_directory(path("away"));
  fs::rename(path(first_), path("away/back-later.jpg"));
  EXPECT_THAT(run({"forget", "--missing", "--dry-run"}).err,
              AllOf(HasSubstr("would forget the photo "), HasSubstr(path("photos"))));
  EXPECT_EQ(run({"forget", "--missing", "--yes"}).status, 0);
  EXPECT_FALSE(file_holds(fs::path(first_).filename()));
  fs::rename(path("away/back-later.jpg"), path(first_));
  EXPECT_THAT(run({"cluster", "photos"}).err, HasSubstr("1 photo left out, as you forgot them"));
}

TEST_F(ForgetCommandTest, APhotoInWhosePlaceAnotherIsIsMissing) {
  fs::create_directory(path("away"));
  copy_photo(johns()[2], "away/other.jpg");
  fs::rename(path("away/other.jpg"), path(first_));
  ASSERT_EQ(run({"cluster", "photos"}).status, 0);
  const ProgramRun missing = run({"photos", "--missing"});
  EXPECT_EQ(missing.status, 0);
  EXPECT_EQ(missing.out, "");
  EXPECT_THAT(missing.err, HasSubstr("1 photo is missing; another has taken its place"));
  EXPECT_EQ(run({"photos", "--missing", "--json"}).json()["replaced_count"], 1);
  EXPECT_EQ(run({"forget", "--missing", "--yes", "--json"}).json()["photo_count"], 1);
  EXPECT_EQ(run({"photos", "--missing"}).status, 1);
}

TEST_F(ForgetCommandTest, TheQuestionIsAskedOnATerminal) {
  const auto answer = [&](const std::string& word) {
    return bash("echo " + word +
                " | script -qec '\"$FACENET\" forget Annabella --catalog catalog.db' /dev/null");
  };
  const ProgramRun no = answer("n");
  EXPECT_THAT(no.out, AllOf(HasSubstr("Forget Annabella: 2 faces in 2 photos and the name? This "
                                      "cannot be undone. [y/N]"),
                            HasSubstr("nothing was forgotten")));
  EXPECT_EQ(no.status, 2);
  EXPECT_TRUE(file_holds("Annabella"));
  const ProgramRun yes = answer("y");
  EXPECT_EQ(yes.status, 0) << yes.out;
  EXPECT_FALSE(file_holds("Annabella"));
}

TEST_F(ForgetCommandTest, CopiesAreNamed) {
  ASSERT_EQ(run({"catalog", "backup", "copy.db"}).status, 0);
  ASSERT_EQ(run({"catalog", "restore", "copy.db"}).status, 0);
  const ProgramRun done = run({"forget", "Annabella", "--yes"});
  EXPECT_THAT(done.err, HasSubstr("catalog.db.before-restore"));
  EXPECT_THAT(read("copy.db"), HasSubstr("Annabella")) << "not touched";
}

TEST_F(ForgetCommandTest, ArgumentsThatMakeNoSense) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"forget"},
           {"forget", ""},
           {"forget", "--missing", "Annabella"},
           {"forget", "--allow"},
           {"forget", "--allow", "--missing"},
           {"forget", "--allow", "nowhere.jpg"},
           {"forget", "--yes", "Nobody"},
           {"forget", "--yes", "99999999999999999999"},
           {"forget", "--yes", "-1"},
           {"forget", "--yes", "Annabella", "nowhere/photo.jpg"}}) {
    const ProgramRun done = run(arguments);
    EXPECT_EQ(done.status, 2) << done.err;
    EXPECT_THAT(done.errors(), SizeIs(1));
    EXPECT_THAT(done.err, Not(HasSubstr("internal error")));
  }
  EXPECT_TRUE(file_holds("Annabella")) << "a word that names nothing spoils all of it";
}

TEST_F(ForgetCommandTest, WhatWasInterruptedIsFinishedWithoutArguments) {
  RawDatabase(catalog()).execute("UPDATE forgetting SET due = 1");
  EXPECT_THAT(run({"catalog", "info"}).out, HasSubstr("`facenet forget`"));
  const ProgramRun done = run({"forget"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(run({"catalog", "info"}).out, Not(HasSubstr("`facenet forget`")));
}

TEST_F(ForgetCommandTest, AReaderKeepsOldCopiesAliveAndIsNamed) {
  {
    const Catalog reader(catalog(), Catalog::Mode::kRead);
    const Catalog::Snapshot snapshot(reader);
    EXPECT_FALSE(reader.facts().empty());
    const ProgramRun done = run({"forget", "Annabella", "--yes"});
    EXPECT_EQ(done.status, 2) << done.err;
    EXPECT_THAT(done.err, AllOf(HasSubstr("another program"), HasSubstr("`facenet forget`")));
    EXPECT_FALSE(reader.facts().empty()) << "it reads on in peace";
  }
  EXPECT_EQ(run({"forget"}).status, 0);
  EXPECT_FALSE(file_holds("Annabella"));
}

}  // namespace
}  // namespace facenet::test
