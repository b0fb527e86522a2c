#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/format.h"
#include "catalog/backup.h"
#include "library/merging/merge_catalog.h"
#include "people/facts.h"
#include "people/grouping/regroup.h"
#include "people/partition.h"
#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A face, whatever the catalog: its photo and where it is there.
using Place = std::pair<std::string, int>;

/// A catalog somewhere, of photos that others may have too.
class Somewhere {
 public:
  explicit Somewhere(const std::string& path) : catalog(path, Catalog::Mode::kCreate) {
    model_ = catalog.put_model({.name = "m", .weights_sha256 = "w", .dimension = 2});
    catalog.set_property("detector", "yunet");
  }

  /// Photo `number`, in the folder `root`; what it shows does not depend on the catalog.
  std::vector<FaceId> add_photo(int number, int faces, const std::string& root) {
    std::vector<FaceRecord> records;
    for (int i = 0; i < faces; ++i) records.push_back(make_face(100.0F * static_cast<float>(i), 5));
    std::vector<FaceId> ids;
    const PhotoId photo = catalog.add_photo(make_photo(number), records, &ids);
    catalog.put_path({.path = fmt::format("{}/{}.jpg", root, number), .photo = photo});
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto angle = static_cast<float>(10 * number) + static_cast<float>(i);
      catalog.put_embedding(ids[i], model_, std::vector{std::cos(angle), std::sin(angle)});
    }
    return ids;
  }

  void group(const std::vector<std::vector<FaceId>>& groups) {
    const ClusteringInput input = clustering_input(catalog, model_);
    std::vector<std::int32_t> cluster;
    for (const FaceId face : input.faces) {
      const auto group = std::ranges::find_if(
          groups, [&](const auto& faces) { return std::ranges::find(faces, face) != faces.end(); });
      cluster.push_back(static_cast<std::int32_t>(group - groups.begin()));
    }
    store_groups(catalog, plan_groups(catalog, input, cluster));
  }

  /// Says that the facts from number `first` on were said at these times, a minute apart.
  void date_facts(std::int64_t first, int minute, int step = 1) {
    std::vector<FactRecord> facts = catalog.facts();
    for (FactRecord& fact : facts) {
      if (fact.id < first) continue;
      fact.created = fmt::format("2026-01-{:02}T{:02}:{:02}:00Z", 1 + minute / 1440,
                                 minute / 60 % 24, minute % 60);
      minute += step;
    }
    catalog.replace_facts(facts);
  }

  Place place_of(FaceId id) const {
    const FaceRecord face = catalog.face(id);
    return {catalog.photo(face.photo).sha256.hex(), static_cast<int>(face.x)};
  }

  PersonId person_of(FaceId face) const { return catalog.person_of(face).value_or(0); }
  std::string name_of(FaceId face) const { return catalog.person(person_of(face))->name; }

  /// Who is who by what was said: groups of places, with their names.
  std::set<std::pair<std::string, std::set<Place>>> held_people() const {
    std::map<PersonId, std::set<Place>> held;
    for (const auto& [face, person] : knowledge_from(catalog.facts()).held)
      held[successor_of(catalog, person)].insert(place_of(face));
    std::set<std::pair<std::string, std::set<Place>>> people;
    for (const auto& [person, places] : held) people.emplace(catalog.person(person)->name, places);
    return people;
  }

  std::map<Place, std::vector<float>> vectors() const {
    std::map<Place, std::vector<float>> vectors;
    for (const FaceId face : catalog.embedded_faces(model_))
      vectors.emplace(place_of(face), catalog.embedding(face, model_));
    return vectors;
  }

  /// What was said, in its order.
  std::vector<std::tuple<std::string, std::string, std::string, bool>> said() const {
    std::vector<std::tuple<std::string, std::string, std::string, bool>> said;
    for (const FactRecord& fact : catalog.facts())
      said.emplace_back(fact.created, fact.kind, fact.value, fact.undone);
    return said;
  }

  Catalog catalog;

 private:
  ModelId model_ = 0;
};

class MergeTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_.path() + "/" + name + ".db"; }
  /// Merges, and looks whether the catalog is sound and has all that there is to have.
  static MergeReport merge(Somewhere& into, const Somewhere& from) {
    const MergeReport report = merge_catalog(into.catalog, from.catalog);
    EXPECT_THAT(into.catalog.check(), IsEmpty());
    EXPECT_THAT(broken_facts(into.catalog), IsEmpty());
    const auto before = into.held_people();
    EXPECT_FALSE(merge_catalog(into.catalog, from.catalog).changes_anything());
    EXPECT_EQ(into.held_people(), before);
    return report;
  }

  TemporaryFolder folder_;
};

TEST_F(MergeTest, BringsPhotosFacesVectorsPeopleAndNames) {
  Somewhere laptop(path("laptop"));
  const auto first = laptop.add_photo(1, 2, "/laptop");
  laptop.group({{first[0]}, {first[1]}});
  name_person(laptop.catalog, laptop.person_of(first[0]), "Ann");
  Somewhere server(path("server"));
  const auto shared = server.add_photo(1, 2, "/server");
  const auto other = server.add_photo(2, 1, "/server");
  server.group({{shared[1], other[0]}, {shared[0]}});
  name_person(server.catalog, server.person_of(other[0]), "Bob");

  const MergeReport report = merge(laptop, server);
  EXPECT_EQ(report.photos, 1);
  EXPECT_EQ(report.known_photos, 1);
  EXPECT_EQ(report.faces, 1);
  EXPECT_EQ(report.vectors, 1);
  EXPECT_EQ(report.facts, 1);
  EXPECT_EQ(report.people, 0) << "who has a face in common is one person";
  EXPECT_THAT(report.contradictions, IsEmpty());
  EXPECT_EQ(laptop.name_of(first[0]), "Ann");
  EXPECT_EQ(laptop.name_of(first[1]), "Bob");
  EXPECT_EQ(laptop.vectors(), server.vectors());
  std::set<std::string> paths;
  for (const PathRecord& record : laptop.catalog.paths()) paths.insert(record.path);
  EXPECT_THAT(paths, ElementsAre("/laptop/1.jpg", "/server/1.jpg", "/server/2.jpg"));
}

TEST_F(MergeTest, PeopleOfOneNameAreOneAndALaterNameCounts) {
  Somewhere here(path("here"));
  const auto a = here.add_photo(1, 1, "/a");
  const auto b = here.add_photo(2, 1, "/a");
  here.group({{a[0]}, {b[0]}});
  name_person(here.catalog, here.person_of(a[0]), "Ann");
  name_person(here.catalog, here.person_of(b[0]), "Bob");
  here.date_facts(1, 10);
  Somewhere there(path("there"));
  const auto c = there.add_photo(3, 1, "/b");
  const auto d = there.add_photo(2, 1, "/b");
  there.group({{c[0]}, {d[0]}});
  name_person(there.catalog, there.person_of(c[0]), "Ann");
  name_person(there.catalog, there.person_of(d[0]), "Robert");
  there.date_facts(1, 5);

  const MergeReport report = merge(here, there);
  EXPECT_EQ(here.name_of(b[0]), "Bob") << "was said later";
  EXPECT_THAT(report.contradictions,
              ElementsAre(HasSubstr("is Bob in one and Robert in the other: now Bob")));
  const FaceId new_face = here.catalog.faces().back().id;
  EXPECT_EQ(here.person_of(new_face), here.person_of(a[0]));

  const MergeReport back = merge_catalog(there.catalog, here.catalog);
  EXPECT_THAT(back.contradictions, ElementsAre(HasSubstr("now Bob")));
  EXPECT_EQ(there.name_of(d[0]), "Bob");
  EXPECT_EQ(there.held_people(), here.held_people());
}

