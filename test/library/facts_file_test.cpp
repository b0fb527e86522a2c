#include "library/facts_file.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "people/facts.h"
#include "people/partition.h"
#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FactsFileTest : public AlbumTest {
 protected:
  /// Three photos of two faces; Ann was split, Bob merged, undone, hidden.
  void speak() {
    for (int number = 1; number <= 3; ++number)
      for (const FaceId face : add_photo(number, 2)) faces_.push_back(face);
    regroup({{faces_[0], faces_[2], faces_[4]}, {faces_[1], faces_[3]}, {faces_[5]}});
    const PersonId ann = name_person(catalog_, person_of(faces_[0]), "Ann").person;
    const PersonId bob = name_person(catalog_, person_of(faces_[1]), "Bob").person;
    split_person(catalog_, ann, std::vector{faces_[4]});
    merge_people(catalog_, bob, person_of(faces_[5]));
    undo_fact(catalog_, {});
    tell_apart(catalog_, ann, person_of(faces_[5]));
    hide_person(catalog_, bob, true);
    allow_same_photo(catalog_, 2);
  }
  std::string exported() const {
    std::ostringstream out;
    export_facts(catalog_, out);
    return out.str();
  }
  ImportedFacts import(Catalog& catalog, const std::string& text) const {
    std::istringstream in(text);
    return import_facts(catalog, in, "facts.jsonl");
  }
  std::string error_of_importing(const std::string& text) {
    return error_of([&] { import(catalog_, text); });
  }

  std::vector<FaceId> faces_;
};

/// By names and faces: numbers are the catalog's own.
std::map<FaceId, std::string> names_of_faces(const Catalog& catalog) {
  std::map<PersonId, std::string> names;
  for (const PersonRecord& person : catalog.people())
    names[person.id] = person.name + (person.hidden ? " (hidden)" : "");
  std::map<FaceId, std::string> result;
  for (const auto& [face, person] : knowledge_from(catalog.facts()).held)
    result[face] = names[person];
  return result;
}

TEST_F(FactsFileTest, AnotherCatalogOfTheSamePhotosHearsAllOfIt) {
  speak();
  Catalog other(folder_.path() + "/other.db", Catalog::Mode::kCreate);
  other.add_person();  // numbers differ
  for (const int number : {3, 2, 1}) {
    // Another detector draws other boxes, and finds one face more.
    FaceRecord first = make_face(1, 8);
    FaceRecord second = make_face(11, 3);
    first.width -= 3;
    other.add_photo(make_photo(number), std::vector{first, second, make_face(900, 900)});
  }
  const ImportedFacts imported = import(other, exported());
  EXPECT_EQ(imported.facts, 8);
  EXPECT_EQ(imported.left_out, 0);
  EXPECT_EQ(imported.unknown_faces, 0);
  EXPECT_THAT(other.check(), IsEmpty());
  EXPECT_THAT(broken_facts(other), IsEmpty());

  // Face by face, by the place in its photo.
  std::map<std::pair<Sha256, int>, std::string> before, after;
  const auto fill = [](const Catalog& catalog, auto& names) {
    const auto of_face = names_of_faces(catalog);
    for (const FaceRecord& face : catalog.faces())
      if (const auto name = of_face.find(face.id); name != of_face.end())
        names[{catalog.photo(face.photo).sha256, static_cast<int>(face.x) / 9}] = name->second;
  };
  fill(catalog_, before);
  fill(other, after);
  EXPECT_EQ(before.size(), 5U);
  EXPECT_EQ(before, after);
  EXPECT_EQ(knowledge_from(other.facts()).apart.size(),
            knowledge_from(catalog_.facts()).apart.size());
  EXPECT_EQ(knowledge_from(other.facts()).same_photo.size(), 1U);
  undo_fact(other, 7);
  EXPECT_EQ(find_named(other, "Bob").has_value(), true);
}

TEST_F(FactsFileTest, AFileIsTheSameAfterARoundTrip) {
  speak();
  const std::string text = exported();
  EXPECT_THAT(text, AllOf(testing::StartsWith("{\"facenet_facts\":1}\n"),
                          HasSubstr("\"kind\":\"name\""), HasSubstr("\"value\":\"Ann\"")));
  EXPECT_EQ(std::ranges::count(text, '\n'), 9);
}

