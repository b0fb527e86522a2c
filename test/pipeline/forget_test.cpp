// What was forgotten stays out, however its photo comes back.
#include <filesystem>

#include <gmock/gmock.h>

#include "pipeline/forgotten_faces.h"
#include "test/pipeline/text_photos.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class ForgetScanTest : public TextPhotosTest {
 protected:
  PhotoId photo_at(const std::string& name) const {
    for (const PathRecord& record : catalog_.paths())
      if (record.path == path(name) && record.photo) return *record.photo;
    ADD_FAILURE() << "no photo " << name;
    return 0;
  }
  std::vector<float> places() const {
    std::vector<float> places;
    for (const FaceRecord& face : catalog_.faces()) places.push_back(face.x);
    return places;
  }
};

TEST_F(ForgetScanTest, APhotoStaysOutAndIsCounted) {
  write_photo("photos/a", "0.95 10 10");
  write_photo("photos/b", "0.95 200 10");
  update({"photos"});
  catalog_.forget({.photos = {photo_at("photos/a")}});
  bool looked = false;
  meanwhile_ = [&] { looked = true; };
  const LibraryUpdate again = update({"photos"});
  EXPECT_EQ(again.forgotten, 1);
  EXPECT_EQ(again.scanned, 1);
  EXPECT_EQ(again.unchanged, 1);
  EXPECT_FALSE(looked) << "its file is known by path, size and time";
  EXPECT_THAT(paths(), ElementsAre(Pair("photos/b", false)));

  fs::rename(path("photos/a"), path("photos/moved"));
  fs::copy_file(path("photos/moved"), path("photos/copy"));
  EXPECT_EQ(update({"photos"}).forgotten, 2);
  EXPECT_EQ(update({"photos"}).forgotten, 2);
  fs::copy_file(path("photos/moved"), path("photos/b"), fs::copy_options::overwrite_existing);
  const LibraryUpdate replaced = update({"photos"});
  EXPECT_EQ(replaced.forgotten, 3);
  EXPECT_EQ(replaced.scanned, 0);
  EXPECT_THAT(paths(), IsEmpty()) << "what stands at b is not that photo any more";
  EXPECT_THAT(catalog_.photos(), SizeIs(1));
  EXPECT_THAT(catalog_.check(), IsEmpty());

  catalog_.allow_again(sha256_of_file(path("photos/moved")));
  const LibraryUpdate allowed = update({"photos"});
  EXPECT_EQ(allowed.forgotten, 0);
  EXPECT_EQ(allowed.fresh, 3);
  EXPECT_THAT(places(), ElementsAre(200, 10));
}

TEST_F(ForgetScanTest, AFaceStaysOutOfAPhotoThatOthersAreIn) {
  write_photo("photos/a", "0.95 10 10\n0.93 200 10");
  update({"photos"});
  catalog_.forget({.faces = {1}});
  EXPECT_EQ(update({"photos"}).forgotten_faces, 1);
  fs::rename(path("photos/a"), path("photos/b"));
  const LibraryUpdate moved = update({"photos"});
  EXPECT_EQ(moved.moved, 1);
  EXPECT_EQ(moved.forgotten_faces, 1);
  EXPECT_EQ(moved.embedded, 0);

  options_.detector.detector = "hog";  // sees it 4 pixels to the right
  const LibraryUpdate anew = update(catalog_, {}, true);
  EXPECT_EQ(anew.redetection.kept, 1);
  EXPECT_EQ(anew.redetection.fresh, 0);
  EXPECT_EQ(anew.forgotten_faces, 1);
  EXPECT_THAT(places(), ElementsAre(204));
  EXPECT_THAT(catalog_.check(), IsEmpty());

  EXPECT_EQ(catalog_.allow_again(sha256_of_file(path("photos/b"))).faces, 1);
  const LibraryUpdate allowed = update({"photos"});
  EXPECT_EQ(allowed.redetection.fresh, 1);
  EXPECT_EQ(allowed.forgotten_faces, 0);
  EXPECT_THAT(places(), ElementsAre(204, 14));
}

TEST_F(ForgetScanTest, AFaceStaysOutOfAPhotoThatIsNewToTheCatalog) {
  write_photo("photos/a", "0.95 10 10\n0.93 200 10\n0.92 400 10");
  update({"photos"});
  catalog_.forget({.faces = {2}});
  RawDatabase(file()).execute(
      "DELETE FROM vector_evidence; DELETE FROM embedding; DELETE FROM face; DELETE FROM path; "
      "DELETE FROM photo");
  const LibraryUpdate again = update({"photos"});
  EXPECT_EQ(again.fresh, 1);
  EXPECT_EQ(again.embedded, 2);
  EXPECT_EQ(again.forgotten_faces, 1);
  EXPECT_THAT(places(), ElementsAre(10, 400));
  EXPECT_NEAR(catalog_.embedding(catalog_.faces()[1].id, again.model)[0], std::cos(4.2), 1e-6)
      << "each has the vector of its own";
}

TEST_F(ForgetScanTest, ANeighbourIsKept) {
  write_photo("photos/a", "0.95 10 10\n0.93 30 10");  // overlap by a third
  update({"photos"});
  catalog_.forget({.faces = {1}});
  options_.detector.score = 0.5;
  const LibraryUpdate anew = update(catalog_, {}, true);
  EXPECT_EQ(anew.redetection.kept, 1);
  EXPECT_EQ(anew.redetection.gone, 0);
  EXPECT_THAT(places(), ElementsAre(30));
}

TEST_F(ForgetScanTest, WhatIsForgottenWhileAScanRunsStaysOut) {
  write_photo("photos/a", "0.95 10 10");
  update({"photos"});
  fs::copy_file(path("photos/a"), path("photos/copy"));
  write_photo("photos/new", "0.95 90 10");
  meanwhile_ = [&] {
    Catalog other(file(), Catalog::Mode::kWrite);
    other.forget({.photos = {1}});
  };
  const LibraryUpdate update = TextPhotosTest::update({"photos"});
  EXPECT_EQ(update.forgotten, 1);
  EXPECT_THAT(paths(), ElementsAre(Pair("photos/new", false)));
  EXPECT_THAT(places(), ElementsAre(90));
  EXPECT_THAT(catalog_.check(), IsEmpty());
}

TEST_F(ForgetScanTest, AnotherModelEmbedsWhatIsLeft) {
  write_photo("photos/a", "0.95 10 10\n0.93 200 10");
  update({"photos"});
  catalog_.forget({.faces = {1}});
  options_.embedder->flip = !options_.embedder->flip;
  EXPECT_EQ(update({"photos"}).embedded, 1);
  EXPECT_THAT(places(), ElementsAre(200));
}

}  // namespace
}  // namespace facenet
