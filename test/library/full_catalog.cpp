#include "test/library/full_catalog.h"

#include <cmath>
#include <random>
#include <stdexcept>

#include "base/error.h"
#include "base/format.h"
#include "catalog/damage.h"
#include "library/explain.h"
#include "library/grouping_rule.h"
#include "library/photo_list.h"
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

}  // namespace

ReclusterReport regroup_all(Catalog& catalog, bool allow_same_photo) {
  put_model(catalog);
  const CatalogModel model = model_of(catalog);
  ReclusterOptions options{.model = model.id, .dimension = kDimension};
  options.points = model.points;
  options.allow_same_photo = allow_same_photo;
  options.faces_per_change = 1;  // a small catalog would never grow
  return recluster(catalog, options);
}

void make_full_catalog(const std::string& path) {
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
  regroup_all(catalog);
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
  regroup_all(catalog);
  catalog.put_departure({.face = faces[10], .person = bob});
}

const std::vector<std::function<void(const Catalog&)>>& catalog_readers() {
  static const std::vector<std::function<void(const Catalog&)>> all = {
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
  return all;
}

const std::vector<std::function<void(Catalog&)>>& catalog_writers() {
  static const std::vector<std::function<void(Catalog&)>> all = {
      [](Catalog& catalog) { regroup_all(catalog); },
      [](Catalog& catalog) { regroup_all(catalog, true); },
      [](Catalog& catalog) {
        std::mt19937 random(7);
        std::vector<FaceId> ids;
        catalog.add_photo(make_photo(99), std::vector{make_face(1, 1)}, &ids);
        catalog.put_path({.path = "/99.jpg", .photo = catalog.find_photo(make_photo(99).sha256)});
        catalog.put_embedding(ids[0], put_model(catalog), vector_of(2, random));
        regroup_all(catalog);
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
  return all;
}

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

std::size_t findings_of(const std::string& path) {
  const Catalog catalog(path, Catalog::Mode::kRead);
  auto findings = catalog.check();
  if (findings.empty()) findings = broken_facts(catalog);
  if (findings.empty()) findings = broken_trees(catalog);
  return findings.size();
}

void damage_rows(const std::string& path, const std::string& sql) {
  RawDatabase(path).execute(
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

}  // namespace facenet
