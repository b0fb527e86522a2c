#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/format.h"
#include "catalog/backup.h"
#include "library/forget.h"
#include "library/merging/merge_catalog.h"
#include "library/splitting/split_catalog.h"
#include "people/facts.h"
#include "people/partition.h"
#include "people/statements.h"
#include "test/library/full_catalog.h"
#include "test/library/splitting/content.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Photos in the folders /p/a, /p/b and /p/c.
class SplitTest : public AlbumTest {
 protected:
  std::vector<FaceId> add_to(const std::string& folder, int number, int faces = 1) {
    std::vector<FaceId> ids = add_photo(number, faces);
    const PathRecord old = catalog_.paths_of(catalog_.photo_of(ids[0])).front();
    catalog_.remove_path(old.path);
    PathRecord path = old;
    path.path = fmt::format("/p/{}/{}.jpg", folder, number);
    catalog_.put_path(path);
    return ids;
  }

  SplitReport split(SplitBy by) const {
    SplitReport report = split_catalog(file(), out(), {.by = by, .overwrite = true});
    for (const SplitCatalog& made : report.catalogs) {
      const Catalog part(made.file, Catalog::Mode::kRead);
      EXPECT_THAT(part.check(), IsEmpty()) << made.file;
      EXPECT_THAT(broken_facts(part), IsEmpty()) << made.file;
    }
    return report;
  }
  std::string out() const { return folder_.path() + "/out"; }
  static std::vector<std::string> names(const SplitReport& report) {
    std::vector<std::string> names;
    for (const SplitCatalog& made : report.catalogs)
      names.push_back(std::filesystem::path(made.file).filename().string());
    return names;
  }

  /// All parts merged, the first last.
  void expect_whole(const SplitReport& report) const {
    const std::string whole = folder_.path() + "/merged.db";
    backup_catalog(report.catalogs.back().file, whole, true);
    Catalog merged(whole, Catalog::Mode::kWrite);
    for (std::size_t i = report.catalogs.size() - 1; i-- > 0;) {
      const MergeReport got =
          merge_catalog(merged, Catalog(report.catalogs[i].file, Catalog::Mode::kRead));
      EXPECT_EQ(got.moved_faces, 0);
      EXPECT_THAT(got.contradictions, IsEmpty());
      EXPECT_THAT(broken_facts(merged), IsEmpty());
    }
    EXPECT_THAT(merged.check(), IsEmpty());
    EXPECT_EQ(content_of(merged), content_of(catalog_));
    for (const SplitCatalog& made : report.catalogs)
      EXPECT_FALSE(
          merge_catalog(merged, Catalog(made.file, Catalog::Mode::kRead)).changes_anything());
  }
};

TEST_F(SplitTest, EachFolderHasItsPhotosAndWhatWasSaidOfThem) {
  const auto a = add_to("a", 1, 2);
  const auto b = add_to("b", 2);
  const auto c = add_to("c", 3);
  regroup({{a[0], b[0]}, {a[1]}, {c[0]}});
  name_person(catalog_, person_of(a[0]), "Ann");
  name_person(catalog_, person_of(c[0]), "Cem");
  const SplitReport report = split(SplitBy::kPath);
  EXPECT_THAT(names(report), ElementsAre("a.db", "b.db", "c.db"));
  EXPECT_EQ(report.catalogs[0].part.folder, "/p/a");
  EXPECT_EQ(report.shared_photos, 0);
  std::vector<std::int64_t> photos;
  for (const SplitCatalog& made : report.catalogs) photos.push_back(made.counts.photos);
  EXPECT_THAT(photos, ElementsAre(1, 1, 1));
  EXPECT_EQ(report.catalogs[0].counts.faces, 2);
  EXPECT_EQ(report.catalogs[0].counts.facts, 1);
  const Catalog second(report.catalogs[1].file, Catalog::Mode::kRead);
  EXPECT_EQ(second.named_people().at(0).name, "Ann");
  EXPECT_THAT(second.facts().at(0).faces, ElementsAre(b[0])) << "her other face is elsewhere";
  expect_whole(report);
}

TEST_F(SplitTest, WhatLiesInNoFolderAndWhatIsNoPhotoIsInTheRest) {
  const auto a = add_to("a", 1);
  const auto b = add_to(".", 2);
  catalog_.remove_path("/p/./2.jpg");
  catalog_.put_path({.path = "/p/2.jpg", .photo = catalog_.photo_of(b[0])});
  // One photo in two folders, and one that was moved from a folder that is gone.
  const auto both = add_to("a", 3);
  catalog_.put_path({.path = "/p/b/3.jpg", .photo = catalog_.photo_of(both[0])});
  const auto moved = add_to("b", 4);
  catalog_.put_path({.path = "/gone/4.jpg", .photo = catalog_.photo_of(moved[0]), .missing = true});
  catalog_.put_path({.path = "/p/a/film.wmv", .skipped = "video"});
  catalog_.put_path({.path = "/p/z/broken.jpg", .error = "cut short"});
  regroup({{a[0]}, {b[0]}, {both[0]}, {moved[0]}});
  const SplitReport report = split(SplitBy::kPath);
  EXPECT_THAT(names(report), ElementsAre("a.db", "b.db", "rest.db"));
  const auto paths = [&](std::size_t i) {
    std::vector<std::string> paths;
    for (const PathRecord& path : Catalog(report.catalogs[i].file, Catalog::Mode::kRead).paths())
      paths.push_back(path.path);
    return paths;
  };
  EXPECT_THAT(paths(0), ElementsAre("/p/a/1.jpg", "/p/a/3.jpg", "/p/a/film.wmv"));
  EXPECT_THAT(paths(1), ElementsAre("/gone/4.jpg", "/p/b/3.jpg", "/p/b/4.jpg"));
  EXPECT_THAT(paths(2), ElementsAre("/p/2.jpg", "/p/z/broken.jpg"));
  expect_whole(report);
}

