// Catalogs that are damaged, or made to harm: whatever reads them says so in one line. Nothing
// crashes, hangs, or takes damage for a mistake of its own, and `catalog check` knows of all that
// is refused.
#include <limits>
#include <random>
#include <set>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "library/recluster.h"
#include "test/catalog/fixture.h"
#include "test/library/full_catalog.h"

namespace facenet {
namespace {

constexpr unsigned kMostSeconds = 20;  // for one damaged catalog; a hang ends the program

/// Nothing here must outlive a power cut.
const bool in_memory = ::access("/dev/shm", W_OK) == 0 && ::setenv("TMPDIR", "/dev/shm", 0) == 0;

class HostileTest : public CatalogTest {
 protected:
  HostileTest() {
    static_cast<void>(in_memory);
    make_full_catalog(file());
    sound_ = file_bytes(file());
  }
  ~HostileTest() override { ::alarm(0); }

  void damage(const std::string& sql) const { damage_rows(file(), sql); }

  void expect_no_harm(const std::string& what) {
    SCOPED_TRACE(what);
    ::alarm(kMostSeconds);
    std::size_t findings = 0;
    const Outcome checked = outcome_of([&] { findings = findings_of(file()); });
    EXPECT_EQ(checked.bug, "") << "check";
    const bool sound = findings == 0 && !checked.refused;
    const auto expect_told = [&](const Outcome& outcome, const char* who, std::size_t which) {
      EXPECT_EQ(outcome.bug, "") << who << ' ' << which;
      EXPECT_FALSE(sound && outcome.refused) << who << ' ' << which << " refuses what is sound";
    };
    const Outcome read = outcome_of([&] {
      const Catalog catalog(file(), Catalog::Mode::kRead);
      for (std::size_t i = 0; i < catalog_readers().size(); ++i)
        expect_told(outcome_of([&] { catalog_readers()[i](catalog); }), "reader", i);
    });
    expect_told(read, "opening", 0);
    const Outcome written = outcome_of([&] {
      Catalog catalog(file(), Catalog::Mode::kWrite);
      for (std::size_t i = 0; i < catalog_writers().size(); ++i)
        expect_told(outcome_of([&] {
                      const Catalog::Transaction undone(catalog);
                      catalog_writers()[i](catalog);
                    }),
                    "writer", i);
    });
    expect_told(written, "opening", 1);
    write_file(file(), sound_);
    ++tried_;
  }

