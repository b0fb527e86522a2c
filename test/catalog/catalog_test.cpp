#include "catalog/catalog.h"

#include <filesystem>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/format.h"
#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Pair;

void expect_equal(const PathRecord& a, const PathRecord& b) {
  EXPECT_EQ(a.path, b.path);
  EXPECT_EQ(a.size, b.size);
  EXPECT_EQ(a.mtime_ns, b.mtime_ns);
  EXPECT_EQ(a.photo, b.photo);
  EXPECT_EQ(a.error, b.error);
  EXPECT_EQ(a.skipped, b.skipped);
  EXPECT_EQ(a.missing, b.missing);
}

void expect_equal(const FaceRecord& a, const FaceRecord& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.photo, b.photo);
  EXPECT_EQ(a.x, b.x);
  EXPECT_EQ(a.y, b.y);
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  EXPECT_EQ(a.score, b.score);
  EXPECT_EQ(a.landmarks, b.landmarks);
}

TEST_F(CatalogTest, PropertiesAreKeptAndReplaced) {
  create().set_property("detector", "hog");
  Catalog catalog = create();
  EXPECT_EQ(catalog.property("detector"), "hog");
  EXPECT_EQ(catalog.property("model"), std::nullopt);
  catalog.set_property("detector", "mtcnn");
  catalog.set_property("a", "");
  EXPECT_THAT(catalog.properties(), ElementsAre(Pair("a", ""), Pair("detector", "mtcnn")));
}

TEST_F(CatalogTest, PathsAreAnyBytesAndSortedByThem) {
  Catalog catalog = create();
  const PhotoId photo = catalog.add_photo(make_photo(1), {});
  const std::vector<PathRecord> records = {
      {.path = "/\x01\n'\"%?#.jpg", .size = 1, .mtime_ns = -5, .photo = photo},
      {.path = "/a.jpg", .size = 1LL << 40, .mtime_ns = 1'700'000'000'123'456'789, .photo = photo},
      {.path = "/a.jpg/b", .size = 0, .error = "no JPEG: \xff\n", .missing = true},
      {.path = "/\x80\xff\xfe latin-1.jpg", .size = 7, .missing = true},
      {.path = "/\xc3\xa9.jpg", .size = 8, .skipped = "raw"},
  };
  for (auto record = records.rbegin(); record != records.rend(); ++record)
    catalog.put_path(*record);
  const std::vector<PathRecord> paths = catalog.paths();
  ASSERT_EQ(paths.size(), records.size());
  for (std::size_t i = 0; i < paths.size(); ++i) expect_equal(paths[i], records[i]);
}

TEST_F(CatalogTest, PuttingAPathAgainReplacesIt) {
  Catalog catalog = create();
  const PhotoId photo = catalog.add_photo(make_photo(1), {});
  catalog.put_path({.path = "/a", .size = 1, .mtime_ns = 1, .error = "broken"});
  const PathRecord mended = {.path = "/a", .size = 2, .mtime_ns = 2, .photo = photo};
  catalog.put_path(mended);
  ASSERT_EQ(catalog.paths().size(), 1U);
  expect_equal(catalog.paths().front(), mended);
}

TEST_F(CatalogTest, MissingPathsComeBack) {
  Catalog catalog = create();
  catalog.put_path({.path = "/a\xff"});
  catalog.put_path({.path = "/b"});
  catalog.set_missing("/a\xff", true);
  EXPECT_TRUE(catalog.paths()[0].missing);
  EXPECT_FALSE(catalog.paths()[1].missing);
  catalog.set_missing("/a\xff", false);
  EXPECT_FALSE(catalog.paths()[0].missing);
}

