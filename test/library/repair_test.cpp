// Catalogs with damaged pages: what can be read of them comes into a sound one.
#include "catalog/repair.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <sys/stat.h>

#include <gmock/gmock.h>

#include "base/format.h"
#include "library/put_right.h"
#include "library/recluster.h"
#include "people/partition.h"
#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int kPhotos = 400;
constexpr int kDimension = 64;
constexpr std::size_t kPageSize = 16384;

/// A longer form: FACENET_REPAIRS=1000.
unsigned rounds() {
  const char* const asked = std::getenv("FACENET_REPAIRS");
  return asked == nullptr ? 12U : static_cast<unsigned>(std::atoi(asked));
}

/// A catalog whose facts, faces and vectors take several pages each.
class RepairTest : public CatalogTest {
 protected:
  RepairTest() {
    Catalog catalog = create();
    Catalog::Transaction transaction(catalog);
    const ModelId model = catalog.put_model({.name = "m", .dimension = kDimension});
    std::vector<std::pair<FaceId, PersonId>> homes;
    for (int number = 0; number < kPhotos; ++number) {
      std::vector<FaceId> ids;
      const PhotoId photo = catalog.add_photo(
          make_photo(number), std::vector{make_face(1, 1), make_face(200, 5)}, &ids);
      catalog.put_path({.path = fmt::format("/photos/{:04}.jpg", number), .photo = photo});
      for (const FaceId id : ids) {
        catalog.put_embedding(id, model, vector_of(id), VectorEvidence{3, 0.3});
        homes.emplace_back(id, catalog.add_person());
      }
    }
    catalog.set_memberships(homes);
    catalog.set_property("detector", "yunet");
    for (int round = 0; round < 3; ++round)
      for (const auto& [face, person] : homes)
        catalog.add_fact({.kind = "name",
                          .person = person,
                          .value = fmt::format("Name {} of person {}", round, person),
                          .faces = {face}});
    for (std::size_t i = 0; i + 1 < homes.size(); i += 2)
      catalog.add_fact({.kind = "different",
                        .person = homes[i].second,
                        .other = homes[i + 1].second,
                        .faces = {homes[i].first},
                        .other_faces = {homes[i + 1].first}});
    transaction.commit();
  }