  std::string sound_;
  int tried_ = 0;
};

TEST_F(HostileTest, WhatIsSoundIsTaken) {
  EXPECT_EQ(findings_of(file()), 0U);
  for (const auto& read : catalog_readers()) {
    const Outcome outcome = outcome_of([&] { read(Catalog(file(), Catalog::Mode::kRead)); });
    EXPECT_EQ(outcome.bug, "");
    EXPECT_FALSE(outcome.refused);
  }
}

TEST_F(HostileTest, EveryColumnMayHoldAnything) {
  for (const auto& [table, column] : columns_of(file()))
    for (const char* value : {"NULL", "-1", "77", "9223372036854775807", "9e999", "x'00'",
                              "zeroblob(33)", "CAST(x'ff0afe' AS TEXT)"}) {
      const std::string sql = fmt::format("UPDATE OR IGNORE {} SET {} = {}", table, column, value);
      try {
        damage(sql);
      } catch (const std::runtime_error&) {
        write_file(file(), sound_);
        continue;  // SQLite itself does not take it
      }
      expect_no_harm(sql);
    }
  EXPECT_GT(tried_, 250);
}

TEST_F(HostileTest, EveryTableMayLoseItsRows) {
  std::set<std::string> tables;
  for (const auto& [table, column] : columns_of(file())) tables.insert(table);
  for (const std::string& table : tables)
    for (const char* which : {"", " LIMIT 1", " LIMIT 1 OFFSET 2"}) {
      const bool whole = *which == '\0';
      RawDatabase raw(file());
      const std::string key =
          raw.value(fmt::format("SELECT group_concat('\"' || name || '\"') FROM "
                                "pragma_table_info('{}') WHERE pk > 0",
                                table));
      const std::string sql =
          whole ? fmt::format("DELETE FROM {}", table)
                : fmt::format("DELETE FROM {} WHERE ({}) IN (SELECT {} FROM {}{})", table, key, key,
                              table, which);
      damage(sql);
      expect_no_harm(sql);
    }
}

TEST_F(HostileTest, VectorsBoxesAndLandmarksMayBeNoNumbers) {
  const char* const kInfinite = "x'0000807f'";
  const char* const kNan = "x'0000c07f'";
  for (const char* number : {kInfinite, kNan, "x'ffff7f7f'", "x'00000000'"}) {
    for (const std::string sql :
         {"UPDATE embedding SET vector = {0} || {0} || {0} || {0}",
          "UPDATE embedding SET vector = {0} || {0} || {0} || {0} WHERE face = 3",
          "UPDATE face SET landmarks = CAST({0} || substr(landmarks, 5) AS BLOB)",
          "UPDATE embedding SET vector = CAST({0} || substr(vector, 5) AS BLOB)"}) {
      const std::string filled = fmt::format(fmt::runtime(sql), number);
      damage(filled);
      expect_no_harm(filled);
    }
  }
}

TEST_F(HostileTest, TreesMayJoinAnything) {
  std::mt19937 random(3);
  const auto bytes_of = [](const auto& values) {
    std::string hex = "x'";
    for (const std::byte byte : std::as_bytes(std::span(values)))
      hex += fmt::format("{:02x}", std::to_integer<int>(byte));
    return hex + "'";
  };
  const MergeTree sound = *Catalog(file(), Catalog::Mode::kRead).merge_tree(1);
  ASSERT_GT(sound.merges.size(), 3U);
  for (int i = 0; i < 40; ++i) {
    MergeTree tree = sound;
    for (int change = 0; change < 1 + i % 3; ++change) {
      TreeMerge& merge = tree.merges[random() % tree.merges.size()];
      const FaceId any = tree.faces[random() % tree.faces.size()];
      switch (random() % 6) {
        case 0:
          merge.second = merge.first;
          break;
        case 1:
          std::swap(merge.first, merge.second);
          break;
        case 2:
          merge.first = any;
          break;
        case 3:
          merge.second = any;
          break;
        case 4:
          merge.height = std::numeric_limits<double>::quiet_NaN();
          break;
        default:
          merge.second = 999;
      }
    }
    if (i % 5 == 4) tree.faces.back() = tree.faces.front();
    damage(fmt::format("UPDATE merge_tree SET faces = {}, signatures = {}, merges = {}",
                       bytes_of(tree.faces), bytes_of(tree.signatures), bytes_of(tree.merges)));
    // The groups are found anew, by the tree alone or by growing it.
    if (i % 2 == 0) damage("UPDATE property SET value = 'other' WHERE key = 'partition'");
    expect_no_harm(fmt::format("tree {}", i));
  }
}

/// A tree of the right form that joins all of what facts and photos keep apart.
TEST_F(HostileTest, ATreeThatJoinsWhatFactsKeepApartIsMadeAgain) {
  MergeTree tree = *Catalog(file(), Catalog::Mode::kRead).merge_tree(1);
  tree.merges.clear();
  for (std::size_t i = 1; i < tree.faces.size(); ++i)
    tree.merges.push_back({.first = tree.faces[0], .second = tree.faces[i], .height = 0.01});
  Catalog catalog(file(), Catalog::Mode::kWrite);
  catalog.put_merge_tree(1, tree);
  catalog.set_property("partition", "other");
  EXPECT_THAT(catalog.check(), testing::IsEmpty());
  EXPECT_THAT(broken_trees(catalog), testing::SizeIs(1));
  const auto before = catalog.memberships();
  EXPECT_EQ(regroup_all(catalog).computation, Computation::kScratch);
  EXPECT_EQ(catalog.memberships(), before);
  EXPECT_THAT(broken_trees(catalog), testing::IsEmpty());
}

TEST_F(HostileTest, FactsMayGoInRings) {
  for (const char* sql :
       {"UPDATE fact SET undoes = id",
        "UPDATE fact SET undoes = 12 - id WHERE id < 12",
        "UPDATE fact SET kind = 'merge', person = 1, other = 1",
        "UPDATE fact SET kind = 'merge', person = 1 + id % 3, other = 1 + (id + 1) % 3",
        "UPDATE fact SET kind = 'name', value = 'Ann'",
        "UPDATE fact SET kind = 'undo'",
        "UPDATE fact_face SET role = 7",
        "UPDATE fact_move SET source = target",
        "UPDATE fact SET undone = 1 - undone",
        "UPDATE fact SET kind = 'split', other = NULL",
        "UPDATE membership SET person = 1",
        "UPDATE membership SET person = face % 3 + 1",
        "UPDATE sqlite_sequence SET seq = 9223372036854775807",
        "DELETE FROM sqlite_sequence",
        "UPDATE sqlite_sequence SET seq = 'x'",
        "UPDATE sqlite_sequence SET seq = 0",
        "UPDATE model SET dimension = 2147483647",
        "UPDATE model SET dimension = 4294967300",
        "UPDATE photo SET sha256 = zeroblob(20000) WHERE id = 1",
        "UPDATE face SET photo = 77 WHERE id = 2",
        "UPDATE path SET photo = 77"}) {
    damage(sql);
    expect_no_harm(sql);
  }
}

TEST_F(HostileTest, EveryByteMayBeAnother) {
  std::mt19937 random(5);
  for (int i = 0; i < 80; ++i) {
    std::string bytes = sound_;
    for (int flip = 0; flip < 1 + i % 4; ++flip) {
      // Mostly where something stands: pages are filled from both ends.
      const std::size_t page = random() % (bytes.size() / 16384);
      const std::size_t at = i % 3 == 0 ? random() % 200 : 16383 - random() % 1500;
      bytes[page * 16384 + at] = static_cast<char>(random());
    }
    write_file(file(), bytes);
    expect_no_harm(fmt::format("flip {}", i));
  }
}

TEST_F(HostileTest, StrangeViewsAndTriggersAreRefused) {
  for (const char* sql :
       {"CREATE TRIGGER t AFTER INSERT ON person BEGIN DELETE FROM fact; END",
        "CREATE VIEW endless AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x FROM r) "
        "SELECT x FROM r",
        "CREATE VIEW pragma_foreign_key_check AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT "
        "x FROM r) SELECT x FROM r",
        "DROP VIEW person_state; CREATE VIEW person_state AS WITH RECURSIVE r(x) AS (SELECT 1 "
        "UNION "
        "ALL SELECT x FROM r) SELECT x AS person, '' AS name, 0 AS hidden, 0 AS merged_into FROM r",
        "CREATE TABLE mine (x)", "CREATE INDEX mine ON face (score)"}) {
    RawDatabase(file()).execute(sql);
    EXPECT_THROW(findings_of(file()), Error) << sql;
    expect_no_harm(sql);
  }
}

}  // namespace
}  // namespace facenet
