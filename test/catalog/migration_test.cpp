// Catalogs made by earlier versions of the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

/// What version 1 wrote: its schema, and a photo of Ann and Bob. Ann was called Anna at first, Bob
/// has lost his name.
constexpr const char* kVersion1 = R"sql(
PRAGMA application_id = 0x664e6574;
PRAGMA page_size = 16384;
CREATE TABLE photo (id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
  format TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL) STRICT;
CREATE TABLE path (path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
  photo INTEGER REFERENCES photo (id), error TEXT NOT NULL,
  missing INTEGER NOT NULL CHECK (missing IN (0, 1))) STRICT, WITHOUT ROWID;
CREATE INDEX path_of_photo ON path (photo);
CREATE TABLE face (id INTEGER PRIMARY KEY, photo INTEGER NOT NULL REFERENCES photo (id),
  x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL, score REAL NOT NULL,
  landmarks BLOB NOT NULL) STRICT;
CREATE INDEX face_of_photo ON face (photo);
CREATE TABLE model (id INTEGER PRIMARY KEY, name TEXT NOT NULL, weights_sha256 TEXT NOT NULL,
  flip INTEGER NOT NULL CHECK (flip IN (0, 1)), dimension INTEGER NOT NULL CHECK (dimension > 0),
  UNIQUE (name, weights_sha256, flip)) STRICT;
CREATE TABLE embedding (face INTEGER NOT NULL REFERENCES face (id),
  model INTEGER NOT NULL REFERENCES model (id), vector BLOB NOT NULL, PRIMARY KEY (model, face))
  STRICT, WITHOUT ROWID;
CREATE INDEX embedding_of_face ON embedding (face);
CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;
CREATE TABLE membership (face INTEGER PRIMARY KEY REFERENCES face (id),
  person INTEGER NOT NULL REFERENCES person (id)) STRICT;
CREATE INDEX membership_of_person ON membership (person);
CREATE TABLE fact (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
  person INTEGER NOT NULL REFERENCES person (id), value TEXT NOT NULL, created TEXT NOT NULL) STRICT;
CREATE INDEX fact_of_person ON fact (person);
CREATE TABLE fact_face (fact INTEGER NOT NULL REFERENCES fact (id),
  face INTEGER NOT NULL REFERENCES face (id), PRIMARY KEY (fact, face)) STRICT, WITHOUT ROWID;
CREATE INDEX fact_face_of_face ON fact_face (face);
CREATE TABLE property (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE VIEW person_name AS SELECT person.id AS person, coalesce(
  (SELECT fact.value FROM fact WHERE fact.person = person.id AND fact.kind = 'name'
   ORDER BY fact.id DESC LIMIT 1), '') AS name FROM person;
PRAGMA user_version = 1;

INSERT INTO photo VALUES (1, zeroblob(32), 'jpeg', 100, 80);
INSERT INTO path VALUES (x'2f612e6a7067', 5, 6, 1, '', 0);
INSERT INTO face VALUES (1, 1, 0, 0, 10, 10, 0.9, x''), (2, 1, 20, 0, 10, 10, 0.9, x'');
INSERT INTO model VALUES (1, 'm', 'ab', 1, 2);
INSERT INTO embedding VALUES (1, 1, x'0000803f00000000'), (2, 1, x'000000000000803f');
INSERT INTO person VALUES (3), (4);
INSERT INTO membership VALUES (1, 3), (2, 4);
INSERT INTO fact VALUES (1, 'name', 3, 'Anna', '2024-01-02T03:04:05Z'),
  (2, 'name', 4, 'Bob', '2024-01-02T03:04:06Z'), (5, 'name', 3, 'Ann', '2024-01-02T03:04:07Z'),
  (6, 'name', 4, '', '2024-01-02T03:04:08Z');
INSERT INTO fact_face VALUES (1, 1), (2, 2), (5, 1);
INSERT INTO property VALUES ('model', 'm');
)sql";

class MigrationTest : public CatalogTest {
 protected:
  MigrationTest() { RawDatabase(file()).execute(kVersion1); }
};

TEST_F(MigrationTest, Version1IsRefusedForReadingOnly) {
  EXPECT_THAT(error_of([&] { Catalog(file(), Catalog::Mode::kRead); }),
              testing::HasSubstr("made by an older facenet"));
}

