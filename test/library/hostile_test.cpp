// Catalogs that are damaged, or made to harm: whatever reads them says so in one line. Nothing
// crashes, hangs, or takes damage for a mistake of its own, and `catalog check` knows of all that
// is refused.
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <set>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "catalog/damage.h"
#include "catalog/places.h"
#include "library/explain.h"
#include "library/grouping_rule.h"
#include "library/photo_list.h"
#include "library/recluster.h"
#include "library/recognise.h"
#include "library/review_queue.h"
#include "people/facts.h"
#include "people/partition.h"
#include "people/people.h"
#include "people/quality.h"
#include "people/review.h"
#include "people/statements.h"
#include "test/catalog/fixture.h"

namespace facenet {
namespace {

constexpr int kDimension = 4;
constexpr unsigned kMostSeconds = 20;  // for one damaged catalog; a hang ends the program

/// The first model in the file, with constants of its own.
CatalogModel model_of(const Catalog& catalog) {
  const std::vector<ModelRecord> models = catalog.models();
  if (models.empty()) fail("no model");
  CatalogModel model{.id = models.front().id, .info = {}, .points = {}, .threshold = {}};
  model.points.own = {.verification = 1,
                      .clustering = 0.8,
                      .midpoint = 1,
                      .steepness = 5,
                      .joins = kReferenceJoins};
  if (const auto pair = catalog.compatible_model(model.id)) {
    model.points.across = pair->across;
    model.points.other = pair->of_other;
  }
  model.info.embedding = kDimension;
  return model;
}

ModelId put_model(Catalog& catalog) {
  return catalog.put_model(
      {.name = "m", .weights_sha256 = "ab", .flip = true, .dimension = kDimension});
}

ReclusterReport regroup(Catalog& catalog, bool allow_same_photo = false) {
  put_model(catalog);
  const CatalogModel model = model_of(catalog);
  ReclusterOptions options{.model = model.id, .dimension = kDimension};
  options.points = model.points;
  options.allow_same_photo = allow_same_photo;
  options.faces_per_change = 1;  // a small catalog would never grow
  return recluster(catalog, options);
}

/// A vector near the axis of this identity.
std::vector<float> vector_of(int identity, std::mt19937& random) {
  std::vector<float> vector(kDimension);
  double squares = 0;
  for (int k = 0; k < kDimension; ++k) {
    float& value = vector[static_cast<std::size_t>(k)];
    value = (k == identity ? 1.0F : 0.0F) + 0.2F * std::normal_distribution<float>()(random);
    squares += static_cast<double>(value) * value;
  }
  for (float& value : vector) value /= static_cast<float>(std::sqrt(squares));
  return vector;
}

/// A small catalog with a row in every table, grouped, spoken of, and grouped again.
void make_catalog(const std::string& path) {
  std::mt19937 random(1);
  Catalog catalog(path, Catalog::Mode::kCreate);
  const ModelId model = put_model(catalog);
  const ModelId other =
      catalog.put_model({.name = "old", .weights_sha256 = "cd", .dimension = kDimension});
  const OperatingPoint point{1, 1, 1, 5, kReferenceJoins};
  catalog.put_compatible_model({model, other, point, point});
  std::vector<FaceId> faces;
  for (int number = 0; number < 8; ++number) {
    std::vector<FaceId> ids;
    const PhotoId photo = catalog.add_photo(make_photo(number),
                                            std::vector{make_face(1, 1), make_face(200, 5)}, &ids);
    catalog.put_path({.path = fmt::format("/{}.jpg", number), .photo = photo});
    for (std::size_t i = 0; i < ids.size(); ++i)
      catalog.put_embedding(ids[i], number == 7 ? other : model,
                            vector_of((number + static_cast<int>(i)) % 4, random));
    faces.insert(faces.end(), ids.begin(), ids.end());
  }
  catalog.put_path({.path = "/bad.jpg", .error = "is broken"});
  catalog.put_path({.path = "/a.mov", .skipped = "video"});
  catalog.set_property("detector", "yunet");
  catalog.outdate_photos();
  for (PhotoId photo = 2; photo <= 8; ++photo) catalog.set_up_to_date(photo);
  regroup(catalog);
  const auto person_of = [&](std::size_t face) { return catalog.memberships().at(faces[face]); };
  name_person(catalog, person_of(0), "Ann");
  const PersonId bob = name_person(catalog, person_of(1), "Bob").person;
  split_person(catalog, bob, std::vector{faces[1]});
  hide_person(catalog, person_of(1), true);
  merge_people(catalog, bob, person_of(4));
  undo_fact(catalog, {});
  reject_faces(catalog, std::vector{faces[8]});
  move_faces(catalog, std::vector{faces[8]}, bob);
  tell_apart(catalog, bob, person_of(0));
  allow_same_photo(catalog, 3);
  catalog.forget({.photos = {catalog.add_photo(make_photo(50), {})},
                  .faces = {catalog.add_face({.photo = 2, .x = 500, .width = 90, .height = 90})}});
  regroup(catalog);
  catalog.put_departure({.face = faces[10], .person = bob});
}

/// All that is read by the commands that only read.
std::vector<std::function<void(const Catalog&)>> readers() {
  return {
      [](const Catalog& catalog) { catalog.counts(); },
      [](const Catalog& catalog) { catalog.properties(); },
      [](const Catalog& catalog) { knowledge_from(catalog.facts()); },
      [](const Catalog& catalog) {
        for (const FactRecord& fact : catalog.facts()) describe_fact(fact);
      },
      [](const Catalog& catalog) { catalog.departures(); },
      [](const Catalog& catalog) { catalog.forgotten(); },
      [](const Catalog& catalog) { list_people(catalog, 1, true); },
      [](const Catalog& catalog) {
        for (const PersonRecord& person : catalog.people())
          if (person.merged_into == 0) find_person(catalog, person.id);
      },
      [](const Catalog& catalog) { find_named(catalog, "Ann"); },
      [](const Catalog& catalog) {
        using Kind = PhotoQuery::Kind;
        for (const Kind kind :
             {Kind::kAll, Kind::kWithoutFaces, Kind::kUnreadable, Kind::kSkipped, Kind::kMissing})
          list_photos(catalog, {.kind = kind});
      },
      [](const Catalog& catalog) {
        for (const PhotoId photo : catalog.photos_not_comparable(1)) catalog.photo(photo);
        for (const PhotoId photo : catalog.outdated_photos()) catalog.faces_of(photo);
      },
      [](const Catalog& catalog) { catalog.embedding(1, model_of(catalog).id); },
      [](const Catalog& catalog) {
        const CatalogModel model = model_of(catalog);
        for (const FaceId b : {2, 3, 5, 9, 12})
          explain_faces(catalog, model.id, model.points, 1, b);
      },
      [](const Catalog& catalog) {
        const CatalogModel model = model_of(catalog);
        review_queue(catalog, model.id, model.points, 10, 1);
      },
      [](const Catalog& catalog) {
        const CatalogModel model = model_of(catalog);
        const Recogniser recogniser(catalog, model);
        recogniser.nearest(std::vector<float>{1, 0, 0, 0});
        for (const auto& [face, person] : catalog.memberships()) recogniser.known(face, person);
      },
      [](const Catalog& catalog) {
        const PeopleVectors vectors(catalog, model_of(catalog).id);
        measure_quality(catalog, vectors, [](const auto&, const auto&) { return true; });
      },
  };
}

/// Those that write; what they do is undone afterwards.
std::vector<std::function<void(Catalog&)>> writers() {
  return {
      [](Catalog& catalog) { regroup(catalog); },
      [](Catalog& catalog) { regroup(catalog, true); },
      [](Catalog& catalog) {
        std::mt19937 random(7);
        std::vector<FaceId> ids;
        catalog.add_photo(make_photo(99), std::vector{make_face(1, 1)}, &ids);
        catalog.put_path({.path = "/99.jpg", .photo = catalog.find_photo(make_photo(99).sha256)});
        catalog.put_embedding(ids[0], put_model(catalog), vector_of(2, random));
        regroup(catalog);
      },
      [](Catalog& catalog) { undo_fact(catalog, {}); },
      [](Catalog& catalog) { undo_fact(catalog, 1); },
      [](Catalog& catalog) { undo_fact(catalog, 5); },
      [](Catalog& catalog) { name_faces(catalog, std::vector<FaceId>{3}, "Eve"); },
      [](Catalog& catalog) { move_faces(catalog, std::vector<FaceId>{5}, 2); },
      [](Catalog& catalog) { answer_pair(catalog, "1-2", true); },
      [](Catalog& catalog) { answer_pair(catalog, "2-3", false); },
      [](Catalog& catalog) {
        for (FaceRecord& face : catalog.faces_of(2)) {
          face.x += 1;
          catalog.change_face(face);
        }
      },
  };
}

struct Outcome {
  bool refused = false;  ///< as damaged
  std::string bug;
};

Outcome outcome_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const DamagedCatalog& error) {
    return {.refused = true, .bug = {}};
  } catch (const Error& error) {
    const std::string message = error.what();
    return {.refused = message.find("is damaged") != message.npos,
            .bug = message.find('\n') == message.npos ? "" : "several lines: " + message};
  } catch (const std::exception& error) {
    return {.refused = false, .bug = error.what()};
  }
  return {};
}

