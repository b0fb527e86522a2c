// Exports of a library that changes, and that are killed.
#include <filesystem>
#include <map>
#include <set>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fold_case.h"
#include "export/bring_up_to_date.h"
#include "export/wanted_photos.h"
#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;

class ExportLifeTest : public AlbumTest {
 protected:
  ExportLifeTest() {
    fs::create_directories(folder_.path("photos/a"));
    fs::create_directories(folder_.path("photos/b"));
  }

  /// A photo of so many faces; each file name stands in two folders.
  std::vector<FaceId> add_file(int faces) {
    std::vector<FaceRecord> records;
    for (int i = 0; i < faces; ++i) records.push_back(make_face(10.0F * float(i), 5));
    std::vector<FaceId> ids;
    const int number = ++photos_;
    const PhotoId photo = catalog_.add_photo(make_photo(number), records, &ids);
    const std::string path = folder_.write(
        fmt::format("photos/{}/IMG_{}.jpg", number % 2 == 0 ? "a" : "b", number / 2), "bytes");
    catalog_.put_path({.path = path, .size = 5, .photo = photo});
    path_of_[photo] = path;
    for (const FaceId id : ids) catalog_.put_embedding(id, model_, std::vector{1.0F, 0.0F});
    return ids;
  }

  std::string out() const { return folder_.path("out"); }

  /// Photos of everybody who has some, by the person.
  std::map<PersonId, std::set<std::string>> photos_of_people() const {
    std::map<FaceId, PhotoId> photo_of;
    for (const FaceRecord& face : catalog_.faces()) photo_of[face.id] = face.photo;
    std::map<PersonId, std::set<std::string>> photos;
    for (const auto& [face, person] : catalog_.memberships())
      photos[person].insert(path_of_.at(photo_of.at(face)));
    return photos;
  }

  ExportReport bring(FileKind kind) const {
    return bring(kind, wanted_photos(catalog_, {}, out()), {});
  }
  ExportReport bring(FileKind kind, const WantedPhotos& wanted,
                     const std::function<void(std::int64_t, std::int64_t)>& progress) const {
    ExportOptions options{.kind = kind};
    options.progress = progress;
    options.is_there = [&](const std::string& photo) { return wanted.there.contains(photo); };
    return bring_up_to_date(out(), wanted.files, options);
  }

  /// The tree of links is right: for each person one folder, and in it just the person's photos.
  void expect_right(const std::string& when) const {
    std::map<std::string, std::set<std::string>> folders;
    for (const auto& folder : fs::directory_iterator(out())) {
      if (!folder.is_directory()) continue;
      for (const auto& file : fs::directory_iterator(folder)) {
        ASSERT_TRUE(file.is_symlink()) << file << ' ' << when;
        const bool is_new = folders[folder.path().filename()].insert(fs::read_symlink(file)).second;
        EXPECT_TRUE(is_new) << file << " is there twice, " << when;
      }
    }
    const auto people = photos_of_people();
    EXPECT_EQ(folders.size(), people.size()) << when;
    std::map<PersonId, std::string> names;
    for (const PersonRecord& person : catalog_.people()) names[person.id] = person.name;
    for (const auto& [person, photos] : people) {
      const std::string number = fmt::format("person {}", person);
      const std::string& name = names.at(person);
      const std::string usual = name.empty() ? number : name;
      const std::string longer = fmt::format("{} ({})", usual, number);
      const std::string& folder = folders.contains(longer) ? longer : usual;
      EXPECT_EQ(folders[folder], photos) << folder << ' ' << when;
    }
  }

  /// One thing that a user does.
  void change(Random& random) {
    const auto people = photos_of_people();
    const auto any = [&] {
      auto person = people.begin();
      std::advance(person, draw(random, std::int32_t(people.size())));
      return person->first;
    };
    const std::vector<std::string> names = {
        "Anna", "anna", "Ben", "person 3", "Anna (person 2)", "", "Zoë", "Ben (person 4)"};
    try {
      switch (draw(random, 6)) {
        case 0:
        case 1:
          name_person(catalog_, any(), names[std::size_t(draw(random, 8))], true);
          break;
        case 2:
          merge_people(catalog_, any(), any());
          break;
        case 3: {
          const auto memberships = catalog_.memberships();
          auto face = memberships.begin();
          std::advance(face, draw(random, std::int32_t(memberships.size())));
          split_person(catalog_, face->second, std::vector{face->first});
          break;
        }
        case 4:
          undo_fact(catalog_, {});
          break;
        default:
          add_and_regroup(random);
      }
    } catch (const Error&) {
      // Said of people for whom it makes no sense: then nothing has changed.
    }
  }

  void add_and_regroup(Random& random) {
    std::map<PersonId, std::vector<FaceId>> groups;
    for (const auto& [face, person] : catalog_.memberships()) groups[person].push_back(face);
    std::vector<std::vector<FaceId>> all;
    for (auto& [person, faces] : groups) all.push_back(std::move(faces));
    // No two faces of a photo are one person.
    const std::vector<FaceId> added = add_file(1 + draw(random, 3));
    const auto first = std::size_t(draw(random, std::int32_t(all.size())));
    const std::size_t others = all.size();
    for (std::size_t i = 0; i < added.size(); ++i) {
      if (i >= others || draw(random, 3) == 0)
        all.push_back({added[i]});
      else
        all[(first + i) % others].push_back(added[i]);
    }
    regroup(all);
  }

