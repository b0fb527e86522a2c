// From the words of a command line to what is gone, whatever ends the process on the way.
#include "library/forget.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>

#include "base/format.h"
#include "library/photo_list.h"
#include "people/partition.h"
#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// People Ann (faces 1 and 2, of photos a and b) and Bob (face 3, of photo b), whose photos are
/// files of the test's folder.
class ForgetTest : public AlbumTest {
 protected:
  ForgetTest() {
    add("a.jpg", 1);
    add("b.jpg", 2);
    regroup({{1, 2}, {3}});
    name_person(catalog_, person_of(1), "Ann");
    name_person(catalog_, person_of(3), "Bob");
  }
  void add(const std::string& name, int faces) {
    const std::string path = folder_.write(name, "photo " + name);
    std::vector<FaceRecord> records;
    for (int i = 0; i < faces; ++i) records.push_back(make_face(200 * static_cast<float>(i), 5));
    std::vector<FaceId> ids;
    const PhotoId photo = catalog_.add_photo(
        {.sha256 = sha256_of_file(path), .format = "jpeg", .width = 900, .height = 900}, records,
        &ids);
    catalog_.put_path({.path = path,
                       .size = static_cast<std::int64_t>(fs::file_size(path)),
                       .mtime_ns = 1,
                       .photo = photo});
    for (const FaceId id : ids) {
      const auto angle = static_cast<float>(id);
      catalog_.put_embedding(id, model_, std::vector{std::cos(angle), std::sin(angle)});
    }
  }
  std::string error_for(const std::string& word) const {
    return error_of([&] { find_targets(catalog_, {word}); });
  }
};

TEST_F(ForgetTest, WordsNamePeopleAndPhotos) {
  const std::string photo = folder_.path("b.jpg");
  const ForgetTargets targets =
      find_targets(catalog_, {"ann", std::to_string(person_of(3)), photo, photo, "Ann"});
  EXPECT_THAT(targets.people, ElementsAre(person_of(1), person_of(3)));
  EXPECT_THAT(targets.photos, ElementsAre(2));
  fs::copy_file(photo, folder_.path("copy.jpg"));
  EXPECT_THAT(find_targets(catalog_, {folder_.path("copy.jpg")}).photos, ElementsAre(2))
      << "by its bytes, though no scan has seen it there";
}

TEST_F(ForgetTest, WordsThatNameNothingOrTwoThings) {
  EXPECT_THAT(error_for(""), HasSubstr("give a person or a photo"));
  EXPECT_THAT(error_for("Anne"), HasSubstr("did you mean \"Ann\""));
  EXPECT_THAT(error_for("Nobody at all"), HasSubstr("no person named"));
  EXPECT_THAT(error_for("4711"), HasSubstr("there is no person 4711"));
  EXPECT_THAT(error_for("/no/such.jpg"), HasSubstr("there is no photo /no/such.jpg"));
  EXPECT_THAT(error_for(folder_.write("stranger.jpg", "x")), HasSubstr("--exclude"));
  EXPECT_THAT(error_for(std::string("\x1b[2J\xff")), HasSubstr("no person named"));
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path());
  add("Bob", 1);
  EXPECT_THAT(error_for("Bob"), AllOf(HasSubstr("a photo and a person"), HasSubstr("./Bob")));
  EXPECT_THAT(find_targets(catalog_, {"./Bob"}).photos, ElementsAre(3));
  fs::current_path(before);
}

TEST_F(ForgetTest, MissingPhotosAreThoseWithoutAFile) {
  EXPECT_THAT(photos_not_there(catalog_), IsEmpty());
  fs::remove(folder_.path("a.jpg"));
  EXPECT_THAT(photos_not_there(catalog_), ElementsAre(1));
  // Its file holds another photo now.
  PathRecord record = catalog_.paths_of(2).front();
  record.photo = 1;
  catalog_.put_path(record);
  fs::remove(folder_.path("b.jpg"));
  EXPECT_THAT(photos_not_there(catalog_), ElementsAre(1, 2));
  const PhotoList list = list_photos(catalog_, {.kind = PhotoQuery::Kind::kMissing});
  EXPECT_EQ(list.photos.size(), 1U);
  EXPECT_EQ(list.replaced, 1);
}

