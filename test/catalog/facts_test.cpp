#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FactsOfCatalogTest : public CatalogTest {
 protected:
  FactsOfCatalogTest() {
    photo_ = catalog_.add_photo(
        make_photo(1), std::vector{make_face(1, 1), make_face(2, 2), make_face(3, 3)}, &faces_);
    a_ = catalog_.add_person();
    b_ = catalog_.add_person();
  }
  std::vector<bool> undone() const {
    std::vector<bool> undone;
    for (const FactRecord& fact : catalog_.facts()) undone.push_back(fact.undone);
    return undone;
  }

  Catalog catalog_{file(), Catalog::Mode::kCreate};
  std::vector<FaceId> faces_;
  PhotoId photo_ = 0;
  PersonId a_ = 0, b_ = 0;
};

TEST_F(FactsOfCatalogTest, ComeBackWhole) {
  FactRecord fact{.kind = "k", .person = a_, .other = b_, .photo = photo_, .value = "v"};
  fact.faces = {faces_[0]};
  fact.other_faces = {faces_[1]};
  fact.given = {faces_[2]};
  fact.moves = {{.face = faces_[2], .source = a_, .target = b_}};
  catalog_.add_fact(fact);
  catalog_.add_fact({.kind = "nothing"});
  const auto facts = catalog_.facts();
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_EQ(facts[0].person, a_);
  EXPECT_EQ(facts[0].other, b_);
  EXPECT_EQ(facts[0].photo, photo_);
  EXPECT_EQ(facts[0].faces, fact.faces);
  EXPECT_EQ(facts[0].other_faces, fact.other_faces);
  EXPECT_EQ(facts[0].given, fact.given);
  EXPECT_EQ(facts[0].moves, fact.moves);
  EXPECT_EQ(facts[1].person, 0);
  EXPECT_EQ(facts[1].photo, 0);
  EXPECT_THAT(facts[1].moves, IsEmpty());
}

TEST_F(FactsOfCatalogTest, AFaceHasOneRoleWhereItWasPointedAt) {
  catalog_.add_fact({.kind = "k", .person = a_, .faces = {faces_[0]}, .given = {faces_[0]}});
  EXPECT_THAT(catalog_.facts()[0].faces, IsEmpty());
  EXPECT_THAT(catalog_.facts()[0].given, ElementsAre(faces_[0]));
}

TEST_F(FactsOfCatalogTest, AnUndoingThatIsUndoneDoesNotCount) {
  catalog_.add_fact({.kind = "name", .person = a_, .value = "Ann"});
  catalog_.add_fact({.kind = "undo", .undoes = 1});
  EXPECT_THAT(undone(), ElementsAre(true, false));
  EXPECT_EQ(catalog_.people()[0].name, "");
  catalog_.add_fact({.kind = "undo", .undoes = 2});
  EXPECT_THAT(undone(), ElementsAre(false, true, false));
  EXPECT_EQ(catalog_.people()[0].name, "Ann");
  catalog_.add_fact({.kind = "undo", .undoes = 3});
  EXPECT_THAT(undone(), ElementsAre(true, false, true, false));
  // Undone in two ways at once, of which one is taken back.
  catalog_.add_fact({.kind = "undo", .undoes = 4});
  catalog_.add_fact({.kind = "undo", .undoes = 1});
  EXPECT_THAT(undone(), ElementsAre(true, true, false, true, false, false));
  catalog_.add_fact({.kind = "undo", .undoes = 3});
  catalog_.add_fact({.kind = "undo", .undoes = 6});
  EXPECT_THAT(undone(), ElementsAre(true, false, true, true, false, true, false, false));
}