TEST_F(FactsFileTest, WhatTheCatalogDoesNotHaveIsCounted) {
  speak();
  Catalog none(folder_.path() + "/none.db", Catalog::Mode::kCreate);
  const ImportedFacts nothing = import(none, exported());
  EXPECT_EQ(nothing.facts, 0);
  EXPECT_EQ(nothing.left_out, 8);
  EXPECT_EQ(nothing.unknown_faces, nothing.faces);

  Catalog some(folder_.path() + "/some.db", Catalog::Mode::kCreate);
  some.add_photo(make_photo(1), std::vector{make_face(0, 5), make_face(10, 5)});
  const ImportedFacts imported = import(some, exported());
  EXPECT_EQ(imported.facts + imported.left_out, 8);
  EXPECT_GT(imported.unknown_faces, 0);
  EXPECT_LT(imported.unknown_faces, imported.faces);
  EXPECT_THAT(some.check(), IsEmpty());
  EXPECT_THAT(names_of_faces(some),
              ElementsAre(testing::Pair(1, "Ann"), testing::Pair(2, "Bob (hidden)")));
}

TEST_F(FactsFileTest, FilesOfAnotherFormChangeNothing) {
  EXPECT_THAT(error_of_importing(""), HasSubstr("it is empty"));
  EXPECT_THAT(error_of_importing("{}\n"), HasSubstr("line 1 is not what"));
  EXPECT_THAT(error_of_importing("{\"facenet_facts\":2}\n"), HasSubstr("update facenet"));
  const std::string heading = "{\"facenet_facts\":1}\n";
  const std::string name = R"({"fact":1,"kind":"name","person":1,"value":"Ann"})";
  for (const char* line : {"{", "[]", R"({"fact":"1"})", R"({"fact":1,"kind":"name","person":"x"})",
                           R"({"fact":1,"kind":"hide"})", R"({"fact":1,"kind":"merge","person":1})",
                           R"({"fact":1,"kind":"merge","person":1,"other":1})",
                           R"({"fact":0,"kind":"hide","person":1})",
                           R"({"fact":1,"kind":"reject","person":1,"faces":[{"photo":"x"}]})"}) {
    EXPECT_THAT(error_of_importing(heading + line + "\n"), HasSubstr("facts.jsonl: ")) << line;
    EXPECT_THAT(catalog_.facts(), IsEmpty());
    EXPECT_THAT(catalog_.people(), IsEmpty());
  }
  EXPECT_THAT(error_of_importing(heading + name + "\n" +
                                 R"({"fact":2,"kind":"name","person":2,"value":"Ann"})" + "\n"),
              HasSubstr("two people would be Ann"));
  EXPECT_EQ(error_of_importing(heading + name + "\n"), "");
  EXPECT_THAT(error_of_importing(heading + name + "\n"), HasSubstr("said there already"));
}

TEST_F(FactsFileTest, StepsAndFacesThatWereMarkedByHandComeAlong) {
  const auto faces = add_photo(1, 1);
  regroup({faces});
  std::vector<FaceId> marked;
  for (const float x : {200.0F, 300.0F}) {
    FaceRecord record = make_face(x, 5);
    record.photo = 1;
    record.by_hand = true;
    record.landmarks = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    marked.push_back(catalog_.add_face(record));
    catalog_.bring_back_face(marked.back(), catalog_.add_person());
  }
  name_faces(catalog_, std::vector{marked[1]}, "Gone");
  undo_fact(catalog_, {});
  {
    const Catalog::Step step(catalog_, {.kind = fact_kind::kImport});
    name_faces(catalog_, std::vector{faces[0], marked[0]}, "Ann");
  }
  Catalog other(folder_.path() + "/other.db", Catalog::Mode::kCreate);
  other.add_photo(make_photo(1), std::vector{make_face(0, 5)});
  const ImportedFacts imported = import(other, exported());
  EXPECT_EQ(imported.unknown_faces, 0);
  ASSERT_EQ(other.faces().size(), 2U);
  EXPECT_EQ(other.faces()[1].x, 200);
  EXPECT_TRUE(other.faces()[1].by_hand);
  EXPECT_EQ(other.faces()[1].landmarks.size(), 10U);
  ASSERT_EQ(other.withdrawn_faces().size(), 1U);
  EXPECT_EQ(other.withdrawn_faces()[0].x, 300);
  EXPECT_EQ(other.person_of(other.faces()[0].id), other.person_of(other.faces()[1].id));
  EXPECT_THAT(broken_facts(other), IsEmpty());
  undo_fact(other, {});
  EXPECT_EQ(other.faces().size(), 1U) << "the import as a whole";
  EXPECT_THAT(other.check(), IsEmpty());
}

}  // namespace
}  // namespace facenet