TEST_F(MergeTest, WhatBothHaveFromOneOriginIsThereOnce) {
  Somewhere origin(path("origin"));
  const auto faces = origin.add_photo(1, 3, "/a");
  origin.group({{faces[0]}, {faces[1]}, {faces[2]}});
  name_person(origin.catalog, origin.person_of(faces[0]), "Ann");
  name_person(origin.catalog, origin.person_of(faces[1]), "Bob");
  backup_catalog(path("origin"), path("copy"), false);
  // Both go on: one takes a name back, the other gives one.
  undo_fact(origin.catalog, {});
  Catalog copy(path("copy"), Catalog::Mode::kWrite);
  name_person(copy, copy.person_of(faces[2]).value(), "Cem");

  const MergeReport report = merge_catalog(origin.catalog, copy);
  EXPECT_EQ(report.facts, 1);
  EXPECT_EQ(report.people, 0);
  EXPECT_EQ(origin.name_of(faces[0]), "Ann");
  EXPECT_EQ(origin.name_of(faces[1]), "") << "was taken back";
  EXPECT_EQ(origin.name_of(faces[2]), "Cem");
  EXPECT_THAT(broken_facts(origin.catalog), IsEmpty());
  EXPECT_EQ(merge_catalog(copy, origin.catalog).facts, 1) << "that it was taken back";
  EXPECT_EQ(copy.person(copy.person_of(faces[1]).value())->name, "");
}

TEST_F(MergeTest, WhatIsForgottenHereStaysOut) {
  Somewhere here(path("here"));
  const auto gone = here.add_photo(1, 1, "/a");
  here.group({{gone[0]}});
  here.catalog.forget({.photos = {here.catalog.photo_of(gone[0])}, .faces = {gone[0]}});
  Somewhere there(path("there"));
  const auto faces = there.add_photo(1, 1, "/b");
  there.group({{faces[0]}});
  name_person(there.catalog, there.person_of(faces[0]), "Ann");
  const MergeReport report = merge(here, there);
  EXPECT_EQ(report.forgotten_photos, 1);
  EXPECT_EQ(report.lost_facts, 1);
  EXPECT_THAT(here.catalog.photos(), IsEmpty());
}

TEST_F(MergeTest, AnotherPhotoAtTheSamePathIsLeftOutAndSaid) {
  Somewhere here(path("here"));
  here.add_photo(1, 1, "/photos");
  Somewhere there(path("there"));
  const auto faces = there.add_photo(2, 1, "/photos");
  there.catalog.put_path({.path = "/photos/1.jpg", .photo = there.catalog.photo_of(faces[0])});
  there.catalog.remove_path("/photos/2.jpg");
  const MergeReport report = merge(here, there);
  EXPECT_THAT(report.other_photos_at, ElementsAre("/photos/1.jpg"));
  EXPECT_EQ(report.photos, 0);
}

TEST_F(MergeTest, AFaceThatOnlyTheirsHasComesWithWhatWasSaidOfIt) {
  Somewhere here(path("here"));
  const auto known = here.add_photo(1, 1, "/a");
  here.group({{known[0]}});
  Somewhere there(path("there"));
  const auto faces = there.add_photo(1, 3, "/b");
  there.group({{faces[0]}, {faces[1]}, {faces[2]}});
  name_person(there.catalog, there.person_of(faces[1]), "Ann");
  const MergeReport report = merge(here, there);
  EXPECT_EQ(report.faces, 1) << "nothing was said of the third";
  const FaceRecord added = here.catalog.faces().back();
  EXPECT_TRUE(added.lost);
  EXPECT_EQ(here.name_of(added.id), "Ann");
}

