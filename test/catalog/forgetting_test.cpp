// Rows that are taken out for good: no byte of them is left in the file or beside it.
#include <algorithm>
#include <cmath>
#include <span>

#include <gmock/gmock.h>

#include "base/format.h"
#include "catalog/forgotten.h"
#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::string as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class ForgettingTest : public CatalogTest {
 protected:
  static constexpr int kDimension = 512;

  /// A unit vector that no other number has.
  static std::vector<float> vector_of(int number) {
    std::vector<float> vector(kDimension);
    const float angle = static_cast<float>(number) / 1000;
    vector[static_cast<std::size_t>(number) % kDimension] = std::cos(angle);
    vector[(static_cast<std::size_t>(number) + 1) % kDimension] = std::sin(angle);
    return vector;
  }
  /// Its part that is not zeros.
  static std::string bytes_of(const std::vector<float>& vector) {
    const auto first = std::ranges::find_if(vector, [](float value) { return value != 0; });
    return as_text(std::as_bytes(std::span(&*first, 2)));
  }
  PhotoId add_photo(Catalog& catalog, int number, int faces) {
    std::vector<FaceRecord> records;
    for (int i = 0; i < faces; ++i)
      records.push_back(make_face(static_cast<float>(200 * i), static_cast<float>(number)));
    std::vector<FaceId> ids;
    const PhotoId photo = catalog.add_photo(make_photo(number), records, &ids);
    catalog.put_path({.path = path_of(number), .size = 7, .mtime_ns = 9, .photo = photo});
    const ModelId model = catalog.put_model({.name = "m", .dimension = kDimension});
    for (const FaceId id : ids)
      catalog.put_embedding(id, model, vector_of(static_cast<int>(id)), VectorEvidence{3, 0.3});
    return photo;
  }
  static std::string path_of(int number) { return fmt::format("/secret/{:04}.jpg", number); }
  /// All bytes that SQLite keeps of the catalog.
  std::string bytes() const {
    return file_bytes(file()) + file_bytes(file() + "-wal") + file_bytes(file() + "-shm");
  }
};

TEST_F(ForgettingTest, NoByteIsLeft) {
  Catalog catalog = create();
  const Catalog onlooker(file(), Catalog::Mode::kRead);  // the -wal stays while it is open
  std::vector<PhotoId> photos;
  for (int number = 0; number < 300; ++number) photos.push_back(add_photo(catalog, number, 2));
  const PersonId person = catalog.add_person();
  catalog.set_memberships(std::vector{std::pair(FaceId{21}, person)});
  catalog.add_fact({.kind = "name", .person = person, .value = "Annabella", .faces = {21}});
  catalog.put_departure({.face = 41, .person = person});
  catalog.put_merge_tree(1, {.settings = "s", .faces = {21}, .signatures = {0x1122334455667788}});
  catalog.set_unrecognisable(std::vector<FaceId>{21, 41});

  const Sha256 hash = make_photo(20).sha256;
  const std::string before = bytes();
  ASSERT_THAT(before, HasSubstr("Annabella"));
  ASSERT_THAT(before, HasSubstr(path_of(20)));
  ASSERT_THAT(before, HasSubstr(bytes_of(vector_of(21))));
  ASSERT_THAT(before, HasSubstr(as_text(std::as_bytes(std::span(hash.bytes)))));

  catalog.forget({.photos = {photos[20]}, .faces = {21}, .people = {person}, .facts = {1}});
  EXPECT_TRUE(catalog.is_forgetting_due());
  catalog.finish_forgetting();
  EXPECT_FALSE(catalog.is_forgetting_due());

  // EXPECT_FALSE, lest a failure prints a megabyte.
  const std::string after = bytes();
  const auto holds = [&](const std::string& part) { return after.find(part) != after.npos; };
  EXPECT_FALSE(holds("Annabella"));
  EXPECT_FALSE(holds(path_of(20)));
  EXPECT_FALSE(holds(as_text(std::as_bytes(std::span(hash.bytes)))));
  for (const int face : {21, 41, 42}) EXPECT_FALSE(holds(bytes_of(vector_of(face)))) << face;
  EXPECT_TRUE(holds(path_of(21)));
  EXPECT_TRUE(holds(bytes_of(vector_of(22))));
  EXPECT_FALSE(catalog.merge_tree(1));
  EXPECT_THAT(catalog.departures(), IsEmpty());
  EXPECT_THAT(catalog.unrecognisable(), IsEmpty());
  EXPECT_THAT(catalog.people(), IsEmpty());
  EXPECT_THAT(catalog.facts(), IsEmpty());
  EXPECT_THAT(catalog.check(), IsEmpty());
}

