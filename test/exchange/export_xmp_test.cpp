#include <filesystem>

#include <gmock/gmock.h>

#include "base/error.h"
#include "exchange/photo_marks.h"
#include "metadata/xmp_regions.h"
#include "people/statements.h"
#include "test/exchange/photo_library.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class ExportXmpTest : public PhotoLibraryTest {
 protected:
  std::vector<std::string> names_in(const std::string& sidecar) const {
    std::vector<std::string> names;
    for (const FaceRegion& region : read_regions(folder_.read(sidecar)).regions)
      names.push_back(region.name);
    return names;
  }
};

TEST_F(ExportXmpTest, RegionsLieInTheStoredPictureHoweverItIsTurned) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::string name = fmt::format("{}.jpg", orientation);
    const auto faces = add_photo(name, 2, orientation);
    name_faces(catalog_, std::vector{faces[0]}, fmt::format("Ann {}.", orientation));
  }
  const XmpExport report = export_sidecars();
  EXPECT_EQ(report.added, 8);
  EXPECT_EQ(report.regions, 8) << "faces without a name are not written";
  // Face 0 lies at x 0.03 to 0.23, y 0.1 to 0.35 of the upright photo. EXIF 6: what is stored is to
  // be turned a quarter to the right, so upright left is stored bottom, and upright top stored
  // left.
  const FaceRegion sixth = read_regions(folder_.read("6.jpg.xmp")).regions.at(0);
  EXPECT_NEAR(sixth.x, 0.1, 1e-5);
  EXPECT_NEAR(sixth.y, 1 - 0.23, 1e-5);
  EXPECT_NEAR(sixth.width, 0.25, 1e-5);
  EXPECT_NEAR(sixth.height, 0.2, 1e-5);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const std::string path = folder_.path(fmt::format("{}.jpg", orientation));
    const FaceRegions stored = read_regions(folder_.read(fmt::format("{}.jpg.xmp", orientation)));
    EXPECT_EQ(stored.width, kWidth);
    EXPECT_EQ(stored.height, kHeight);
    const PhotoMarks marks = MarkReader().read(std::vector{path}).at(0);
    ASSERT_EQ(marks.faces.size(), 1U);
    EXPECT_NEAR(marks.faces[0].region.x, 0.03, 1e-5);
    EXPECT_NEAR(marks.faces[0].region.y, 0.1, 1e-5);
  }
}

TEST_F(ExportXmpTest, NamesThatWereLostComeBackFromSidecars) {
  std::vector<FaceId> faces;
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (const FaceId face : add_photo(fmt::format("{}.jpg", orientation), 3, orientation))
      faces.push_back(face);
  std::vector<std::int64_t> facts;
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<FaceId> of_one;
    for (std::size_t k = i; k < faces.size(); k += 3) of_one.push_back(faces[k]);
    const char* const name = std::array{"Ann", "Zo\xc3\xab", "O'Hara <&>"}[i];
    facts.push_back(name_faces(catalog_, of_one, name).fact);
  }
  std::vector<std::string> before;
  for (const FaceId face : faces) before.push_back(name_of(face));
  export_sidecars();
  for (const std::int64_t fact : facts) undo_fact(catalog_, fact);
  for (const FaceId face : faces) ASSERT_EQ(name_of(face), "");
  const NameImport report = import();
  EXPECT_EQ(report.photos, 8);
  EXPECT_EQ(report.names.size(), 3U);
  EXPECT_THAT(report.without_face, IsEmpty());
  for (std::size_t i = 0; i < faces.size(); ++i) EXPECT_EQ(name_of(faces[i]), before[i]);
}

TEST_F(ExportXmpTest, RunAgainFollowsWhatIsSaid) {
  const auto first = add_photo("a.jpg", 2);
  const auto second = add_photo("b.jpg", 1);
  name_faces(catalog_, std::vector{first[0], second[0]}, "Ann");
  EXPECT_EQ(export_sidecars().added, 2);
  const std::string before = folder_.read("a.jpg.xmp");
  EXPECT_EQ(export_sidecars().unchanged, 2);
  EXPECT_EQ(folder_.read("a.jpg.xmp"), before);

  name_person(catalog_, person_of(first[0]), "Anna");
  name_faces(catalog_, std::vector{first[1]}, "Bob");
  EXPECT_EQ(export_sidecars().changed, 2);
  EXPECT_THAT(names_in("a.jpg.xmp"), ElementsAre("Anna", "Bob"));
  name_person(catalog_, person_of(first[0]), "");
  hide_person(catalog_, person_of(first[1]), true);
  const XmpExport last = export_sidecars();
  EXPECT_EQ(last.changed, 2);
  EXPECT_EQ(last.regions, 0);
  EXPECT_THAT(names_in("a.jpg.xmp"), IsEmpty());
  EXPECT_THAT(names_in("b.jpg.xmp"), IsEmpty());
}