TEST_F(MergeTest, FacesThatWereSeenTogetherInAVideoStillAre) {
  Somewhere here(path("here"));
  here.add_photo(1, 3, "/a");
  Somewhere there(path("there"));
  for (const int number : {2, 3}) {
    PhotoRecord film = make_photo(number);
    film.duration_ms = 5000;
    const std::vector records = {make_face(1, 1), make_face(100, 1), make_face(200, 1)};
    std::vector<FaceId> faces;
    const PhotoId photo = there.catalog.add_photo(film, records, &faces);
    there.catalog.put_path({.path = fmt::format("/b/{}.mp4", number), .photo = photo});
    there.catalog.set_seen_together(
        photo, std::vector{std::pair(faces[0], faces[1]), std::pair(faces[0], faces[2])});
  }
  merge(here, there);
  EXPECT_THAT(here.catalog.seen_together(),
              ElementsAre(std::pair(4, 5), std::pair(4, 6), std::pair(7, 8), std::pair(7, 9)));
}

TEST_F(MergeTest, PhotosOfAnotherDetectorWaitForOurs) {
  Somewhere here(path("here"));
  here.add_photo(1, 1, "/a");
  Somewhere there(path("there"));
  there.catalog.set_property("detector", "mtcnn");
  there.add_photo(2, 1, "/b");
  merge(here, there);
  EXPECT_THAT(here.catalog.outdated_photos(), ElementsAre(2));
  EXPECT_EQ(here.catalog.property("detector"), "yunet");
}

TEST_F(MergeTest, PeopleMergedInOppositeDirectionsAreOne) {
  Somewhere origin(path("origin"));
  const auto faces = origin.add_photo(1, 1, "/a");
  const auto more = origin.add_photo(2, 1, "/a");
  origin.group({{faces[0]}, {more[0]}});
  const PersonId first = origin.person_of(faces[0]);
  const PersonId second = origin.person_of(more[0]);
  name_person(origin.catalog, first, "Ann");
  name_person(origin.catalog, second, "Bob");
  backup_catalog(path("origin"), path("copy"), false);
  merge_people(origin.catalog, first, second);
  origin.date_facts(3, 10);
  Catalog copy(path("copy"), Catalog::Mode::kWrite);
  merge_people(copy, second, first);
  merge_catalog(origin.catalog, copy);
  EXPECT_THAT(origin.catalog.check(), IsEmpty());
  EXPECT_EQ(origin.person_of(faces[0]), origin.person_of(more[0]));
}

/// Two catalogs of photos of which they share some, each with a life of its own.
class MergedLives : public MergeTest {
 protected:
  void live(Somewhere& place, int first, int last, const std::string& root, int minute) {
    std::vector<FaceId> faces;
    for (int number = first; number <= last; ++number)
      for (const FaceId face : place.add_photo(number, 2, root)) faces.push_back(face);
    std::vector<std::vector<FaceId>> groups(faces.size());
    for (const FaceId face : faces)
      groups[static_cast<std::size_t>(face) % (faces.size() / 2)].push_back(face);
    std::erase_if(groups, [](const auto& group) { return group.empty(); });
    place.group(groups);
    for (int i = 0; i < 12; ++i) say_something(place, faces);
    place.date_facts(1, minute, 2);
  }

  void say_something(Somewhere& place, const std::vector<FaceId>& faces) {
    const auto draw_face = [&] {
      return faces[static_cast<std::size_t>(
          draw(random_, static_cast<std::int32_t>(faces.size())))];
    };
    const FaceId face = draw_face();
    const PersonId a = place.person_of(face);
    const PersonId b = place.person_of(draw_face());
    try {
      switch (draw(random_, 7)) {
        case 0:
        case 1:
          name_person(place.catalog, a, fmt::format("Person {}", draw(random_, 6)));
          break;
        case 2:
          merge_people(place.catalog, a, b);
          break;
        case 3:
          move_faces(place.catalog, std::vector{face}, b);
          break;
        case 4:
          reject_faces(place.catalog, std::vector{face});
          break;
        case 5:
          tell_apart(place.catalog, a, b);
          break;
        default:
          undo_fact(place.catalog, {});
      }
    } catch (const Error&) {
      // Such as a name that somebody has.
    }
  }