TEST_F(MigrationTest, Version1KeepsAllThatWasSaidAndFound) {
  Catalog catalog(file(), Catalog::Mode::kWrite);
  EXPECT_THAT(catalog.check(), IsEmpty());
  const auto people = catalog.people();
  ASSERT_EQ(people.size(), 2U);
  EXPECT_EQ(people[0].id, 3);
  EXPECT_EQ(people[0].name, "Ann");
  EXPECT_FALSE(people[0].hidden);
  EXPECT_EQ(people[0].merged_into, 0);
  EXPECT_EQ(people[1].name, "");
  EXPECT_THAT(catalog.memberships(), ElementsAre(Pair(1, 3), Pair(2, 4)));
  const auto facts = catalog.facts();
  ASSERT_EQ(facts.size(), 4U);
  EXPECT_EQ(facts[2].id, 5);
  EXPECT_EQ(facts[2].person, 3);
  EXPECT_EQ(facts[2].value, "Ann");
  EXPECT_EQ(facts[2].created, "2024-01-02T03:04:07Z");
  EXPECT_THAT(facts[2].faces, ElementsAre(1));
  EXPECT_FALSE(facts[2].undone);
  EXPECT_EQ(catalog.embeddings(1).values, (std::vector<float>{1, 0, 0, 1}));
  EXPECT_EQ(catalog.property("model"), "m");
  EXPECT_EQ(catalog.merge_tree(1), std::nullopt);
}

TEST_F(MigrationTest, Version1GoesOnCounting) {
  Catalog catalog(file(), Catalog::Mode::kWrite);
  EXPECT_EQ(catalog.add_fact({.kind = "hide", .person = 4}), 7);
  EXPECT_EQ(catalog.add_person(), 5);
  EXPECT_TRUE(catalog.people()[1].hidden);
  EXPECT_EQ(catalog.add_fact({.kind = "undo", .undoes = 7}), 8);
  EXPECT_FALSE(catalog.people()[1].hidden);
  EXPECT_THROW(catalog.add_fact({.kind = "undo", .undoes = 99}), std::logic_error)
      << "references hold in the new table too";
  EXPECT_THROW(catalog.add_fact({.kind = "hide", .person = 4, .faces = {77}}), std::logic_error);
}

/// Version 2 knew no compatible models; all else is as it is now.
class Version2Test : public CatalogTest {
 protected:
  Version2Test() {
    make_version(file(), 2);
    RawDatabase raw(file());
    raw.execute("INSERT INTO model VALUES (1, 'm', '', 0, 2)");
    raw.execute("INSERT INTO merge_tree VALUES (1, 's', 1.5, x'', x'', x'')");
  }

  ModelId model_ = 1;
};

TEST_F(Version2Test, KeepsItsModelsAndLearnsWhichAreCompatible) {
  Catalog catalog(file(), Catalog::Mode::kWrite);
  EXPECT_EQ(RawDatabase(file()).value("PRAGMA user_version"), std::to_string(newest_version()));
  EXPECT_THAT(catalog.check(), IsEmpty());
  EXPECT_EQ(catalog.merge_tree(model_)->ceiling, 1.5);
  EXPECT_EQ(catalog.compatible_model(model_), std::nullopt);
  const ModelId other = catalog.put_model({.name = "n", .dimension = 2});
  catalog.put_compatible_model({.model = other, .other = model_});
  EXPECT_EQ(catalog.compatible_model(other)->other, model_);
  EXPECT_THROW(catalog.put_compatible_model({.model = other, .other = 99}), std::logic_error);
}

/// Version 3 knew of files that are no photos only that.
TEST_F(CatalogTest, Version3LooksOnceMoreAtWhatWasNoPhoto) {
  make_version(file(), 3);
  RawDatabase(file()).execute(
      "INSERT INTO photo VALUES (1, zeroblob(32), 'jpeg', 40, 30);"
      "INSERT INTO path VALUES (CAST('/a.jpg' AS BLOB), 1, 5, 1, '', 0),"
      "                        (CAST('/b.nef' AS BLOB), 1, 5, NULL, 'the TIFF is broken', 0);");
  const std::vector<PathRecord> paths = Catalog(file(), Catalog::Mode::kWrite).paths();
  ASSERT_EQ(paths.size(), 2U);
  EXPECT_EQ(paths[0].mtime_ns, 5);
  EXPECT_EQ(paths[1].mtime_ns, -1);
  EXPECT_EQ(paths[1].error, "the TIFF is broken");
  EXPECT_EQ(paths[1].skipped, "");
}