TEST_F(CatalogTest, PhotosAreFoundByTheirBytes) {
  Catalog catalog = create();
  const PhotoId first = catalog.add_photo(make_photo(1), {});
  const PhotoId second = catalog.add_photo(make_photo(2), {});
  EXPECT_EQ(catalog.find_photo(make_photo(1).sha256), first);
  EXPECT_EQ(catalog.find_photo(make_photo(2).sha256), second);
  EXPECT_EQ(catalog.find_photo(make_photo(3).sha256), std::nullopt);

  const PhotoRecord photo = catalog.photo(second);
  EXPECT_EQ(photo.id, second);
  EXPECT_EQ(photo.sha256, make_photo(2).sha256);
  EXPECT_EQ(photo.format, "jpeg");
  EXPECT_EQ(photo.width, 4000);
  EXPECT_EQ(photo.height, 3000);
  ASSERT_EQ(catalog.photos().size(), 2U);
  EXPECT_EQ(catalog.photos()[0].sha256, make_photo(1).sha256);
  EXPECT_THAT(error_of([&] { catalog.photo(99); }), HasSubstr("there is no photo 99"));
}

TEST_F(CatalogTest, TheMomentOfAPhotoIsKept) {
  Catalog catalog = create();
  PhotoRecord record = make_photo(1);
  record.moment = {.taken = 1'795'838'131, .perceptual_hash = ~std::uint64_t{0} - 5};
  const PhotoId photo = catalog.add_photo(record, std::vector{make_face(1, 1)});
  const PhotoId other = catalog.add_photo(make_photo(2), std::vector{make_face(1, 1)});
  catalog.add_photo(make_photo(3), {});
  EXPECT_EQ(catalog.photo(photo).moment, record.moment);
  EXPECT_EQ(catalog.photo(other).moment, PhotoMoment{});
  EXPECT_EQ(catalog.photos_without_moment(), std::vector{other}) << "of those with faces";
  const PhotoMoment later{.taken = -1, .perceptual_hash = 0};
  catalog.put_moment(other, later);
  EXPECT_EQ(catalog.photos()[1].moment, later);
  EXPECT_TRUE(catalog.photos_without_moment().empty());
}

TEST_F(CatalogTest, APhotoIsAddedOnce) {
  Catalog catalog = create();
  catalog.add_photo(make_photo(1), {});
  EXPECT_THROW(catalog.add_photo(make_photo(1), {}), std::logic_error);
  EXPECT_EQ(catalog.photos().size(), 1U);
}

TEST_F(CatalogTest, FacesComeBackAsTheyWere) {
  Catalog catalog = create();
  FaceRecord bare = make_face(-3.5F, 0.1F);
  bare.landmarks.clear();
  std::vector<FaceRecord> faces = {make_face(10, 20), bare};
  std::vector<FaceId> ids;
  const PhotoId other = catalog.add_photo(make_photo(1), std::vector{make_face(0, 0)});
  const PhotoId photo = catalog.add_photo(make_photo(2), faces, &ids);
  ASSERT_EQ(ids.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    faces[i].id = ids[i];
    faces[i].photo = photo;
  }
  const std::vector<FaceRecord> stored = catalog.faces_of(photo);
  ASSERT_EQ(stored.size(), 2U);
  expect_equal(stored[0], faces[0]);
  expect_equal(stored[1], faces[1]);
  ASSERT_EQ(catalog.faces().size(), 3U);
  EXPECT_EQ(catalog.faces()[0].photo, other);
  expect_equal(catalog.faces()[2], faces[1]);
}

TEST_F(CatalogTest, ModelsAreTheSameByNameWeightsAndMode) {
  Catalog catalog = create();
  const ModelRecord model = {
      .name = "nn2", .weights_sha256 = "ab", .flip = false, .dimension = 128};
  ModelRecord flipped = model;
  flipped.flip = true;
  ModelRecord retrained = model;
  retrained.weights_sha256 = "cd";
  EXPECT_EQ(catalog.find_model(model), std::nullopt);
  const ModelId id = catalog.put_model(model);
  EXPECT_EQ(catalog.put_model(model), id);
  EXPECT_EQ(catalog.find_model(model), id);
  EXPECT_NE(catalog.put_model(flipped), id);
  EXPECT_NE(catalog.put_model(retrained), id);
  ASSERT_EQ(catalog.models().size(), 3U);
  EXPECT_EQ(catalog.models()[0].name, "nn2");
  EXPECT_EQ(catalog.models()[0].weights_sha256, "ab");
  EXPECT_EQ(catalog.models()[0].dimension, 128);
  EXPECT_FALSE(catalog.models()[0].flip);
  EXPECT_TRUE(catalog.models()[1].flip);
}

TEST_F(CatalogTest, VectorsBelongToFaceAndModel) {
  Catalog catalog = create();
  std::vector<FaceId> faces;
  const PhotoId first =
      catalog.add_photo(make_photo(1), std::vector{make_face(1, 1), make_face(2, 2)}, &faces);
  const PhotoId faceless = catalog.add_photo(make_photo(2), {});
  std::vector<FaceId> more;
  const PhotoId third = catalog.add_photo(make_photo(3), std::vector{make_face(3, 3)}, &more);
  const ModelId a = catalog.put_model({.name = "a", .dimension = 3});
  const ModelId b = catalog.put_model({.name = "b", .dimension = 2});
  EXPECT_THAT(catalog.photos_without_embeddings(a), ElementsAre(first, third));
  EXPECT_THAT(catalog.embeddings(a).faces, IsEmpty());

  catalog.put_embedding(more[0], a, std::vector{0.0F, 0.6F, 0.8F});
  catalog.put_embedding(faces[1], a, std::vector{0.0F, 0.0F, 0.0F});
  catalog.put_embedding(faces[1], a, std::vector{0.6F, 0.0F, 0.8F});
  catalog.put_embedding(faces[1], b, std::vector{-0.6F, -0.8F});
  EXPECT_THAT(catalog.photos_without_embeddings(a), ElementsAre(first));
  catalog.put_embedding(faces[0], a, std::vector{0.6F, 0.8F, 0.0F});
  EXPECT_THAT(catalog.photos_without_embeddings(a), IsEmpty());
  EXPECT_THAT(catalog.photos_without_embeddings(b), ElementsAre(first, third));

  const Catalog::Embeddings of_a = catalog.embeddings(a);
  EXPECT_THAT(of_a.faces, ElementsAre(faces[0], faces[1], more[0]));
  EXPECT_THAT(of_a.values, ElementsAre(0.6F, 0.8F, 0, 0.6F, 0, 0.8F, 0, 0.6F, 0.8F));
  EXPECT_THAT(catalog.embeddings(b).faces, ElementsAre(faces[1]));
  EXPECT_THAT(catalog.embeddings(b).values, ElementsAre(-0.6F, -0.8F));
  EXPECT_EQ(catalog.faces_of(faceless).size(), 0U);
}

TEST_F(CatalogTest, VectorsOfACompatibleModelStandIn) {
  Catalog catalog = create();
  std::vector<FaceId> faces;
  const PhotoId first = catalog.add_photo(make_photo(1), std::vector{make_face(1, 1)}, &faces);
  const PhotoId second = catalog.add_photo(make_photo(2), std::vector{make_face(1, 1)});
  const ModelId older = catalog.put_model({.name = "older", .dimension = 1});
  const ModelId newer = catalog.put_model({.name = "newer", .dimension = 1});
  catalog.put_embedding(faces[0], older, std::vector{1.0F});
  EXPECT_EQ(catalog.compatible_model(newer), std::nullopt);
  EXPECT_THAT(catalog.photos_not_comparable(newer), ElementsAre(first, second));

  CompatibleModel pair{.model = newer, .other = older, .across = {1, 2, 3, 4}};
  pair.of_other = {.verification = 5, .clustering = 6, .midpoint = 7, .steepness = 8};
  pair.across.joins = {1.9, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
  pair.of_other.joins = {1.8, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6};
  catalog.put_compatible_model(pair);
  EXPECT_EQ(catalog.compatible_model(newer), pair);
  EXPECT_EQ(catalog.compatible_model(older), std::nullopt) << "not the other way round";
  EXPECT_THAT(catalog.photos_not_comparable(newer), ElementsAre(second));
  EXPECT_THAT(catalog.photos_not_comparable(older), ElementsAre(second));
  EXPECT_THAT(catalog.photos_without_embeddings(newer), ElementsAre(first, second));
  EXPECT_EQ(catalog.count_embeddings(newer), 0);
  EXPECT_EQ(catalog.count_embeddings(older), 1);

  pair.across.clustering = 2.5;
  catalog.put_compatible_model(pair);
  EXPECT_EQ(catalog.compatible_model(newer)->across.clustering, 2.5) << "the last word counts";
}

TEST_F(CatalogTest, VectorsOfTheWrongLengthAreBugs) {
  Catalog catalog = create();
  std::vector<FaceId> faces;
  catalog.add_photo(make_photo(1), std::vector{make_face(1, 1)}, &faces);
  const ModelId model = catalog.put_model({.name = "a", .dimension = 3});
  EXPECT_THROW(catalog.put_embedding(faces[0], model, std::vector{1.0F, 2.0F}), std::logic_error);
  EXPECT_THAT(error_of([&] { catalog.embeddings(99); }), HasSubstr("there is no model 99"));
}

TEST_F(CatalogTest, PeopleAreKeptByFacesOrFactsAndNeverRenumbered) {
  Catalog catalog = create();
  std::vector<FaceId> faces;
  catalog.add_photo(make_photo(1), std::vector{make_face(1, 1), make_face(2, 2)}, &faces);
  const PersonId with_face = catalog.add_person();
  const PersonId with_fact = catalog.add_person();
  const PersonId with_nothing = catalog.add_person();
  catalog.add_fact({.kind = "name", .person = with_fact, .value = "Ann", .faces = {}});
  catalog.set_memberships(std::vector{std::pair(faces[0], with_face)});
  EXPECT_TRUE(catalog.person(with_nothing));  // who waits for faces
  catalog.forget_empty_people();

  std::vector<PersonRecord> people = catalog.people();
  ASSERT_EQ(people.size(), 2U);
  EXPECT_EQ(people[0].id, with_face);
  EXPECT_EQ(people[0].name, "");
  EXPECT_EQ(people[1].id, with_fact);
  EXPECT_EQ(people[1].name, "Ann");
  EXPECT_GT(catalog.add_person(), with_nothing);
}

TEST_F(CatalogTest, MembershipsOfFacesNotListedStay) {
  Catalog catalog = create();
  std::vector<FaceId> faces;
  catalog.add_photo(make_photo(1), std::vector{make_face(1, 1), make_face(2, 2), make_face(3, 3)},
                    &faces);
  const PersonId a = catalog.add_person();
  const PersonId b = catalog.add_person();
  catalog.set_memberships(std::vector{std::pair(faces[0], a), std::pair(faces[1], b)});
  catalog.set_memberships(std::vector{std::pair(faces[1], a)});
  EXPECT_THAT(catalog.memberships(), ElementsAre(Pair(faces[0], a), Pair(faces[1], a)));
  ASSERT_EQ(catalog.people().size(), 1U);
}

TEST_F(CatalogTest, FactsAreNumberedAsTheyWereSaid) {
  Catalog catalog = create();
  std::vector<FaceId> faces;
  catalog.add_photo(make_photo(1), std::vector{make_face(1, 1), make_face(2, 2)}, &faces);
  const PersonId person = catalog.add_person();
  const std::int64_t first = catalog.add_fact(
      {.kind = "name", .person = person, .value = "Zo\xc3\xab", .faces = {faces[1], faces[0]}});
  catalog.add_fact({.kind = "hide", .person = person, .value = "", .faces = {}});
  const std::int64_t third = catalog.add_fact(
      {.kind = "name", .person = person, .value = "Ann", .faces = {faces[1], faces[1]}});

  const std::vector<FactRecord> facts = catalog.facts();
  ASSERT_EQ(facts.size(), 3U);
  EXPECT_EQ(facts[0].id, first);
  EXPECT_EQ(facts[0].kind, "name");
  EXPECT_EQ(facts[0].person, person);
  EXPECT_EQ(facts[0].value, "Zo\xc3\xab");
  EXPECT_THAT(facts[0].faces, ElementsAre(faces[0], faces[1]));
  EXPECT_THAT(facts[0].created, MatchesRegex("20[0-9]{2}-[0-9]{2}-[0-9]{2}"
                                             "T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"));
  EXPECT_EQ(facts[1].kind, "hide");
  EXPECT_THAT(facts[1].faces, IsEmpty());
  EXPECT_EQ(facts[2].id, third);
  EXPECT_THAT(facts[2].faces, ElementsAre(faces[1]));
  EXPECT_EQ(catalog.people()[0].name, "Ann");
}

TEST_F(CatalogTest, FactsAboutNobodyAreBugs) {
  Catalog catalog = create();
  EXPECT_THROW(catalog.add_fact({.kind = "name", .person = 5, .value = "Ann", .faces = {}}),
               std::logic_error);
  const PersonId person = catalog.add_person();
  EXPECT_THROW(catalog.add_fact({.kind = "name", .person = person, .value = "Ann", .faces = {77}}),
               std::logic_error);
  EXPECT_THAT(catalog.facts(), IsEmpty());
}

TEST_F(CatalogTest, CountsWhatIsThere) {
  Catalog catalog = create();
  std::vector<FaceId> faces;
  const PhotoId photo =
      catalog.add_photo(make_photo(1), std::vector{make_face(1, 1), make_face(2, 2)}, &faces);
  catalog.put_path({.path = "/a", .photo = photo});
  catalog.put_path({.path = "/b", .photo = photo, .missing = true});
  catalog.put_path({.path = "/c", .error = "broken"});
  const ModelId model = catalog.put_model({.name = "m", .dimension = 1});
  catalog.put_embedding(faces[0], model, std::vector{1.0F});
  const PersonId ann = catalog.add_person();
  const PersonId nobody = catalog.add_person();
  catalog.add_fact({.kind = "name", .person = ann, .value = "Ann", .faces = {}});
  catalog.add_fact({.kind = "name", .person = nobody, .value = "Bob", .faces = {}});
  catalog.add_fact({.kind = "name", .person = nobody, .value = "", .faces = {}});

  const CatalogCounts counts = catalog.counts();
  EXPECT_EQ(counts.paths, 3);
  EXPECT_EQ(counts.missing_paths, 1);
  EXPECT_EQ(counts.unreadable_paths, 1);
  EXPECT_EQ(counts.photos, 1);
  EXPECT_EQ(counts.faces, 2);
  EXPECT_EQ(counts.embeddings, 1);
  EXPECT_EQ(counts.people, 1) << "with faces or a name";
  EXPECT_EQ(counts.named_people, 1);
  EXPECT_EQ(counts.facts, 3);
}

TEST_F(CatalogTest, CountsTheBytesOfTheFile) {
  {
    Catalog catalog = create();
    Catalog::Transaction transaction(catalog);
    for (int i = 0; i < 1000; ++i) catalog.put_path({.path = fmt::format("/{:0100}", i)});
    transaction.commit();
  }
  EXPECT_EQ(Catalog(file(), Catalog::Mode::kRead).counts().bytes,
            static_cast<std::int64_t>(std::filesystem::file_size(file())));
}

}  // namespace
}  // namespace facenet