  Random random_{11};
};

TEST_F(MergedLives, HoldAllThatEitherHeldWhicheverTakesIn) {
  int merged = 0;
  for (int trial = 0; trial < 40; ++trial) {
    const auto name = [&](const char* what) { return path(fmt::format("{}-{}", what, trial)); };
    Somewhere left(name("left"));
    Somewhere right(name("right"));
    live(left, 1, 6, "/left", 0);
    live(right, 5, 10, "/right", 1);
    const auto left_said = left.said();
    const auto right_said = right.said();
    auto vectors = left.vectors();
    vectors.merge(right.vectors());
    MergeReport report;
    try {
      report = merge(left, right);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("give one another name first"));
      continue;
    }
    ++merged;
    EXPECT_EQ(left.vectors(), vectors);
    EXPECT_EQ(left.catalog.photos().size(), 10U);
    // In the order of time, with what the merge itself had to say at the end.
    auto said = left.said();
    const std::size_t all = left_said.size() + right_said.size();
    ASSERT_LE(said.size(), all + report.contradictions.size());
    for (std::size_t i = 1; i < said.size(); ++i)
      EXPECT_LE(std::get<0>(said[i - 1]), std::get<0>(said[i]));
    std::set<std::string> times;
    for (const auto& one : said) times.insert(std::get<0>(one));
    std::size_t missing = 0;
    for (const auto* from : {&left_said, &right_said})
      for (const auto& one : *from) missing += times.contains(std::get<0>(one)) ? 0 : 1;
    EXPECT_EQ(missing, 0U) << "everything was said at a time of its own";
  }
  EXPECT_GT(merged, 30);
}

TEST_F(MergeTest, ImportsComeAsOneStepWithTheFacesThatWereMarkedByHand) {
  Somewhere here(path("here"));
  const auto a = here.add_photo(1, 1, "/a");
  here.group({{a[0]}});
  name_person(here.catalog, here.person_of(a[0]), "Ann");
  here.date_facts(1, 10);
  Somewhere there(path("there"));
  const auto b = there.add_photo(1, 1, "/b");
  there.group({{b[0]}});
  std::vector<FaceId> marked;
  for (const float x : {300.0F, 500.0F}) {
    FaceRecord record = make_face(x, 5);
    record.photo = there.catalog.photo_of(b[0]);
    record.by_hand = true;
    marked.push_back(there.catalog.add_face(record));
    there.catalog.bring_back_face(marked.back(), there.catalog.add_person());
  }
  name_faces(there.catalog, std::vector{marked[1]}, "Gone");
  undo_fact(there.catalog, {});
  {
    const Catalog::Step step(there.catalog, {.kind = fact_kind::kImport});
    name_faces(there.catalog, std::vector{marked[0]}, "Bob");
  }
  there.date_facts(1, 20);

  merge(here, there);
  const std::vector<FaceRecord> faces = here.catalog.faces();
  ASSERT_EQ(faces.size(), 2U);
  EXPECT_TRUE(faces[1].by_hand);
  EXPECT_FALSE(faces[1].lost);
  EXPECT_EQ(here.name_of(faces[1].id), "Bob");
  EXPECT_EQ(here.catalog.withdrawn_faces().size(), 1U);
  const std::vector<FactRecord> facts = here.catalog.facts();
  EXPECT_EQ(facts.back().step, facts.back().id - 1);

  // Undone here, it is undone where both say what they know.
  undo_fact(here.catalog, {});
  EXPECT_EQ(here.catalog.faces().size(), 1U);
  merge(there, here);
  EXPECT_EQ(there.catalog.faces().size(), 1U);
}

}  // namespace
}  // namespace facenet