/// Version 5 knew only plain cuts.
TEST_F(CatalogTest, Version5KeepsTheThresholdsOfItsRuns) {
  make_version(file(), 5);
  RawDatabase(file()).execute(
      "INSERT INTO model VALUES (1, 'm', '', 0, 1), (2, 'n', '', 0, 1);"
      "INSERT INTO compatible_model VALUES (1, 2, 1, 2, 3, 4, 0, 0, 0, 0);"
      "INSERT INTO clustering VALUES (1, '2024-01-02T03:04:05Z', 1, 1.38, 7, 3, 0, 0, 0, 2, 0, "
      "0);");
  Catalog catalog(file(), Catalog::Mode::kWrite);
  const ClusteringRecord run = *catalog.last_clustering();
  EXPECT_EQ(run.threshold, 1.38);
  EXPECT_EQ(run.faces, 7);
  EXPECT_EQ(run.kept_names, 2);
  const CompatibleModel pair = *catalog.compatible_model(run.model);
  EXPECT_EQ(pair.across.steepness, 4);
  EXPECT_FALSE(pair.across.joins.is_measured());
  EXPECT_THAT(catalog.departures(), IsEmpty());
}

/// Version 6 knew nothing of a vector but its direction.
TEST_F(CatalogTest, Version6HasVectorsOfWhichItIsNotKnownHowMuchTheySay) {
  constexpr ModelId kModel = 1;
  make_version(file(), 6);
  RawDatabase(file()).execute(
      "INSERT INTO model VALUES (1, 'm', '', 0, 1);"
      "INSERT INTO photo VALUES (1, zeroblob(32), 'jpeg', 40, 30);"
      "INSERT INTO face (id, photo, x, y, width, height, score, landmarks)"
      "  VALUES (1, 1, 1, 1, 10, 10, 0.9, x'');"
      "INSERT INTO embedding VALUES (1, 1, x'0000803f');");
  Catalog catalog(file(), Catalog::Mode::kWrite);
  EXPECT_THAT(catalog.evidence(kModel), IsEmpty());
  EXPECT_THAT(catalog.photos_without_evidence(kModel), ElementsAre(1));
  EXPECT_THAT(catalog.unrecognisable(), IsEmpty());
  EXPECT_FALSE(catalog.models()[0].recognisability.is_measured());
  EXPECT_THAT(catalog.check(), IsEmpty());
}

/// Version 9 knew no videos.
TEST_F(CatalogTest, Version9HasPhotosAndNoVideos) {
  make_version(file(), 9);
  RawDatabase(file()).execute(
      "INSERT INTO photo (id, sha256, format, width, height) VALUES (1, zeroblob(32), 'jpeg', 40, "
      "30);"
      "INSERT INTO face (id, photo, x, y, width, height, score, landmarks)"
      "  VALUES (1, 1, 1, 1, 10, 10, 0.9, x'');");
  Catalog catalog(file(), Catalog::Mode::kWrite);
  EXPECT_FALSE(catalog.photo(1).duration_ms);
  EXPECT_FALSE(catalog.face(1).time_ms);
  EXPECT_THAT(catalog.seen_together(), IsEmpty());
  EXPECT_THAT(catalog.check(), IsEmpty());
}

/// Version 10 knew no faces that were marked by hand, and no facts that were said in one step.
TEST_F(CatalogTest, Version10HasFacesThatDetectorsFound) {
  make_version(file(), 10);
  RawDatabase(file()).execute(
      "INSERT INTO photo (id, sha256, format, width, height) VALUES (1, zeroblob(32), 'jpeg', 40, "
      "30);"
      "INSERT INTO face (id, photo, x, y, width, height, score, landmarks)"
      "  VALUES (1, 1, 1, 1, 10, 10, 0.9, x'');"
      "INSERT INTO person (id) VALUES (1);"
      "INSERT INTO fact (kind, person, value, created) VALUES ('name', 1, 'Ann', 'then');");
  Catalog catalog(file(), Catalog::Mode::kWrite);
  EXPECT_FALSE(catalog.face(1).by_hand);
  EXPECT_THAT(catalog.withdrawn_faces(), IsEmpty());
  EXPECT_EQ(catalog.facts()[0].step, 0);
  EXPECT_THAT(catalog.check(), IsEmpty());
}

}  // namespace
}  // namespace facenet
