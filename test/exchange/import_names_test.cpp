#include "exchange/import_names.h"

#include <gmock/gmock.h>

#include "people/partition.h"
#include "people/statements.h"
#include "test/exchange/photo_library.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class ImportNamesTest : public PhotoLibraryTest {};

TEST_F(ImportNamesTest, FromThePhotoItselfAndFromSidecars) {
  const auto probe = add_photo("probe.jpg", 2);
  const std::string xmp = marks({marked(probe[0], "Ann")});
  const auto inside = add_photo("inside.jpg", 2, 1, xmp);
  const auto beside = add_photo("beside.jpg", 2);
  folder_.write("beside.xmp", marks({marked(beside[1], "Bob"), marked(beside[0], "Ann")}));
  const NameImport report = import();
  EXPECT_EQ(report.photos, 2);
  ASSERT_THAT(report.names, SizeIs(2));
  EXPECT_EQ(report.names[0].name, "Ann");
  EXPECT_EQ(report.names[0].named, 2);
  EXPECT_TRUE(report.names[0].is_new);
  EXPECT_EQ(name_of(inside[0]), "Ann");
  EXPECT_EQ(name_of(inside[1]), "");
  EXPECT_EQ(person_of(beside[0]), person_of(inside[0]));
  EXPECT_EQ(name_of(beside[1]), "Bob");
  EXPECT_THAT(broken_facts(catalog_), IsEmpty());

  const NameImport again = import();
  EXPECT_EQ(again.names[0].named, 0);
  EXPECT_EQ(again.names[0].known, 2);
  EXPECT_EQ(catalog_.facts().size(), 3U) << "nothing new was said";
  EXPECT_EQ(again.fact, 0);
  undo_fact(catalog_, {});
  EXPECT_EQ(name_of(inside[0]), "") << "all of the import goes at once";
  EXPECT_EQ(name_of(beside[1]), "");
}

TEST_F(ImportNamesTest, APersonWhoHasTheNameAlreadyGetsTheFaces) {
  const auto first = add_photo("a.jpg", 1);
  const auto second = add_photo("b.jpg", 1);
  name_faces(catalog_, first, "Ann");
  folder_.write("b.jpg.xmp", marks({marked(second[0], "ann ")}));
  const NameImport report = import();
  ASSERT_THAT(report.names, SizeIs(1));
  EXPECT_FALSE(report.names[0].is_new);
  EXPECT_EQ(person_of(second[0]), person_of(first[0]));
  EXPECT_EQ(name_of(second[0]), "Ann");
}

TEST_F(ImportNamesTest, WhatWasSaidHereCountsMore) {
  const auto faces = add_photo("a.jpg", 2);
  name_faces(catalog_, std::vector{faces[0]}, "Ann");
  folder_.write("a.jpg.xmp", marks({marked(faces[0], "Eve"), marked(faces[1], "Bob")}));
  const NameImport report = import();
  EXPECT_EQ(name_of(faces[0]), "Ann");
  EXPECT_EQ(name_of(faces[1]), "Bob");
  ASSERT_THAT(report.contradictions, SizeIs(1));
  EXPECT_EQ(report.contradictions[0].face, faces[0]);
  EXPECT_EQ(report.contradictions[0].name, "Eve");
  EXPECT_THAT(report.contradictions[0].reason, HasSubstr("Ann"));
}

TEST_F(ImportNamesTest, OfMarksThatContradictEachOtherNoneCounts) {
  const auto faces = add_photo("a.jpg", 2);
  folder_.write("a.jpg.xmp", marks({marked(faces[0], "Eve"), marked(faces[1], "Bob")}));
  folder_.write("a.xmp", marks({marked(faces[0], "Ann")}));
  const NameImport report = import();
  EXPECT_EQ(name_of(faces[0]), "");
  EXPECT_EQ(name_of(faces[1]), "Bob");
  EXPECT_THAT(report.contradictions, SizeIs(2));
}

TEST_F(ImportNamesTest, MarksWithoutAFaceAndWithoutANameAreCounted) {
  const auto faces = add_photo("a.jpg", 1);
  FaceRegion elsewhere = marked(faces[0], "Bob");
  elsewhere.x = 1.2;  // outside
  folder_.write("a.jpg.xmp", marks({elsewhere}));
  const auto second = add_photo("b.jpg", 1);
  folder_.write("b.jpg.xmp", marks({place_of(second[0])}));
  const NameImport report = import();
  EXPECT_THAT(report.names, IsEmpty());
  ASSERT_THAT(report.without_face, SizeIs(1));
  EXPECT_EQ(report.without_face[0].name, "Bob");
  EXPECT_EQ(report.unnamed, 1);
  EXPECT_EQ(name_of(faces[0]), "");
}

