#include <filesystem>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/format.h"
#include "catalog/catalog.h"
#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A catalog with one of everything, then damaged behind its back.
class CheckTest : public CatalogTest {
 protected:
  CheckTest() {
    Catalog catalog = create();
    catalog.add_photo(make_photo(1), std::vector{make_face(1, 1), make_face(2, 2)}, &faces_);
    catalog.put_path({.path = "/a", .photo = 1});
    model_ = catalog.put_model({.name = "m", .dimension = 2});
    catalog.put_embedding(faces_[0], model_, std::vector{0.6F, 0.8F});
    catalog.put_embedding(faces_[1], model_, std::vector{0.0F, -1.0F});
    const PersonId ann = catalog.add_person();
    const PersonId bob = catalog.add_person();
    catalog.set_memberships(std::vector{std::pair(faces_[0], ann), std::pair(faces_[1], bob)});
    catalog.add_fact({.kind = "name", .person = ann, .value = "Ann", .faces = {faces_[0]}});
    catalog.add_fact({.kind = "name", .person = bob, .value = "Bob", .faces = {faces_[1]}});
  }

  void damage(const std::string& sql) const {
    RawDatabase(file()).execute(
        "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; " + sql);
  }
  std::vector<std::string> findings() const {
    return Catalog(file(), Catalog::Mode::kRead).check();
  }

  std::vector<FaceId> faces_;
  ModelId model_ = 0;
};

TEST_F(CheckTest, FindsNothingInASoundCatalog) {
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CheckTest, FindsFacesOutsideEveryPhoto) {
  damage("DELETE FROM photo");
  EXPECT_THAT(findings(),
              ElementsAre(HasSubstr("table face: 2 rows name a photo that does not exist"),
                          HasSubstr("table path: 1 rows name a photo that does not exist")));
}

TEST_F(CheckTest, FindsVectorsOfNoFace) {
  damage("UPDATE embedding SET face = 77 WHERE face = 1");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("table embedding: 1 rows name a face")));
}

TEST_F(CheckTest, FindsFactsAboutNobody) {
  damage("DELETE FROM membership; DELETE FROM person WHERE id = 1");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("table fact: 1 rows name a person")));
}

TEST_F(CheckTest, FindsVectorsOfTheWrongLength) {
  damage("UPDATE embedding SET vector = x'00000000' WHERE face = 2");
  EXPECT_THAT(findings(), ElementsAre("face 2: its vector of model m has 4 bytes instead of 2 numbers"));
  const Catalog catalog(file(), Catalog::Mode::kRead);
  EXPECT_THAT(error_of([&] { catalog.embeddings(model_); }), HasSubstr("is damaged"));
}

TEST_F(CheckTest, FindsVectorsThatAreNotOfUnitLength) {
  {
    Catalog catalog = create();
    catalog.put_embedding(faces_[0], model_, std::vector{0.6F, 0.9F});
    catalog.put_embedding(faces_[1], model_,
                          std::vector{0.0F, std::numeric_limits<float>::quiet_NaN()});
  }
  EXPECT_THAT(findings(), ElementsAre("face 1: its vector of model m has length 1.082 instead of 1",
                                      "face 2: its vector of model m has length nan instead of 1"));
}

TEST_F(CheckTest, FindsTwoPeopleOfOneName) {
  damage("UPDATE fact SET value = 'Ann'");
  EXPECT_THAT(findings(), ElementsAre("people 1, 2 have the same name, Ann"));
}

TEST_F(CheckTest, FindsUndoingThatIsNotNoted) {
  {
    Catalog catalog = create();
    catalog.add_fact({.kind = "undo", .undoes = 1});
  }
  EXPECT_THAT(findings(), IsEmpty());
  damage("UPDATE fact SET undone = 1 - undone WHERE id < 3");
  EXPECT_THAT(findings(), ElementsAre("fact 2 is noted as undone, and should not be",
                                      "fact 1 is not noted as undone, and should be"));
}

TEST_F(CheckTest, FindsMergeTreesOfUnevenLengths) {
  {
    Catalog catalog = create();
    catalog.put_merge_tree(model_, {.settings = "s",
                                    .ceiling = 1,
                                    .faces = faces_,
                                    .signatures = {1, 2},
                                    .merges = {{faces_[0], faces_[1], 0.5}}});
  }
  EXPECT_THAT(findings(), IsEmpty());
  damage("UPDATE merge_tree SET signatures = x'00'");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("merge tree of model 1 has 16 bytes of faces, 1")));
  const Catalog catalog(file(), Catalog::Mode::kRead);
  EXPECT_THAT(error_of([&] { catalog.merge_tree(model_); }), HasSubstr("is damaged"));
}