  static std::vector<float> vector_of(FaceId face) {
    std::mt19937 random(static_cast<unsigned>(face));
    std::vector<float> vector(kDimension);
    double squares = 0;
    for (float& value : vector) {
      value = std::normal_distribution<float>()(random);
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
    for (float& value : vector) value /= static_cast<float>(std::sqrt(squares));
    return vector;
  }
  /// A video of two people who were seen in one frame; a third was forgotten.
  static void add_video(Catalog& catalog) {
    PhotoRecord video = make_photo(kPhotos);
    video.format = "MP4";
    video.duration_ms = 61'000;
    std::vector<FaceRecord> faces = {make_face(1, 1), make_face(200, 5), make_face(300, 5)};
    for (std::size_t i = 0; i < faces.size(); ++i)
      faces[i].time_ms = 1000 * static_cast<std::int64_t>(i);
    std::vector<FaceId> ids;
    const PhotoId photo = catalog.add_photo(video, faces, &ids);
    catalog.put_path({.path = "/photos/film.mp4", .photo = photo});
    catalog.set_seen_together(photo, std::vector{std::pair{ids[0], ids[1]}});
    catalog.forget({.faces = {ids[2]}});
  }
  static void expect_same_video(const Catalog& was, const Catalog& now) {
    ASSERT_THAT(now.videos(), SizeIs(1));
    const PhotoId video = now.videos()[0];
    EXPECT_EQ(now.photo(video).duration_ms, 61'000);
    const std::vector<FaceRecord> faces = now.faces_of(video);
    ASSERT_THAT(faces, SizeIs(2));
    EXPECT_EQ(faces[0].time_ms, 0);
    EXPECT_EQ(faces[1].time_ms, 1000);
    EXPECT_FALSE(now.face(1).time_ms);
    EXPECT_THAT(now.seen_together(), SizeIs(1));
    EXPECT_EQ(now.seen_together(), was.seen_together());
    const Sha256 hash = now.photo(video).sha256;
    ASSERT_THAT(now.forgotten_places(hash), SizeIs(1));
    EXPECT_EQ(now.forgotten_places(hash)[0].time_ms, 2000);
  }
  /// Two faces that were marked by hand, one of them withdrawn, and an import of a fact.
  static void add_marks(Catalog& catalog) {
    FaceRecord mark = make_face(300, 5);
    mark.photo = 7;
    mark.by_hand = true;
    const FaceId kept = catalog.add_face(mark);
    catalog.bring_back_face(kept, catalog.add_person());
    catalog.withdraw_face(catalog.add_face(mark));
    const Catalog::Step step(catalog, {.kind = "import"});
    name_faces(catalog, std::vector{kept}, "Imported");
  }
  static void expect_same_marks(const Catalog& was, const Catalog& now) {
    ASSERT_THAT(now.withdrawn_faces(), SizeIs(1));
    EXPECT_EQ(now.withdrawn_faces()[0].id, was.withdrawn_faces()[0].id);
    EXPECT_TRUE(now.faces().back().by_hand);
    EXPECT_FALSE(now.faces().front().by_hand);
    const FactRecord last = now.facts().back();
    EXPECT_EQ(last.value, "Imported");
    EXPECT_EQ(last.step, last.id - 1);
  }
  std::string target() const { return folder_.path("new.db"); }
  RepairReport repair() const { return repair_catalog(file(), target(), put_salvaged_right); }

  /// The page of each fact, by SQLite's own account of the sound file.
  std::map<std::int64_t, std::int64_t> pages_of_facts() const {
    RawDatabase database(file());
    std::map<std::int64_t, std::int64_t> pages;
    const auto number = [&](const std::string& sql) { return std::stoll(database.value(sql)); };
    const std::int64_t leaves =
        number("SELECT count(*) FROM dbstat WHERE name = 'fact' AND pagetype = 'leaf'");
    std::int64_t fact = 0;
    for (std::int64_t leaf = 0; leaf < leaves; ++leaf) {
      const std::string of = fmt::format(
          " FROM dbstat WHERE name = 'fact' AND pagetype = 'leaf' ORDER BY path LIMIT "
          "1 OFFSET {}",
          leaf);
      const std::int64_t cells = number("SELECT ncell" + of);
      const std::int64_t page = number("SELECT pageno" + of);
      for (std::int64_t i = 0; i < cells; ++i) pages[++fact] = page;
    }
    return pages;
  }
  void expect_sound_and_useful() const {
    Catalog catalog(target(), Catalog::Mode::kWrite);
    EXPECT_THAT(catalog.check(), IsEmpty());
    EXPECT_THAT(broken_facts(catalog), IsEmpty());
    const ModelId model = catalog.put_model({.name = "m", .dimension = kDimension});
    ReclusterOptions options{.model = model, .dimension = kDimension};
    options.points.own = {.clustering = 0.8, .joins = kReferenceJoins};
    recluster(catalog, options);
    EXPECT_THAT(catalog.check(), IsEmpty());
    EXPECT_THAT(broken_facts(catalog), IsEmpty());
  }
};

TEST_F(RepairTest, OfASoundCatalogEverythingIsSaved) {
  {
    Catalog catalog(file(), Catalog::Mode::kWrite);
    undo_fact(catalog, {});
    catalog.forget({.faces = {800}, .people = {800}, .facts = {800, 1600, 2400, 2800, 2801}});
    catalog.put_departure({.face = 3, .person = 4});
    catalog.put_moment(5, {.taken = 1'795'838'131, .perceptual_hash = ~std::uint64_t{0}});
    catalog.put_path({.path = "/photos/a\xff.jpg", .error = "is broken \xff"});
    add_video(catalog);
    add_marks(catalog);
  }
  const std::string before = file_bytes(file());
  const RepairReport report = repair();
  EXPECT_EQ(file_bytes(file()), before);
  EXPECT_EQ(report.unreadable_pages, 0);
  EXPECT_EQ(report.rows_left_out, 0);
  EXPECT_THAT(report.lost_facts, SizeIs(5)) << "those that were forgotten";
  const Catalog was(file(), Catalog::Mode::kRead);
  const Catalog now(target(), Catalog::Mode::kRead);
  EXPECT_EQ(now.facts().size(), was.facts().size());
  for (std::size_t i = 0; i < was.facts().size() && i < 3; ++i) {
    EXPECT_EQ(now.facts()[i].value, was.facts()[i].value);
    EXPECT_EQ(now.facts()[i].created, was.facts()[i].created);
    EXPECT_EQ(now.facts()[i].faces, was.facts()[i].faces);
  }
  EXPECT_EQ(now.memberships(), was.memberships());
  EXPECT_EQ(now.paths().size(), was.paths().size());
  EXPECT_EQ(now.photo(5).moment, was.photo(5).moment);
  EXPECT_TRUE(now.photo(5).moment.perceptual_hash);
  EXPECT_EQ(now.embeddings(1).faces, was.embeddings(1).faces);
  EXPECT_EQ(now.embeddings(1).values, was.embeddings(1).values);
  EXPECT_EQ(now.evidence(1).size(), was.evidence(1).size());
  EXPECT_EQ(now.departures(), was.departures());
  EXPECT_EQ(now.property("detector"), "yunet");
  expect_same_video(was, now);
  expect_same_marks(was, now);
  EXPECT_EQ(now.forgotten().salt, was.forgotten().salt);
  EXPECT_EQ(now.forgotten().places, was.forgotten().places);
  struct stat status {};
  EXPECT_EQ(::stat(target().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  expect_sound_and_useful();
}

TEST_F(RepairTest, WhatWaitsInTheWalCounts) {
  Catalog catalog(file(), Catalog::Mode::kWrite);
  const Catalog onlooker(file(), Catalog::Mode::kRead);
  catalog.add_fact({.kind = "name", .person = 1, .value = "At the last moment", .faces = {1}});
  ASSERT_GT(file_bytes(file() + "-wal").size(), 0U);
  repair();
  EXPECT_EQ(Catalog(target(), Catalog::Mode::kRead).facts().back().value, "At the last moment");
}

TEST_F(RepairTest, NoFactWhosePageIsIntactIsLost) {
  const auto pages = pages_of_facts();
  ASSERT_EQ(pages.size(), Catalog(file(), Catalog::Mode::kRead).facts().size());
  ASSERT_NE(pages.begin()->second, pages.rbegin()->second) << "several pages, or it tests little";
  const std::vector<FactRecord> facts = Catalog(file(), Catalog::Mode::kRead).facts();
  const std::string sound = file_bytes(file());
  const std::size_t count = sound.size() / kPageSize;
  for (unsigned seed = 0; seed < rounds(); ++seed) {
    std::mt19937 random(seed);
    std::string damaged = sound;
    std::set<std::size_t> broken;
    const std::size_t many = 1 + random() % (count / 4);
    for (std::size_t i = 0; i < many; ++i) broken.insert(random() % count);
    if (seed % 5 == 0) broken.insert(0);
    const bool zeros = seed % 2 == 0;
    for (const std::size_t page : broken)
      for (std::size_t i = 0; i < kPageSize; ++i)
        damaged[page * kPageSize + i] = zeros ? '\0' : static_cast<char>(random());
    write_file(file(), damaged);
    std::filesystem::remove(target());
    const RepairReport report = repair();
    EXPECT_EQ(file_bytes(file()), damaged);
    std::map<std::int64_t, FactRecord> saved;
    for (FactRecord& fact : Catalog(target(), Catalog::Mode::kRead).facts())
      saved.emplace(fact.id, std::move(fact));
    for (const FactRecord& fact : facts) {
      if (broken.contains(static_cast<std::size_t>(pages.at(fact.id) - 1))) continue;
      const auto found = saved.find(fact.id);
      ASSERT_TRUE(found != saved.end()) << "seed " << seed << ", fact " << fact.id;
      EXPECT_EQ(found->second.value, fact.value);
      EXPECT_EQ(found->second.person, fact.person);
      EXPECT_EQ(found->second.created, fact.created);
    }
    EXPECT_TRUE(report.is_incomplete() || saved.size() == facts.size());
    expect_sound_and_useful();
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST_F(RepairTest, BytesThatChangedHereAndThereDoNoHarm) {
  const std::string sound = file_bytes(file());
  for (unsigned seed = 0; seed < rounds(); ++seed) {
    std::mt19937 random(seed);
    std::string damaged = sound;
    for (unsigned i = 0; i < 1U << seed % 12; ++i)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    write_file(file(), damaged);
    std::filesystem::remove(target());
    repair();
    expect_sound_and_useful();
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST_F(RepairTest, ACutOffFileIsSavedAsFarAsItGoes) {
  const std::string sound = file_bytes(file());
  write_file(file(), sound.substr(0, sound.size() / 2 + 777));
  repair();
  expect_sound_and_useful();
}

TEST_F(RepairTest, WhenAnUndoingIsLostTheLaterMergeCounts) {
  {
    Catalog catalog(file(), Catalog::Mode::kWrite);
    merge_people(catalog, 1, 3);
    undo_fact(catalog, {});
    merge_people(catalog, 3, 1);
  }
  RawDatabase(file()).execute("PRAGMA foreign_keys = OFF; DELETE FROM fact WHERE kind = 'undo'");
  EXPECT_EQ(repair().facts_without_sense, 1);
  expect_sound_and_useful();
  for (const PersonRecord& person : Catalog(target(), Catalog::Mode::kRead).people())
    EXPECT_EQ(person.merged_into, person.id == 1 ? 3 : 0);
}

TEST_F(RepairTest, TheListOfWhatWasForgottenIsNothingWithoutItsSalt) {
  RawDatabase(file()).execute(
      "INSERT INTO forgotten_photo VALUES (zeroblob(32)); DELETE FROM forgetting");
  EXPECT_TRUE(repair().forgotten_list_lost);
  EXPECT_EQ(Catalog(target(), Catalog::Mode::kRead).counts().forgotten_photos, 0);
  expect_sound_and_useful();
}

TEST_F(RepairTest, NothingIsOverwrittenOrMadeOfNothing) {
  write_file(target(), "mine");
  EXPECT_THAT(error_of([&] { repair(); }), HasSubstr("exists already"));
  EXPECT_EQ(file_bytes(target()), "mine");
  std::filesystem::remove(target());
  write_file(file(), std::string(100'000, 'x'));
  EXPECT_THAT(error_of([&] { repair(); }), HasSubstr("nothing of a catalog"));
  write_file(file(), "");
  EXPECT_THAT(error_of([&] { repair(); }), HasSubstr("too short"));
  std::filesystem::remove(file());
  EXPECT_THAT(error_of([&] { repair(); }), HasSubstr(file()));
  int left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    left += entry.path().filename().string().starts_with("new.db");
  EXPECT_EQ(left, 0);
}

}  // namespace
}  // namespace facenet