TEST_F(ImportNamesTest, FacesThatAreDrawnMoreWidelyAreMeantAllTheSame) {
  const auto faces = add_photo("a.jpg", 2);
  FaceRegion wide = marked(faces[0], "Ann");  // with the hair and the shoulders
  wide.x -= wide.width / 2;
  wide.y -= wide.height / 2;
  wide.width *= 2;
  wide.height *= 2;
  folder_.write("a.jpg.xmp", marks({wide, marked(faces[1], "Bob")}));
  import();
  EXPECT_EQ(name_of(faces[0]), "Ann");
  EXPECT_EQ(name_of(faces[1]), "Bob");
}

TEST_F(ImportNamesTest, NamesThatCannotBeAreListed) {
  const auto faces = add_photo("a.jpg", 1);
  folder_.write("a.jpg.xmp", marks({marked(faces[0], "17")}));
  const NameImport report = import();
  EXPECT_THAT(report.names, IsEmpty());
  ASSERT_THAT(report.contradictions, SizeIs(1));
  EXPECT_THAT(report.contradictions[0].reason, HasSubstr("number"));
  EXPECT_EQ(name_of(faces[0]), "");
}

TEST_F(ImportNamesTest, ARegionOfAnotherShapeIsRefused) {
  const auto cropped = add_photo("cropped.jpg", 1);
  folder_.write("cropped.jpg.xmp", marks({marked(cropped[0], "Ann")}, 400, 200));
  const NameImport report = import();
  EXPECT_EQ(name_of(cropped[0]), "");
  EXPECT_THAT(report.problems,
              ElementsAre(Pair(folder_.path("cropped.jpg.xmp"), HasSubstr("400 x 200"))));
}

TEST_F(ImportNamesTest, WhereProgramsDifferTheFacesSayHowThePictureLay) {
  // All say the size of the upright picture, 300 x 400; only the first has drawn on that.
  const auto drawn = add_photo("drawn.jpg", 2, 6);
  folder_.write("drawn.jpg.xmp",
                marks({marked(drawn[0], "Ann"), marked(drawn[1], "Bob")}, 300, 400));
  const auto turned = add_photo("turned.jpg", 2, 8);
  folder_.write("turned.jpg.xmp", marks({to_stored(marked(turned[0], "Ann"), 8),
                                         to_stored(marked(turned[1], "Bob"), 8)},
                                        300, 400));
  const auto swapped = add_photo("swapped.jpg", 1);  // as a program does that turned the picture
  folder_.write("swapped.jpg.xmp", marks({marked(swapped[0], "Ann")}, 300, 400));
  EXPECT_THAT(import().problems, IsEmpty());
  for (const auto& faces : {drawn, turned}) {
    EXPECT_EQ(name_of(faces[0]), "Ann");
    EXPECT_EQ(name_of(faces[1]), "Bob");
  }
  EXPECT_EQ(name_of(swapped[0]), "Ann");
}

TEST_F(ImportNamesTest, PicasasListOfTheFolderIsRead) {
  // Face 0 lies at x 0.03 to 0.23, y 0.1 to 0.35: 07ae 1999 3ae1 5999, the zero in front left out.
  const auto faces = add_photo("a.jpg", 2);
  const auto turned = add_photo("b.jpg", 1, 6);  // as Picasa showed it
  folder_.write(".picasa.ini",
                "[Contacts2]\n12=Ann;;\n[a.jpg]\nfaces=rect64(7ae19993ae15999),12\n"
                "[b.jpg]\nfaces=rect64(7ae19993ae15999),12\n");
  const NameImport report = import();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(name_of(faces[0]), "Ann");
  EXPECT_EQ(name_of(faces[1]), "");
  EXPECT_EQ(name_of(turned[0]), "Ann");
}

TEST_F(ImportNamesTest, BadFilesAreListedAndTheRestIsDone) {
  const auto faces = add_photo("a.jpg", 1);
  folder_.write("a.jpg.xmp", marks({marked(faces[0], "Ann")}));
  add_photo("b.jpg", 1);
  folder_.write("b.jpg.xmp", std::string(1000, '<'));
  add_photo("c.jpg", 1, 1, "<no xmp");
  const NameImport report = import();
  EXPECT_EQ(name_of(faces[0]), "Ann");
  EXPECT_THAT(report.problems, SizeIs(2));
}

TEST_F(ImportNamesTest, ADryRunSaysTheSameAndChangesNothing) {
  const auto faces = add_photo("a.jpg", 2);
  folder_.write("a.jpg.xmp", marks({marked(faces[0], "Ann"), marked(faces[1], "Bob")}));
  const NameImport report = import(true);
  EXPECT_THAT(report.names, SizeIs(2));
  EXPECT_EQ(report.names[1].named, 1);
  EXPECT_THAT(catalog_.facts(), IsEmpty());
  EXPECT_EQ(name_of(faces[0]), "");
}