/// Reading says the same as the check.
TEST_F(CheckTest, FindsHashesLandmarksAndBoxesThatAreNone) {
  const std::string sound = file_bytes(file());
  const auto expect = [&](const std::string& sql, const std::string& finding) {
    damage(sql);
    const Catalog catalog(file(), Catalog::Mode::kRead);
    EXPECT_THAT(findings(), Contains(HasSubstr(finding)));
    EXPECT_THAT(error_of([&] {
                  catalog.photos();
                  catalog.faces();
                }),
                AllOf(HasSubstr(finding), HasSubstr("restore a backup")));
  };
  expect("UPDATE face SET landmarks = x'00' WHERE id = 2", "face 2 has 1 bytes of landmarks");
  write_file(file(), sound);
  expect("UPDATE face SET landmarks = zeroblob(4000) WHERE id = 2",
         "face 2 has 4000 bytes of landmarks");
  write_file(file(), sound);
  expect("UPDATE face SET x = 9e999 WHERE id = 1", "x of a row is infinite");
  write_file(file(), sound);
  expect("UPDATE face SET width = 1e300 WHERE id = 1", "width of a row is 1e+300");
  write_file(file(), sound);
  expect("UPDATE photo SET width = -1", "width of a row is -1");
}

TEST_F(CheckTest, AHashOfAnyLengthIsNotCopied) {
  damage("UPDATE photo SET sha256 = zeroblob(3000)");
  const Catalog catalog(file(), Catalog::Mode::kRead);
  EXPECT_THAT(error_of([&] { catalog.photos(); }), HasSubstr("photo 1 has a hash of 3000 bytes"));
  EXPECT_THAT(error_of([&] { catalog.photo(1); }), HasSubstr("photo 1 has a hash of 3000 bytes"));
}

TEST_F(CheckTest, FindsTreesThatJoinWhatIsNotThere) {
  const FaceId a = faces_[0];
  const FaceId b = faces_[1];
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::vector<TreeMerge>& merges : {std::vector<TreeMerge>{{a, a, 0.5}},
                                               {{b, a, 0.5}},
                                               {{a, 99, 0.5}},
                                               {{a, b, nan}},
                                               {{a, b, 0.5}, {a, b, 0.6}}}) {
    Catalog catalog(file(), Catalog::Mode::kWrite);
    catalog.put_merge_tree(
        model_, {.settings = "s", .faces = faces_, .signatures = {1, 2}, .merges = merges});
    EXPECT_THAT(error_of([&] { catalog.merge_tree(model_); }),
                AllOf(HasSubstr("is damaged"), HasSubstr("`facenet cluster --rebuild`")));
    EXPECT_THAT(catalog.check(), ElementsAre(HasSubstr("its tree of joins is damaged")));
  }
}

TEST_F(CheckTest, FindsMergesInARing) {
  damage(
      "UPDATE fact SET kind = 'merge', person = 1, other = 2 WHERE id = 1;"
      "UPDATE fact SET kind = 'merge', person = 2, other = 1 WHERE id = 2");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("was merged into itself")));
}

/// A broken constraint is a bug, but not in a file that breaks it already.
TEST_F(CheckTest, ABrokenConstraintInADamagedFileIsDamage) {
  {
    Catalog catalog(file(), Catalog::Mode::kWrite);
    EXPECT_THROW(catalog.put_embedding(77, model_, std::vector{0.6F, 0.8F}), std::logic_error);
  }
  damage("UPDATE face SET photo = 9 WHERE id = 1");
  Catalog catalog(file(), Catalog::Mode::kWrite);
  EXPECT_THAT(error_of([&] {
                catalog.put_embedding(77, model_, std::vector{0.6F, 0.8F});
              }),
              HasSubstr("is damaged (FOREIGN KEY constraint failed)"));
}

TEST_F(CheckTest, FindsBrokenConstraints) {
  damage("UPDATE path SET missing = 5");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("CHECK constraint failed in path")));
}

/// Everything that reading can meet.
void read_all(const Catalog& catalog) {
  catalog.paths();
  catalog.photos();
  catalog.faces();
  catalog.people();
  catalog.memberships();
  catalog.facts();
  catalog.counts();
  for (const ModelRecord& model : catalog.models()) catalog.embeddings(model.id);
}

TEST_F(CheckTest, FindsDamageOnEveryPageAndNeverCrashes) {
  const std::string sound = file_bytes(file());
  constexpr std::size_t kPage = 16384;
  ASSERT_EQ(sound.size() % kPage, 0U);
  for (std::size_t page = 0; page < sound.size() / kPage; ++page) {
    std::string bytes = sound;
    bytes.replace(page * kPage, 64, 64, '\xff');
    write_file(file(), bytes);
    std::vector<std::string> found;
    const std::string error = error_of([&] {
      const Catalog catalog(file(), Catalog::Mode::kRead);
      found = catalog.check();
      read_all(catalog);
    });
    EXPECT_TRUE(!error.empty() || !found.empty()) << "page " << page;
    if (!error.empty()) {
      EXPECT_THAT(error, HasSubstr(file()));
    }
  }
}

TEST_F(CheckTest, FindsAFileThatWasCutShort) {
  std::filesystem::resize_file(file(), std::filesystem::file_size(file()) / 2);
  std::vector<std::string> found;
  const std::string error = error_of([&] { found = findings(); });
  EXPECT_TRUE(!found.empty() || error.find("is damaged") != error.npos) << error;
}

}  // namespace
}  // namespace facenet