TEST_F(FactsOfCatalogTest, SayWhoPeopleAre) {
  catalog_.add_fact({.kind = "name", .person = a_, .value = "Ann"});
  catalog_.add_fact({.kind = "name", .person = b_, .value = "Bob"});
  catalog_.add_fact({.kind = "hide", .person = b_});
  auto people = catalog_.people();
  EXPECT_TRUE(people[1].hidden);
  catalog_.add_fact({.kind = "merge", .person = a_, .other = b_});
  people = catalog_.people();
  EXPECT_EQ(people[0].name, "Ann");
  EXPECT_EQ(people[1].name, "");
  EXPECT_FALSE(people[1].hidden);
  EXPECT_EQ(people[1].merged_into, a_);
  catalog_.add_fact({.kind = "undo", .undoes = 4});
  people = catalog_.people();
  EXPECT_EQ(people[1].name, "Bob");
  EXPECT_TRUE(people[1].hidden);
  catalog_.add_fact({.kind = "unhide", .person = b_});
  EXPECT_FALSE(catalog_.people()[1].hidden);
}

TEST_F(FactsOfCatalogTest, TreesAndRunsAreKept) {
  const ModelId model = catalog_.put_model({.name = "m", .dimension = 1});
  EXPECT_EQ(catalog_.merge_tree(model), std::nullopt);
  EXPECT_FALSE(catalog_.last_clustering());
  MergeTree tree{.settings = "s", .ceiling = 1.25, .faces = faces_, .signatures = {1, ~0ULL, 3}};
  tree.merges = {{faces_[0], faces_[2], 0.1}, {faces_[0], faces_[1], 1.0 / 3}};
  catalog_.put_merge_tree(model, tree);
  EXPECT_EQ(catalog_.merge_tree(model), tree);
  tree.faces.pop_back();
  tree.signatures.pop_back();
  tree.merges.clear();
  catalog_.put_merge_tree(model, tree);
  EXPECT_EQ(catalog_.merge_tree(model), tree);
  catalog_.add_clustering({.model = model, .threshold = 1, .faces = 3});
  catalog_.add_clustering({.model = model, .threshold = 0.5, .faces = 4, .kept_names = 2});
  EXPECT_EQ(catalog_.last_clustering()->faces, 4);
  EXPECT_EQ(catalog_.last_clustering()->threshold, 0.5);
  EXPECT_EQ(catalog_.last_clustering()->kept_names, 2);
  catalog_.add_clustering({.model = model, .rivals = {.of_one = 30, .of_more = 4}, .faces = 90});
  EXPECT_FALSE(catalog_.last_clustering()->threshold) << "by the rule";
  EXPECT_EQ(catalog_.last_clustering()->rivals, (Rivals{.of_one = 30, .of_more = 4}));
}

TEST_F(FactsOfCatalogTest, DeparturesWaitUntilTheyAreTakenBack) {
  catalog_.put_departure({.face = faces_[2], .person = a_});
  catalog_.put_departure({.face = faces_[1], .person = a_});
  catalog_.put_departure({.face = faces_[2], .person = b_});
  EXPECT_EQ(catalog_.departures(), (std::vector<Departure>{{.face = faces_[1], .person = a_},
                                                           {.face = faces_[2], .person = b_}}));
  catalog_.remove_departure(faces_[1]);
  EXPECT_EQ(catalog_.departures().size(), 1U);
}

TEST_F(CatalogTest, FactsOfAStepNameItsFirst) {
  Catalog catalog = create();
  const PersonId person = catalog.add_person();
  catalog.add_fact({.kind = "name", .person = person, .value = "Ann"});
  {
    const Catalog::Step step(catalog, {.kind = "import"});
    EXPECT_EQ(step.first(), 2);
    catalog.add_fact({.kind = "hide", .person = person});
  }
  catalog.add_fact({.kind = "unhide", .person = person});
  std::vector<std::int64_t> steps;
  for (const FactRecord& fact : catalog.facts()) steps.push_back(fact.step);
  EXPECT_THAT(steps, testing::ElementsAre(0, 0, 2, 0));
  RawDatabase(file()).execute("UPDATE fact SET step = 4 WHERE id = 3");
  EXPECT_THAT(error_of([&] { catalog.facts(); }), testing::HasSubstr("was not said before it"));
}

}  // namespace
}  // namespace facenet