TEST_F(ImportNamesTest, WhatWasRejectedHereStaysSo) {
  const auto first = add_photo("a.jpg", 1);
  const auto second = add_photo("b.jpg", 1);
  name_faces(catalog_, std::vector{first[0], second[0]}, "Ann");
  reject_faces(catalog_, second);
  folder_.write("b.jpg.xmp", marks({marked(second[0], "Ann")}));
  const NameImport report = import();
  EXPECT_EQ(name_of(second[0]), "");
  ASSERT_THAT(report.contradictions, SizeIs(1));
  EXPECT_THAT(report.contradictions[0].reason, HasSubstr("not Ann"));
}

class PicasaImportTest : public PhotoLibraryTest {
 protected:
  /// In Picasa's form, with the number of a contact.
  std::string rect64(FaceId face, const std::string& contact) const {
    const FaceRegion place = place_of(face);
    const auto edge = [](double share) { return static_cast<int>(share * 65'536); };
    return fmt::format("rect64({:04x}{:04x}{:04x}{:04x}),{}", edge(place.x), edge(place.y),
                       edge(place.x + place.width), edge(place.y + place.height), contact);
  }
};

TEST_F(PicasaImportTest, NamesFromTheContactsBesideIt) {
  const auto faces = add_photo("a.jpg", 2);
  folder_.write(".picasa.ini", fmt::format("[a.jpg]\nfaces={};{}\n[Contacts2]\n2=Bob;;\n",
                                           rect64(faces[0], "1a"), rect64(faces[1], "2")));
  EXPECT_EQ(import().unnamed, 1);
  EXPECT_EQ(name_of(faces[1]), "Bob");
  folder_.write("contacts.xml",
                "<contacts><contact id=\"1A\" name=\"Ada\"/><contact id=\"2\" "
                "name=\"Robert\"/></contacts>");
  const NameImport report = import();
  EXPECT_EQ(name_of(faces[0]), "Ada");
  EXPECT_EQ(name_of(faces[1]), "Bob");
  EXPECT_THAT(report.problems, IsEmpty());
}

TEST_F(PicasaImportTest, NamesFromContactsThatAreGivenAndTroubleWithThose) {
  const auto faces = add_photo("a.jpg", 1);
  folder_.write(".picasa.ini", fmt::format("[a.jpg]\nfaces={}\n", rect64(faces[0], "1a")));
  const std::string file = folder_.write("elsewhere.xml", "<contacts>");
  EXPECT_THAT(error_of([&] { import_names(catalog_.path(), {.contacts = file}); }),
              HasSubstr("elsewhere.xml: is no XML"));
  folder_.write("elsewhere.xml", "<contacts><contact id='1a' name='Ada'/></contacts>");
  import_names(catalog_.path(), {.contacts = file});
  EXPECT_EQ(name_of(faces[0]), "Ada");
  folder_.write("contacts.xml", "<contacts");
  EXPECT_THAT(import().problems,
              ElementsAre(Pair(folder_.path("contacts.xml"), HasSubstr("is no XML"))));
}

class TakeoutImportTest : public PhotoLibraryTest {
 protected:
  /// A sidecar of Takeout that names these people.
  void write_takeout(const std::string& file, const std::vector<std::string>& names,
                     const std::string& title = "a.jpg") {
    std::vector<std::string> people;
    for (const std::string& name : names)
      people.push_back(fmt::format(R"({{"name": "{}"}})", name));
    folder_.write(
        file, fmt::format(R"({{"title": "{}", "people": [{}]}})", title, fmt::join(people, ", ")));
  }
};

TEST_F(TakeoutImportTest, OneFaceAndOneName) {
  const auto a = add_photo("a.jpg", 1);
  const auto b = add_photo("b.jpg", 1);
  write_takeout("a.jpg.json", {"Ann"});
  write_takeout("b.jpg.supplemental-meta.json", {"Ann", "ann"});
  const NameImport report = import();
  EXPECT_EQ(report.photos, 2);
  EXPECT_EQ(name_of(a[0]), "Ann");
  EXPECT_EQ(person_of(a[0]), person_of(b[0]));
  EXPECT_THAT(report.untold, IsEmpty());
  EXPECT_EQ(import().names[0].named, 0) << "again, nothing is new";
}

TEST_F(TakeoutImportTest, TheRestByEliminationAndNothingElse) {
  const auto faces = add_photo("a.jpg", 2);
  const auto others = add_photo("b.jpg", 2);
  write_takeout("a.jpg.json", {"Ann", "Bob"});
  write_takeout("b.jpg.json", {"Ann", "Bob"});
  NameImport report = import();
  EXPECT_TRUE(report.names.empty());
  EXPECT_EQ(report.fact, 0);
  ASSERT_THAT(report.untold, SizeIs(2));
  EXPECT_EQ(report.untold[0].photo, folder_.path("a.jpg"));
  EXPECT_EQ(report.untold[0].file, folder_.path("a.jpg.json"));
  EXPECT_THAT(report.untold[0].names, ElementsAre("Ann", "Bob"));
  EXPECT_THAT(catalog_.facts(), IsEmpty());

  // In one photo it was said of one, in the other a mark says so.
  name_faces(catalog_, std::vector{faces[1]}, "Ann");
  folder_.write("b.jpg.xmp", marks({marked(others[0], "Bob")}));
  report = import();
  EXPECT_EQ(name_of(faces[0]), "Bob");
  EXPECT_EQ(person_of(others[0]), person_of(faces[0]));
  EXPECT_EQ(person_of(others[1]), person_of(faces[1]));
  EXPECT_THAT(report.untold, IsEmpty());
  EXPECT_THAT(broken_facts(catalog_), IsEmpty());
}

TEST_F(TakeoutImportTest, WhatAClusteringThinksIsNotKnown) {
  const auto faces = add_photo("a.jpg", 2);
  const auto other = add_photo("b.jpg", 1);
  const PersonId ann = name_faces(catalog_, other, "Ann").person;
  catalog_.set_memberships(std::vector{std::pair{faces[0], ann}});
  write_takeout("a.jpg.json", {"Ann", "Bob"});
  EXPECT_THAT(import().untold, SizeIs(1));
  EXPECT_EQ(name_of(faces[1]), "");
}

TEST_F(TakeoutImportTest, WhatDiffersOrWasForgottenIsNotTold) {
  const auto faces = add_photo("a.jpg", 1);
  write_takeout("a.jpg.json", {"Ann"});
  folder_.write("a.jpg.xmp", marks({marked(faces[0], "Ann")}));
  folder_.write("a.xmp", marks({marked(faces[0], "Bob")}));
  NameImport report = import();
  EXPECT_EQ(name_of(faces[0]), "");
  EXPECT_THAT(report.contradictions, SizeIs(2));
  EXPECT_THAT(report.untold, SizeIs(1));

  const auto two = add_photo("b.jpg", 2);
  catalog_.forget({.faces = {two[0]}});
  write_takeout("b.jpg.json", {"Cid"});
  report = import();
  EXPECT_EQ(name_of(two[1]), "") << "Cid may be the one that is forgotten";
  EXPECT_THAT(report.untold, SizeIs(2));
}

TEST_F(TakeoutImportTest, WhatWasSaidCountsMore) {
  const auto a = add_photo("a.jpg", 1);
  const auto b = add_photo("b.jpg", 1);
  name_faces(catalog_, std::vector{a[0], b[0]}, "Ann");
  reject_faces(catalog_, a);
  write_takeout("a.jpg.json", {"Ann"});
  write_takeout("b.jpg.json", {"Bob"});
  const NameImport report = import();
  EXPECT_EQ(name_of(a[0]), "");
  EXPECT_EQ(name_of(b[0]), "Ann");
  ASSERT_THAT(report.contradictions, SizeIs(1));
  EXPECT_THAT(report.contradictions[0].reason, HasSubstr("not Ann"));
  ASSERT_THAT(report.untold, SizeIs(1)) << "the only face is somebody else";
  EXPECT_THAT(report.untold[0].names, ElementsAre("Bob"));
}

TEST_F(TakeoutImportTest, ACutNameCountsOnlyWithItsTitle) {
  const std::string stem(44, 'x');
  const auto right = add_photo(stem + ".jpg", 1);
  const auto wrong = add_photo(stem + ".jpeg", 1);
  write_takeout(stem + ".j.json", {"Ann"}, stem + ".jpg");
  import();
  EXPECT_EQ(name_of(right[0]), "Ann");
  EXPECT_EQ(name_of(wrong[0]), "");
}

TEST_F(TakeoutImportTest, ADamagedFileIsAProblemAndTheOthersAreRead) {
  const auto a = add_photo("a.jpg", 1);
  const auto b = add_photo("b.jpg", 1);
  folder_.write("a.jpg.json", "{\"people\": [" + std::string(50'000, '['));
  write_takeout("b.jpg.json", {"Bob"});
  const NameImport report = import();
  EXPECT_THAT(report.problems,
              ElementsAre(Pair(folder_.path("a.jpg.json"), HasSubstr("more than 100 levels"))));
  EXPECT_EQ(name_of(a[0]), "");
  EXPECT_EQ(name_of(b[0]), "Bob");
}

}  // namespace
}  // namespace facenet