/// Every single thing that `facenet catalog check` says.
std::size_t findings_of(const std::string& path) {
  const Catalog catalog(path, Catalog::Mode::kRead);
  auto findings = catalog.check();
  if (findings.empty()) findings = broken_facts(catalog);
  if (findings.empty()) findings = broken_trees(catalog);
  return findings.size();
}

/// Nothing here must outlive a power cut.
const bool in_memory = ::access("/dev/shm", W_OK) == 0 && ::setenv("TMPDIR", "/dev/shm", 0) == 0;

class HostileTest : public CatalogTest {
 protected:
  HostileTest() {
    static_cast<void>(in_memory);
    make_catalog(file());
    sound_ = file_bytes(file());
  }
  ~HostileTest() override { ::alarm(0); }

  /// Without the types and checks of its tables, so that anything can be put into them.
  void damage(const std::string& sql) const {
    RawDatabase(file()).execute(
        "PRAGMA synchronous = OFF; PRAGMA writable_schema = ON;"
        "CREATE TEMP TABLE kept AS SELECT name AS kept_name, sql AS kept_sql FROM sqlite_schema;"
        "UPDATE sqlite_schema SET sql = replace(sql, 'STRICT, WITHOUT', 'WITHOUT');"
        "UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')');"
        "PRAGMA writable_schema = RESET;"
        "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;" +
        sql +
        "; PRAGMA writable_schema = ON;"
        "UPDATE sqlite_schema SET sql = (SELECT kept_sql FROM kept WHERE kept_name = name)");
  }

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
      for (std::size_t i = 0; i < readers().size(); ++i)
        expect_told(outcome_of([&] { readers()[i](catalog); }), "reader", i);
    });
    expect_told(read, "opening", 0);
    const Outcome written = outcome_of([&] {
      Catalog catalog(file(), Catalog::Mode::kWrite);
      for (std::size_t i = 0; i < writers().size(); ++i)
        expect_told(outcome_of([&] {
                      const Catalog::Transaction undone(catalog);
                      writers()[i](catalog);
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
  for (const auto& read : readers()) {
    const Outcome outcome = outcome_of([&] { read(Catalog(file(), Catalog::Mode::kRead)); });
    EXPECT_EQ(outcome.bug, "");
    EXPECT_FALSE(outcome.refused);
  }
}

/// Columns of every table that the program made.
std::vector<std::pair<std::string, std::string>> columns_of(const std::string& path) {
  RawDatabase raw(path);
  std::vector<std::pair<std::string, std::string>> columns;
  const auto list = [&](const std::string& sql) {
    std::vector<std::string> words;
    for (int i = 0;; ++i) {
      const std::string word = raw.value(fmt::format("{} LIMIT 1 OFFSET {}", sql, i));
      if (word.empty()) return words;
      words.push_back(word);
    }
  };
  for (const std::string& table :
       list("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
            "ORDER BY name"))
    for (const std::string& column :
         list(fmt::format("SELECT name FROM pragma_table_info('{}') ORDER BY cid", table)))
      columns.emplace_back(table, column);
  return columns;
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
  EXPECT_EQ(regroup(catalog).computation, Computation::kScratch);
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