TEST_F(ExportXmpTest, SidecarsOfOthersAreKeptOrLeftAlone) {
  const auto faces = add_photo("a.jpg", 2);
  add_photo("b.jpg", 1);
  add_photo("c.jpg", 1);
  const auto named = [&](const std::string& photo) {
    return catalog_.faces_of(*catalog_.paths()[static_cast<std::size_t>(photo[0] - 'a')].photo)[0]
        .id;
  };
  name_faces(catalog_, std::vector{faces[0], named("b"), named("c")}, "Ann");
  FaceRegion other = place_of(faces[1]);
  other.name = "Bob";
  folder_.write("a.jpg.xmp", marks({other}));
  folder_.write("b.jpg.xmp", "<x:xmpmeta broken");
  std::filesystem::create_symlink(folder_.path("a.jpg.xmp"), folder_.path("c.jpg.xmp"));
  const XmpExport report = export_sidecars();
  EXPECT_EQ(report.changed, 1);
  EXPECT_THAT(names_in("a.jpg.xmp"), ElementsAre("Bob", "Ann"));
  EXPECT_EQ(folder_.read("b.jpg.xmp"), "<x:xmpmeta broken");
  EXPECT_THAT(report.problems,
              ElementsAre(Pair(folder_.path("b.jpg.xmp"), HasSubstr("is no XMP")),
                          Pair(folder_.path("c.jpg.xmp"), HasSubstr("is a link"))));
}

TEST_F(ExportXmpTest, PhotosThatWouldShareASidecarAreListed) {
  name_faces(catalog_, add_photo("a.jpg", 1), "Ann");
  name_faces(catalog_, add_photo("a.jpeg", 1), "Bob");
  name_faces(catalog_, add_photo("c.jpg", 1), "Eve");
  const XmpExport report = export_sidecars(SidecarStyle::kReplaced);
  EXPECT_EQ(report.added, 1);
  EXPECT_TRUE(std::filesystem::exists(folder_.path("c.xmp")));
  EXPECT_FALSE(std::filesystem::exists(folder_.path("a.xmp")));
  ASSERT_EQ(report.problems.size(), 2U);
  EXPECT_THAT(report.problems[0], Pair(folder_.path("a.xmp"), HasSubstr("several photos")));
}

TEST_F(ExportXmpTest, WritesOnlyWhereItIsAskedToAndAsFarAsItIsAllowed) {
  name_faces(catalog_, add_photo("a.jpg", 1), "Ann");
  name_faces(catalog_, add_photo("b.jpg", 1), "Bob");
  EXPECT_EQ(export_xmp(catalog_.path(), {.dry_run = true}).added, 2);
  EXPECT_FALSE(std::filesystem::exists(folder_.path("a.jpg.xmp")));
  EXPECT_EQ(export_xmp(catalog_.path(), {.paths = {folder_.path("a.jpg")}}).added, 1);
  EXPECT_TRUE(std::filesystem::exists(folder_.path("a.jpg.xmp")));
  EXPECT_FALSE(std::filesystem::exists(folder_.path("b.jpg.xmp")));
  EXPECT_THROW(export_xmp(catalog_.path(), {.paths = {"/elsewhere"}}), Error);
  std::filesystem::remove(folder_.path("b.jpg"));
  const XmpExport report = export_sidecars();
  EXPECT_EQ(report.away, 1);
  EXPECT_EQ(report.unchanged, 1);
  // A photo that is another by now is not marked as the one that it was.
  folder_.write("a.jpg", "something else");
  EXPECT_EQ(export_sidecars().away, 2);
}

}  // namespace
}  // namespace facenet