TEST_F(SplitTest, APhotoOfTwoPeopleIsWithBoth) {
  const auto a = add_to("a", 1, 2);
  const auto b = add_to("b", 2);
  const auto c = add_to("c", 3);
  regroup({{a[0], b[0]}, {a[1]}, {c[0]}});
  name_person(catalog_, person_of(a[0]), "Ann/Lee");
  name_person(catalog_, person_of(a[1]), "Ben");
  const SplitReport report = split(SplitBy::kPerson);
  EXPECT_THAT(names(report), ElementsAre("Ann_Lee.db", "Ben.db", "rest.db"));
  EXPECT_EQ(report.catalogs[0].counts.photos, 2);
  EXPECT_EQ(report.catalogs[0].counts.faces, 3);
  EXPECT_EQ(report.catalogs[0].counts.named_people, 2);
  EXPECT_EQ(report.catalogs[1].counts.photos, 1);
  EXPECT_EQ(report.catalogs[1].counts.faces, 2);
  EXPECT_EQ(report.catalogs[2].counts.photos, 1);
  EXPECT_EQ(report.catalogs[2].counts.facts, 0) << "nothing was said of whom it shows";
  EXPECT_EQ(report.catalogs[1].part.name, "Ben");
  expect_whole(report);
}

TEST_F(SplitTest, WhatWasSaidAcrossFoldersComesBackWhole) {
  const auto a = add_to("a", 1);
  const auto b = add_to("b", 2);
  const auto c = add_to("c", 3);
  regroup({{a[0]}, {b[0]}, {c[0]}});
  name_person(catalog_, person_of(a[0]), "Ann");
  merge_people(catalog_, person_of(a[0]), person_of(b[0]));
  undo_fact(catalog_, {});
  merge_people(catalog_, person_of(a[0]), person_of(b[0]));
  tell_apart(catalog_, person_of(a[0]), person_of(c[0]));
  name_person(catalog_, person_of(a[0]), "Anna");
  const SplitReport report = split(SplitBy::kPath);
  EXPECT_EQ(report.shared_photos, 0);
  const Catalog second(report.catalogs[1].file, Catalog::Mode::kRead);
  EXPECT_EQ(second.person(second.person_of(b[0]).value())->name, "Anna");
  const Catalog third(report.catalogs[2].file, Catalog::Mode::kRead);
  EXPECT_EQ(third.counts().facts, 1) << "that it is not Ann, but not what Ann is called";
  expect_whole(report);
}

TEST_F(SplitTest, PhotosOfWhatWasContradictedStayTogether) {
  const auto a = add_to("a", 1);
  const auto b = add_to("b", 2);
  const auto c = add_to("c", 3);
  regroup({{a[0], c[0]}, {b[0]}});
  const PersonId first = person_of(a[0]);
  tell_apart(catalog_, first, person_of(b[0]));
  merge_people(catalog_, first, person_of(b[0]));
  const SplitReport report = split(SplitBy::kPath);
  EXPECT_EQ(report.shared_photos, 3);
  EXPECT_EQ(report.catalogs[0].counts.photos, 3);
  expect_whole(report);
}

TEST_F(SplitTest, PartsGoOnAloneAndComeTogetherAgain) {
  const auto a = add_to("a", 1, 2);
  const auto b = add_to("b", 2, 2);
  regroup({{a[0], b[0]}, {a[1]}, {b[1]}});
  name_person(catalog_, person_of(a[0]), "Ann");
  const SplitReport report = split(SplitBy::kPath);
  {
    Catalog part(report.catalogs[0].file, Catalog::Mode::kWrite);
    name_person(part, part.person_of(a[1]).value(), "Ben");
    undo_fact(part, 1);  // Ann
  }
  {
    Catalog part(report.catalogs[1].file, Catalog::Mode::kWrite);
    name_person(part, part.person_of(b[1]).value(), "Cem");
  }
  Catalog merged(report.catalogs[0].file, Catalog::Mode::kWrite);
  merge_catalog(merged, Catalog(report.catalogs[1].file, Catalog::Mode::kRead));
  std::set<std::string> names;
  for (const PersonRecord& person : merged.named_people()) names.insert(person.name);
  EXPECT_THAT(names, ElementsAre("Ben", "Cem"));
  EXPECT_EQ(merged.facts().size(), 4U);
  EXPECT_EQ(merged.memberships().size(), 4U);
  EXPECT_THAT(broken_facts(merged), IsEmpty());
}