  std::map<PhotoId, std::string> path_of_;
  int photos_ = 0;
};

TEST_F(ExportLifeTest, WhateverIsSaidTheTreeIsThatOfTheCatalog) {
  Random random(11);
  std::vector<std::vector<FaceId>> groups(6);
  for (int i = 0; i < 24; ++i) {
    const auto faces = add_file(1 + i % 3);
    for (std::size_t k = 0; k < faces.size(); ++k)
      groups[(std::size_t(i) + k) % groups.size()].push_back(faces[k]);
  }
  regroup(groups);
  bring(FileKind::kLink);
  expect_right("at first");
  for (int step = 0; step < 100; ++step) {
    change(random);
    const ExportReport report = bring(FileKind::kLink);
    EXPECT_TRUE(report.taken.empty());
    EXPECT_TRUE(report.failed.empty());
    expect_right(fmt::format("after step {}", step));
    EXPECT_EQ(bring(FileKind::kLink).changes(), 0) << "a second run at step " << step;
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

TEST_F(ExportLifeTest, ARunThatWasKilledIsMendedByTheNext) {
  Random random(12);
  std::vector<std::vector<FaceId>> groups(5);
  for (int i = 0; i < 20; ++i) groups[std::size_t(i) % 5].push_back(add_file(1)[0]);
  regroup(groups);
  int killed = 0;
  for (int step = 0; step < 50; ++step) {
    change(random);
    const FileKind kind = step % 2 == 0 ? FileKind::kLink : FileKind::kCopy;
    const std::int64_t last = draw(random, 12);
    const WantedPhotos wanted = wanted_photos(catalog_, {}, out());
    const pid_t child = fork();
    if (child == 0) {
      bring(kind, wanted, [&](std::int64_t done, std::int64_t) {
        if (done >= last) ::kill(::getpid(), SIGKILL);
      });
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    killed += WIFSIGNALED(status);
    const ExportReport report = bring(FileKind::kLink);
    EXPECT_TRUE(report.taken.empty()) << testing::PrintToString(report.taken) << step;
    expect_right(fmt::format("after step {}", step));
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
  EXPECT_GT(killed, 15);
}

TEST_F(ExportLifeTest, OnlyThoseWhoAreAskedForHaveFolders) {
  const auto one = add_file(1), two = add_file(1), three = add_file(2), four = add_file(1);
  regroup({{one[0], two[0], three[0]}, {three[1]}, {four[0]}});
  const PersonId anna = person_of(one[0]), ben = person_of(three[1]), other = person_of(four[0]);
  name_person(catalog_, ben, "Ben");
  const auto folders = [&](const ExportQuery& query) {
    std::set<std::string> names;
    for (const WantedFile& file : wanted_photos(catalog_, query, out()).files)
      names.insert(file.folder);
    return names;
  };
  const std::string numbered = fmt::format("person {}", anna);
  EXPECT_EQ(folders({}).size(), 3U);
  EXPECT_EQ(folders({.named = true}), std::set<std::string>({"Ben"}));
  EXPECT_EQ(folders({.min_faces = 2}), (std::set<std::string>({"Ben", numbered})));
  EXPECT_EQ(folders({.people = {anna}}), std::set<std::string>({numbered}));
  const WantedPhotos both =
      wanted_photos(catalog_, {.people = {anna, ben}, .together = true}, out());
  ASSERT_EQ(both.files.size(), 1U);
  EXPECT_EQ(both.files[0].folder, numbered + " + Ben");
  EXPECT_TRUE(
      wanted_photos(catalog_, {.people = {anna, other}, .together = true}, out()).files.empty());
  hide_person(catalog_, ben, true);
  EXPECT_FALSE(folders({}).contains("Ben"));
  EXPECT_TRUE(folders({.people = {ben}}).contains("Ben"));
  EXPECT_THROW(folders({.people = {999}}), Error);
}

TEST_F(ExportLifeTest, WhatLiesInTheExportIsNoPhotoToExport) {
  const auto faces = add_file(1);
  regroup({{faces[0]}});
  const PhotoId photo = catalog_.faces()[0].photo;
  bring(FileKind::kCopy);
  const std::string copy = out() + "/person 1/IMG_0.jpg";
  ASSERT_TRUE(fs::exists(copy));
  catalog_.put_path({.path = copy, .size = 5, .photo = photo});  // somebody scanned the export
  EXPECT_EQ(wanted_photos(catalog_, {}, out()).files[0].source, path_of_.at(photo));
  fs::remove(path_of_.at(photo));
  const WantedPhotos wanted = wanted_photos(catalog_, {}, out());
  EXPECT_TRUE(wanted.there.empty()) << "the copy is no reason to remove the copy";
  name_person(catalog_, 1, "Anna");
  EXPECT_EQ(bring(FileKind::kCopy).kept, 1);
  EXPECT_TRUE(fs::exists(copy));
}

}  // namespace
}  // namespace facenet
