// Videos among the photos: what each command makes of them.
#include <filesystem>

#include <gmock/gmock.h>

#include "image/decode.h"
#include "test/cli/program.h"
#include "test/cli/videos/films.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

/// The five Johns, and a film of two of them: one after the other, then both.
class FilmsTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    start_image_library();
    copy_photos("johns", "photos");
    make_film(path("photos/film.mp4"), {{{photo("John_Salley")}},
                                        {{photo("John_Simm")}},
                                        {{photo("John_Salley", 2), photo("John_Simm", 2)}}});
  }

  static std::string photo(const std::string& person, std::size_t number = 0) {
    std::vector<std::string> photos;
    for (const auto& entry : fs::directory_iterator(test_photos() + "/johns/" + person))
      photos.push_back(entry.path());
    std::ranges::sort(photos);
    return photos.at(number);
  }
  ProgramRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    return facenet(arguments);
  }
  /// The faces of the film that `photos --json` lists.
  json film_faces() const {
    const json listed = run({"photos", "--json"}).json();
    for (const json& photo : listed["photos"])
      if (photo["photo"] == path("photos/film.mp4")) return photo["faces"];
    return nullptr;
  }
  /// The number of the person who has most photos of these.
  int person_of(const std::string& folder) const {
    std::map<int, int> people;
    const json listed = run({"photos", "--json"}).json();
    for (const json& photo : listed["photos"])
      if (photo["photo"].get<std::string>().find(folder) != std::string::npos)
        for (const json& face : photo["faces"])
          if (face["person"].is_number()) ++people[face["person"].get<int>()];
    return std::ranges::max_element(people, {}, [](const auto& one) { return one.second; })->first;
  }
};

TEST_F(FilmsTest, AreCountedWithAHintUnlessTheyAreAskedFor) {
  const ProgramRun plain = run({"cluster", "photos"});
  EXPECT_EQ(plain.status, 0) << plain.err;
  EXPECT_THAT(plain.errors(), Contains("facenet: skipped 1 video; --videos reads it"));
  EXPECT_EQ(run({"photos", "--skipped"}).out, path("photos/film.mp4") + ": video\n");

  const ProgramRun videos = run({"cluster", "photos", "--videos", "--json"});
  EXPECT_EQ(videos.status, 0) << videos.err;
  EXPECT_THAT(videos.err, Not(HasSubstr("skipped")));
  EXPECT_EQ(videos.json()["photo_counts"]["new"], 1);
  EXPECT_EQ(videos.json()["photo_counts"]["changed"], 0);
  EXPECT_EQ(run({"photos", "--skipped"}).status, 1);
}

TEST_F(FilmsTest, GiveEachPersonOneFaceThatJoinsThePersonsPhotos) {
  ASSERT_EQ(run({"cluster", "photos", "--videos"}).status, 0);
  const json faces = film_faces();
  ASSERT_EQ(faces.size(), 2) << faces;
  std::vector<int> people;
  for (const json& face : faces) people.push_back(face["person"].get<int>());
  EXPECT_THAT(people,
              testing::UnorderedElementsAre(person_of("John_Salley"), person_of("John_Simm")));
  for (const json& face : faces) {
    EXPECT_GE(face["time"].get<double>(), 0);
    EXPECT_LT(face["time"].get<double>(), 9);
  }
  for (const json& face : film_faces()) {
    const json shown = run({"people", "show", face["person"].dump(), "--json"}).json();
    EXPECT_THAT(shown["people"][0]["faces"],
                Contains(testing::ResultOf([](const json& one) { return one.value("time", -1.0); },
                                           face["time"].get<double>())));
  }
}

TEST_F(FilmsTest, FindWhoComesForAMomentIntoAStillPicture) {
  fs::remove(path("photos/film.mp4"));
  const Scene alone{{photo("John_Salley")}, 5, true};
  make_film(path("photos/film.mp4"),
            {alone, {{photo("John_Salley"), photo("John_Simm", 2)}, 2, true}, alone});
  ASSERT_EQ(run({"cluster", "photos", "--videos"}).status, 0);
  std::map<int, double> times;
  for (const json& face : film_faces())
    times[face["person"].get<int>()] = face["time"].get<double>();
  ASSERT_EQ(times.size(), 2);
  ASSERT_TRUE(times.contains(person_of("John_Simm")));
  EXPECT_GE(times[person_of("John_Simm")], 5);
  EXPECT_LT(times[person_of("John_Simm")], 7);
}

