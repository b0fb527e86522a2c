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
  EXPECT_EQ(catalog_.facts().size(), 2U) << "nothing new was said";
  undo_fact(catalog_, report.names[0].fact);
  EXPECT_EQ(name_of(inside[0]), "");
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
  elsewhere.x = 0.75;
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

}  // namespace
}  // namespace facenet