TEST_F(ForgetTest, WhatIsAllowedAgainIsFoundInFolders) {
  forget(catalog_, find_targets(catalog_, {folder_.path("a.jpg"), "Bob"}));
  EXPECT_THAT(catalog_.check(), IsEmpty());
  fs::create_directory(folder_.path("sub"));
  fs::rename(folder_.path("a.jpg"), folder_.path("sub/moved.jpg"));
  EXPECT_THAT(error_of([&] { allow_files_again(catalog_, {folder_.path("nowhere")}); }),
              HasSubstr("nowhere"));
  const AllowedFiles allowed = allow_files_again(catalog_, {folder_.path()});
  EXPECT_EQ(allowed.photos, 1);
  EXPECT_EQ(allowed.faces, 1);
  EXPECT_THAT(catalog_.outdated_photos(), ElementsAre(2));
  EXPECT_EQ(allow_files_again(catalog_, {folder_.path()}).photos, 0);
}

/// A catalog large enough for the writing of it to take some milliseconds.
class KilledForgetTest : public ForgetTest {
 protected:
  KilledForgetTest() {
    Catalog::Transaction transaction(catalog_);
    wide_ = catalog_.put_model({.name = "wide", .dimension = 512});
    std::vector<float> vector(512);
    for (int number = 100; number < 1100; ++number) {
      std::vector<FaceId> ids;
      const PhotoId photo =
          catalog_.add_photo(make_photo(number), std::vector{make_face(1, 1)}, &ids);
      catalog_.put_path({.path = fmt::format("/gone/{}.jpg", number), .photo = photo});
      std::ranges::fill(vector, 0.0F);
      vector[static_cast<std::size_t>(number) % 512] = 1;
      catalog_.put_embedding(ids[0], wide_, vector);
    }
    transaction.commit();
  }

  ModelId wide_ = 0;
};

TEST_F(KilledForgetTest, AKillLeavesAllOrNothingForgotten) {
  const std::string sound = folder_.path("sound.db");
  catalog_.finish_forgetting();
  RawDatabase(file()).execute("PRAGMA wal_checkpoint(TRUNCATE)");
  fs::copy_file(file(), sound);
  int killed = 0;
  int undone = 0;
  int due = 0;
  std::mt19937 random(3);
  for (int round = 0; round < 40; ++round) {
    const std::string path = folder_.path(fmt::format("round-{}.db", round));
    fs::copy_file(sound, path);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Catalog catalog(path, Catalog::Mode::kWrite);
      forget(catalog, find_targets(catalog, {"Ann"}));
      catalog.finish_forgetting();
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    killed += WIFSIGNALED(status);

    Catalog catalog(path, Catalog::Mode::kWrite);
    EXPECT_THAT(catalog.check(), IsEmpty());
    EXPECT_THAT(broken_facts(catalog), IsEmpty());
    const bool is_there = find_named(catalog, "Ann").has_value();
    EXPECT_EQ(catalog.counts().faces, is_there ? 1003 : 1001);
    EXPECT_EQ(catalog.counts().forgotten_faces, is_there ? 0 : 2);
    EXPECT_EQ(catalog.facts().size(), is_there ? 2U : 1U);
    undone += is_there;
    due += catalog.is_forgetting_due();
    if (is_there) forget(catalog, find_targets(catalog, {"Ann"}));
    catalog.finish_forgetting();
    EXPECT_EQ(file_bytes(path).find("Ann"), std::string::npos);
    EXPECT_EQ(file_bytes(path + "-wal").find("Ann"), std::string::npos);
    if (HasFailure()) FAIL() << "round " << round;
  }
  RecordProperty("killed", killed);
  RecordProperty("undone", undone);
  RecordProperty("due", due);
  EXPECT_GT(killed, 0);
}

}  // namespace
}  // namespace facenet