TEST_F(ForgettingTest, WhatEarlierVersionsHadDeletedIsGoneToo) {
  {
    Catalog catalog = create();
    for (int number = 0; number < 30; ++number) add_photo(catalog, number, 1);
  }
  RawDatabase(file()).execute("PRAGMA secure_delete = OFF; DELETE FROM embedding WHERE face = 7");
  ASSERT_THAT(bytes(), HasSubstr(bytes_of(vector_of(7))));
  Catalog catalog(file(), Catalog::Mode::kWrite);
  catalog.forget({.faces = {3}});
  catalog.finish_forgetting();
  EXPECT_THAT(bytes(), Not(HasSubstr(bytes_of(vector_of(7)))));
}

TEST_F(ForgettingTest, TheListKnowsPhotosFilesAndPlaces) {
  Catalog catalog = create();
  const PhotoId whole = add_photo(catalog, 1, 1);
  add_photo(catalog, 2, 2);  // faces 2 and 3
  const PathRecord at = catalog.paths_of(whole).front();
  catalog.forget({.photos = {whole}, .faces = {3}});
  EXPECT_TRUE(catalog.is_forgotten(make_photo(1).sha256));
  EXPECT_FALSE(catalog.is_forgotten(make_photo(2).sha256));
  EXPECT_TRUE(catalog.is_forgotten_file(at));
  EXPECT_FALSE(catalog.is_forgotten_file({.path = at.path, .size = 8, .mtime_ns = 9}));
  EXPECT_THAT(catalog.forgotten_places(make_photo(2).sha256),
              ElementsAre(ForgottenPlace{200, 2, 100.25F, 120.5F}));
  const ForgottenList list = catalog.forgotten();
  EXPECT_TRUE(list.holds(make_photo(1).sha256));
  EXPECT_TRUE(list.holds(at));
  EXPECT_EQ(list.count_faces(make_photo(2).sha256), 1);
  EXPECT_EQ(list.count_faces(make_photo(1).sha256), 0) << "it is the whole photo";
  EXPECT_EQ(catalog.counts().forgotten_photos, 1);
  EXPECT_EQ(catalog.counts().forgotten_faces, 1);

  EXPECT_EQ(catalog.allow_again(make_photo(3).sha256).photos, 0);
  EXPECT_EQ(catalog.allow_again(make_photo(1).sha256).photos, 1);
  EXPECT_FALSE(catalog.is_forgotten_file(at));
  EXPECT_THAT(catalog.outdated_photos(), IsEmpty());
  EXPECT_EQ(catalog.allow_again(make_photo(2).sha256).faces, 1);
  EXPECT_THAT(catalog.outdated_photos(), SizeIs(1)) << "its faces are found anew";
  EXPECT_EQ(catalog.counts().forgotten_photos + catalog.counts().forgotten_faces, 0);
}

TEST_F(ForgettingTest, EachCatalogHasAListOfItsOwnKind) {
  Catalog catalog = create();
  Catalog other(folder_.path("other.db"), Catalog::Mode::kCreate);
  const Sha256 salt = catalog.forgotten().salt;
  EXPECT_NE(salt, Sha256{});
  EXPECT_NE(salt, other.forgotten().salt);
  EXPECT_NE(forgotten_token(salt, make_photo(1).sha256), make_photo(1).sha256);
}

TEST_F(ForgettingTest, WhatWasInterruptedIsFinishedLater) {
  {
    Catalog catalog = create();
    add_photo(catalog, 1, 1);
    catalog.forget({.faces = {1}});
  }
  Catalog catalog(file(), Catalog::Mode::kWrite);
  EXPECT_TRUE(catalog.is_forgetting_due());
  catalog.finish_forgetting();
  EXPECT_FALSE(catalog.is_forgetting_due());
}

TEST_F(ForgettingTest, ADamagedListIsFound) {
  {
    Catalog catalog = create();
    add_photo(catalog, 1, 2);
    catalog.forget({.faces = {1}});
  }
  const std::string sound = file_bytes(file());
  for (const char* sql :
       {"UPDATE forgetting SET salt = x'00'", "DELETE FROM forgetting",
        "UPDATE forgotten_face SET photo = x'0102'", "UPDATE forgotten_face SET x = 9e999"}) {
    write_file(file(), sound);
    RawDatabase(file()).execute(std::string("PRAGMA ignore_check_constraints = ON; ") + sql);
    const Catalog catalog(file(), Catalog::Mode::kRead);
    EXPECT_THAT(catalog.check(), Not(IsEmpty())) << sql;
    EXPECT_THAT(error_of([&] { catalog.forgotten(); }), HasSubstr("is damaged")) << sql;
  }
}

}  // namespace
}  // namespace facenet