TEST_F(FilmsTest, TheTimeStandsInRowsToo) {
  ASSERT_EQ(run({"cluster", "photos", "--videos"}).status, 0);
  const std::string time = fmt::format(",{:.3f}", film_faces()[0]["time"].get<double>());
  const std::string person = film_faces()[0]["person"].dump();
  const std::string film = path("photos/film.mp4");
  EXPECT_THAT(run({"people", "show", person, "--csv"}).out,
              AllOf(HasSubstr(",score,time,by_hand\n"), HasSubstr(film), HasSubstr(time + ",0\n"),
                    HasSubstr(".jpg,"), HasSubstr(",,0\n")));
  EXPECT_THAT(run({"who", film, "--csv"}).out,
              AllOf(HasSubstr(",score,time,by_hand\n"), HasSubstr(time + ",0\n")));
  const json shown = run({"people", "show", person, "--json"}).json()["people"][0]["faces"];
  std::string photo;
  for (const json& face : shown)
    if (!face.contains("time")) photo = face["photo"];
  EXPECT_THAT(run({"find", photo, "--csv"}).out, AllOf(HasSubstr(",height,time\n"), HasSubstr(film),
                                                       HasSubstr(time + "\n"), HasSubstr(",\n")));
}

TEST_F(FilmsTest, KeepThoseApartWhoAreSeenTogether) {
  ASSERT_EQ(run({"cluster", "photos", "--videos"}).status, 0);
  const json faces = film_faces();
  const ProgramRun why =
      run({"cluster", "--explain", faces[0]["face"].dump(), faces[1]["face"].dump()});
  EXPECT_EQ(why.status, 1) << why.err;
  EXPECT_THAT(why.out, HasSubstr("kept apart by faces " + faces[0]["face"].dump() + " and " +
                                 faces[1]["face"].dump() + " were seen in one frame of a video"));
  // Even with a threshold that joins all.
  ASSERT_EQ(run({"cluster", "--threshold", "4"}).status, 0);
  const json after = film_faces();
  EXPECT_NE(after[0]["person"], after[1]["person"]);
}

TEST_F(FilmsTest, StayInTheCatalogWithoutTheOption) {
  ASSERT_EQ(run({"cluster", "photos", "--videos"}).status, 0);
  const json before = film_faces();
  const ProgramRun again = run({"cluster", "photos"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.err, Not(HasSubstr("skipped")));
  EXPECT_EQ(film_faces(), before);

  // Moved, and touched: its bytes are known.
  fs::create_directory(path("photos/films"));
  fs::rename(path("photos/film.mp4"), path("photos/films/b.mp4"));
  const ProgramRun moved = run({"cluster", "photos", "--json"});
  EXPECT_EQ(moved.status, 0) << moved.err;
  EXPECT_EQ(moved.json()["photo_counts"]["moved"], 1);
  EXPECT_EQ(moved.json()["photo_counts"]["skipped"], json::object());
  fs::last_write_time(path("photos/films/b.mp4"), fs::file_time_type::clock::now());
  EXPECT_EQ(run({"cluster", "photos", "--json"}).json()["photo_counts"]["skipped"], json::object());
  fs::rename(path("photos/films/b.mp4"), path("photos/film.mp4"));
  ASSERT_EQ(run({"cluster", "photos"}).status, 0);
  EXPECT_EQ(film_faces(), before);

  // Another film is still one that was not asked for.
  make_film(path("photos/other.mp4"), {{{photo("John_Shimkus")}}});
  EXPECT_THAT(run({"cluster", "photos"}).errors(),
              Contains("facenet: skipped 1 video; --videos reads it"));
}

TEST_F(FilmsTest, AreReadWhereTheConfigurationSaysSo) {
  write("config", "videos = yes\n");
  const ProgramRun run =
      facenet({"embed", "photos", "--catalog", catalog()}, {{"FACENET_CONFIG", path("config")}});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, Not(HasSubstr("skipped")));
  EXPECT_EQ(film_faces().size(), 2);
  write("config", "videos = perhaps\n");
  EXPECT_THAT(facenet({"embed", "photos"}, {{"FACENET_CONFIG", path("config")}}).err,
              HasSubstr("line 1: videos is yes or no, not 'perhaps'"));
}

TEST_F(FilmsTest, AreShownByTheirFrames) {
  ASSERT_EQ(run({"cluster", "photos", "--videos"}).status, 0);
  const std::string person = std::to_string(person_of("John_Simm"));
  const ProgramRun sheet = run({"people", "sheet", person, "-o", "sheet.png", "--json"});
  EXPECT_EQ(sheet.status, 0) << sheet.err;
  EXPECT_THAT(
      sheet.json()["people"][0]["faces"],
      Contains(testing::ResultOf([](const json& face) { return face.contains("time"); }, true)));
  const ProgramRun report = run({"report", "-o", "report"});
  EXPECT_EQ(report.status, 0) << report.err;
  EXPECT_THAT(read("report/people/" + person + ".html"), HasSubstr("film.mp4</bdi></a> at 0:0"));
  const ProgramRun found = run({"find", photo("John_Simm", 3)});
  EXPECT_EQ(found.status, 0) << found.err;
  EXPECT_THAT(found.out, HasSubstr("photos/film.mp4 at 0:0"));
  const ProgramRun who = run({"who", "photos/film.mp4"});
  EXPECT_EQ(who.status, 0) << who.err;
  EXPECT_THAT(who.out, AllOf(HasSubstr(" at 0:0"), HasSubstr("person " + person)));
  const ProgramRun review = run({"people", "review", "--list", "--chips", "chips"});
  EXPECT_THAT(review.status, testing::AnyOf(0, 1)) << review.err;
}