TEST_F(SplitTest, NumbersThatWereGivenAfterwardsAreNotTheSamePeople) {
  const auto a = add_to("a", 1);
  const auto b = add_to("b", 2);
  regroup({{a[0]}, {b[0]}});
  const SplitReport report = split(SplitBy::kPath);
  Catalog first(report.catalogs[0].file, Catalog::Mode::kWrite);
  Catalog second(report.catalogs[1].file, Catalog::Mode::kWrite);
  const PersonId ann = first.add_person();
  const PersonId ben = second.add_person();
  EXPECT_EQ(ann, ben);
  first.set_memberships(std::vector{std::pair(a[0], ann)});
  second.set_memberships(std::vector{std::pair(b[0], ben)});
  name_person(first, ann, "Ann");
  name_person(second, ben, "Ben");
  EXPECT_THAT(merge_catalog(first, second).contradictions, IsEmpty());
  EXPECT_EQ(first.named_people().size(), 2U);
  EXPECT_EQ(first.facts().size(), 2U);
}

TEST_F(SplitTest, WhoWasForgottenStaysOutOfEveryPart) {
  const auto a = add_to("a", 1, 2);
  const auto b = add_to("b", 2);
  regroup({{a[0], b[0]}, {a[1]}});
  const Sha256 photo = catalog_.photo(catalog_.photo_of(b[0])).sha256;
  const PersonId ben = person_of(a[1]);
  forget(catalog_, {.people = {ben}, .photos = {catalog_.photo_of(b[0])}});
  add_to("c", 3);
  const SplitReport report = split(SplitBy::kPath);
  EXPECT_THAT(names(report), ElementsAre("a.db", "c.db"));
  for (const SplitCatalog& made : report.catalogs) {
    const Catalog part(made.file, Catalog::Mode::kRead);
    EXPECT_TRUE(part.is_forgotten(photo));
    EXPECT_EQ(part.counts().forgotten_faces, 1);
    EXPECT_FALSE(part.is_forgetting_due());
  }
  expect_whole(report);
}

TEST_F(SplitTest, NothingIsReplacedAndNothingIsLeftBehind) {
  const auto a = add_to("a", 1);
  const auto b = add_to("b", 2);
  regroup({{a[0]}, {b[0]}});
  std::filesystem::create_directory(out());
  write_file(out() + "/b.db", "mine");
  EXPECT_THAT(error_of([&] { split_catalog(file(), out(), {}); }),
              AllOf(HasSubstr("/out/b.db"), HasSubstr("--force")));
  EXPECT_EQ(file_bytes(out() + "/b.db"), "mine");
  const auto files = [&] { return std::distance(std::filesystem::directory_iterator(out()), {}); };
  EXPECT_EQ(files(), 1);
  EXPECT_EQ(split_catalog(file(), out(), {.by = SplitBy::kPerson}).catalogs.size(), 0U);
  split_catalog(file(), out(), {.overwrite = true});
  EXPECT_EQ(files(), 2);
  EXPECT_EQ(std::filesystem::status(out() + "/a.db").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(SplitTest, EveryTableComesAlong) {
  const std::string full = folder_.path() + "/full.db";
  make_full_catalog(full);
  const SplitReport report = split_catalog(full, out(), {});
  ASSERT_EQ(report.catalogs.size(), 1U) << "all photos lie in one folder";
  RawDatabase part(report.catalogs[0].file);
  RawDatabase whole(full);
  std::set<std::string> tables = {"sqlite_sequence"};
  for (const auto& [table, column] : columns_of(full)) tables.insert(table);
  tables.erase("property");    // says of what it is a part
  tables.erase("merge_tree");  // computed again
  for (const std::string& table : tables) {
    const std::string rows = fmt::format("SELECT count(*) FROM {}", table);
    EXPECT_EQ(part.value(rows), whole.value(rows)) << table;
  }
  EXPECT_EQ(part.value("SELECT count(*) FROM merge_tree"), "0");
  EXPECT_EQ(part.value("SELECT salt FROM forgetting"), whole.value("SELECT salt FROM forgetting"));
}

TEST_F(SplitTest, FoldersThatDifferInCapitalsAloneAreTwoFiles) {
  add_to("Trip", 1);
  add_to("trip", 2);
  add_to("rest", 3);
  const auto loose = add_to("x", 4);
  catalog_.remove_path("/p/x/4.jpg");
  catalog_.put_path({.path = "/p/4.jpg", .photo = catalog_.photo_of(loose[0])});
  EXPECT_THAT(names(split(SplitBy::kPath)),
              ElementsAre("Trip (1).db", "rest (2).db", "trip (3).db", "rest.db"));
}

}  // namespace
}  // namespace facenet