TEST_F(FilmsTest, AreExported) {
  ASSERT_EQ(run({"cluster", "photos", "--videos"}).status, 0);
  ASSERT_EQ(run({"people", "name", std::to_string(person_of("John_Simm")), "Simm"}).status, 0);
  EXPECT_EQ(run({"export", "copies", "out", "--named"}).status, 0);
  EXPECT_TRUE(fs::exists(path("out/Simm/film.mp4")));
  const ProgramRun xmp = run({"export", "xmp"});
  EXPECT_EQ(xmp.status, 0) << xmp.err;
  EXPECT_THAT(xmp.errors(),
              Contains("facenet: 1 video is left out: faces in videos have no place in a sidecar"));
  EXPECT_FALSE(fs::exists(path("photos/film.mp4.xmp")));
  EXPECT_EQ(run({"import", "photos"}).status, 0);
  EXPECT_THAT(run({"export", "csv", "faces"}).out, HasSubstr("film.mp4"));
}

TEST_F(FilmsTest, KeepWhatWasSaidWhenFacesAreFoundAnew) {
  ASSERT_EQ(run({"cluster", "photos", "--videos"}).status, 0);
  const json before = film_faces();
  ASSERT_EQ(run({"people", "name", before[0]["person"].dump(), "Somebody"}).status, 0);
  const ProgramRun anew =
      run({"cluster", "--redetect", "--detector", "mtcnn", "--min-face-pixels", "30"});
  EXPECT_EQ(anew.status, 0) << anew.err;
  const json after = film_faces();
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(after[i]["face"], before[i]["face"]);
  EXPECT_EQ(after[0]["name"], "Somebody");
}

TEST_F(FilmsTest, AreForgottenWithTheirPeople) {
  ASSERT_EQ(run({"cluster", "photos", "--videos"}).status, 0);
  const std::string simm = std::to_string(person_of("John_Simm"));
  ASSERT_EQ(run({"forget", simm, "--yes"}).status, 0);
  ASSERT_EQ(film_faces().size(), 1);
  const ProgramRun anew = run({"cluster", "--redetect", "--min-face-pixels", "30"});
  EXPECT_EQ(anew.status, 0) << anew.err;
  EXPECT_EQ(film_faces().size(), 1);
}

TEST_F(FilmsTest, GetVectorsOfAnotherModel) {
  ASSERT_EQ(run({"cluster", "photos", "--videos"}).status, 0);
  const json before = film_faces();
  const ProgramRun other = run({"cluster", "photos", "--model", "facenet-nn4"});
  EXPECT_EQ(other.status, 0) << other.err;
  const json after = film_faces();
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(after[i]["face"], before[i]["face"]);
}

TEST_F(FilmsTest, OfLivePhotosBelongToThese) {
  copy_photo("johns/John_Simm/" + fs::path(photo("John_Simm", 4)).filename().string(),
             "live/IMG_1.JPG");
  make_film(path("live/IMG_1.mov"), {{{photo("John_Simm", 4)}, 2.5}});
  make_film(path("live/IMG_2.mov"), {{{photo("John_Salley", 4)}, 2.5}});
  const ProgramRun live = run({"cluster", "live", "--videos", "--json"});
  EXPECT_EQ(live.status, 0) << live.err;
  EXPECT_THAT(live.errors(),
              Contains("facenet: skipped 1 short video of Live Photos, whose photos are read"));
  EXPECT_EQ(live.json()["photo_counts"]["new"], 2);
  EXPECT_EQ(live.json()["photo_counts"]["skipped"], json({{"live-photo", 1}}));
}

/// A photo with a film behind it, as phones make them.
TEST_F(FilmsTest, BehindPhotosAreNotLookedAt) {
  std::string bytes = read("photos/film.mp4");
  const std::string jpeg = photo("John_Simm", 5);
  fs::create_directory(path("motion"));
  fs::copy_file(jpeg, path("motion/MVIMG_1.jpg"));
  const std::string both = read("motion/MVIMG_1.jpg") + bytes;
  write("motion/MVIMG_1.jpg", both);
  const ProgramRun motion = run({"cluster", "motion", "--videos", "--json"});
  EXPECT_EQ(motion.status, 0) << motion.err;
  EXPECT_EQ(motion.json()["face_count"], 1);
}

}  // namespace
}  // namespace facenet::test
