#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <span>
#include <sys/mount.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "test/cli/program.h"
#include "weights/safetensors.h"

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

class BadInputTest : public ProgramTest {
 protected:
  ProgramRun cluster(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"cluster", "photos", "--json", "--catalog", catalog()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return facenet(arguments);
  }
  std::string photo_bytes() const {
    std::ifstream file(test_photos() + "/" + johns()[0], std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

struct BadPhoto {
  const char* name;
  std::string content;
  const char* reason;
};

/// The start of a PNG that promises 60,000 x 60,000 pixels.
const std::string kBomb(
    "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0\x0f\xb0\xe2\x15"
    "\0\0\0\x0aIDAT\x78\x9c\0\0\0\0\0\0\0\0\0\0\0\0",
    55);

TEST_F(BadInputTest, BadPhotosAreListedAndTheRunGoesOn) {
  const std::vector<BadPhoto> bad = {
      {"truncated.jpg", photo_bytes().substr(0, photo_bytes().size() / 2), "the file is cut short"},
      {"zero.jpg", "", "the file is empty"},
      {"text.jpg", "This is not a photo at all, whatever its name says.", "not a photo"},
      {"bomb.png", kBomb, "3,600,000,000 pixels are more than the limit"},
      {"header.jpg", photo_bytes().substr(0, 20), "cut short"},
  };
  for (const BadPhoto& photo : bad) write(std::string("photos/") + photo.name, photo.content);
  copy_photo(johns()[0], "photos/good.jpg");
  // Reading this fails, as from a broken disk: it opens, but address 0 is not mapped.
  fs::create_symlink("/proc/self/mem", path("photos/unreadable.jpg"));

  const ProgramRun run = cluster({"--follow-links"});
  EXPECT_EQ(run.status, 3);
  EXPECT_EQ(run.json()["photo_counts"]["unreadable"], bad.size() + 1);
  EXPECT_EQ(run.json()["face_count"], 1);
  for (const BadPhoto& photo : bad) {
    EXPECT_THAT(run.errors(),
                Contains(AllOf(StartsWith("facenet: " + path("photos/") + photo.name + ": "),
                               HasSubstr(photo.reason))));
  }
  EXPECT_THAT(run.errors(), Contains(AllOf(HasSubstr("unreadable.jpg"), HasSubstr("cannot read"))));
  EXPECT_EQ(run.errors().size(), bad.size() + 2);  // and the summary

  // Remembered with the reason, and tried again only when they change. What was reported once is no
  // failure of later runs.
  const ProgramRun again = cluster({"--follow-links"});
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(again.json()["photo_counts"]["unchanged"], 1);
  EXPECT_EQ(again.json()["photo_counts"]["unreadable"], bad.size() + 1);
  EXPECT_THAT(again.errors(),
              ElementsAre("facenet: 6 photos could not be read, as before; `facenet photos "
                          "--unreadable` lists them",
                          HasSubstr("6 unreadable")));
  const ProgramRun strict = cluster({"--strict", "--follow-links"});
  EXPECT_EQ(strict.status, 3);
  EXPECT_EQ(strict.errors().size(), bad.size() + 2);
  EXPECT_EQ(facenet({"embed", "photos", "--follow-links", "--catalog", catalog()}).status, 0);
  EXPECT_EQ(
      facenet({"embed", "photos", "--follow-links", "--strict", "--catalog", catalog()}).status, 3);
  copy_photo(johns()[1], "photos/zero.jpg");
  EXPECT_EQ(cluster({"--follow-links"}).json()["photo_counts"]["unreadable"], bad.size());
  write("photos/text.jpg", "%PDF: broken in another way");
  const ProgramRun otherwise = cluster({"--follow-links"});
  EXPECT_EQ(otherwise.status, 3);
  EXPECT_THAT(otherwise.errors(), Contains(AllOf(HasSubstr("text.jpg"), HasSubstr("PDF"))));
}

TEST_F(BadInputTest, SkippedFilesAreCountedByKind) {
  copy_photo(johns()[0], "photos/good.jpg");
  const std::string tiff("II*\0\x08\0\0\0\0\0\0\0\0\0", 14);
  write("photos/a.psd", "8BPS");
  write("photos/b.PSB", "8BPS");
  write("photos/notes.txt", "words");
  write("photos/broken.tif", tiff);
  const ProgramRun one = cluster();
  EXPECT_EQ(one.status, 3) << one.err;  // of the TIFF file
  EXPECT_THAT(one.errors(),
              Contains("facenet: skipped 2 photoshop files; facenet does not read such"));
  EXPECT_THAT(one.err, Not(HasSubstr("psd")));
  write("photos/clip.mp4", std::string("\0\0\0\x18"
                                       "ftypisom\0\0\2\0isomavc1",
                                       24));
  for (int run = 0; run < 2; ++run) {  // also when they were known before
    const ProgramRun two = cluster();
    EXPECT_EQ(two.status, 0) << two.err;
    EXPECT_THAT(
        two.errors(),
        Contains("facenet: skipped 1 video; --videos reads it; 2 photoshop files; facenet does "
                 "not read such"));
    EXPECT_EQ(two.json()["photo_counts"]["skipped"], json({{"photoshop", 2}, {"video", 1}}));
    EXPECT_EQ(two.json()["photo_counts"]["scanned"], 2);
    EXPECT_EQ(two.json()["photo_counts"]["unreadable"], 1);
  }
  const ProgramRun named = facenet({"cluster", "photos/a.psd", "--catalog", path("other.db")});
  EXPECT_EQ(named.status, 1);
  EXPECT_THAT(named.errors(),
              Contains("facenet: skipped 1 photoshop file; facenet does not read such"));
  const ProgramRun detect = facenet({"detect", "photos/clip.mp4", "photos/good.jpg"});
  EXPECT_EQ(detect.status, 0);
  EXPECT_THAT(detect.errors(),
              ElementsAre("facenet: skipped 1 video, which this command does not read"));
  const ProgramRun verify = facenet({"verify", "photos/good.jpg", "photos/a.psd"});
  EXPECT_EQ(verify.status, 2);
  EXPECT_THAT(verify.errors(),
              ElementsAre(HasSubstr("photos/a.psd: a file of the kind photoshop")));
}

TEST_F(BadInputTest, APathThatIsMissingAmongOthersIsTroubleOfItsOwn) {
  copy_photo(johns()[0], "photos/a.jpg");
  copy_photo(johns()[1], "disk/b.jpg");
  ASSERT_EQ(cluster({"disk"}).json()["photo_counts"]["scanned"], 2);
  fs::rename(path("disk"), path("away"));
  const ProgramRun run = cluster({"disk"});
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.errors(), Contains(HasSubstr(path("disk") + ": is not there")));
  EXPECT_EQ(run.json()["photo_counts"]["scanned"], 1);
  EXPECT_EQ(run.json()["photo_counts"]["missing"], 0)
      << "a forgotten mount is not a deleted library";
  EXPECT_EQ(run.json()["face_count"], 2);
  EXPECT_EQ(cluster({"disk"}).status, 3) << "it is missing still";
  fs::rename(path("away"), path("disk"));
  EXPECT_EQ(cluster({"disk"}).json()["photo_counts"]["unchanged"], 2);
  EXPECT_THAT(cluster({"nowhere"}).errors(),
              Contains("facenet: " + path("nowhere") + ": No such file or directory"));
  EXPECT_EQ(facenet({"detect", "nowhere", "photos", "--json"}).status, 3);
  EXPECT_EQ(facenet({"cluster", "nowhere", "nothing", "--catalog", catalog()}).status, 2);
}

TEST_F(BadInputTest, TinyAndAnimatedPhotosAreFine) {
  write("photos/one.bmp",
        std::string("BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0\1\0"
                    "\x18\0\0\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\x80\x80\0",
                    58));
  // Two frames of 1x1.
  write("photos/two.gif", std::string("GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0"
                                      "\x21\xf9\4\0\0\0\0\0\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"
                                      "\x21\xf9\4\0\0\0\0\0\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0\x3b",
                                      66));
  const ProgramRun run = cluster();
  EXPECT_EQ(run.json()["photo_counts"]["unreadable"], 0) << run.err;
  EXPECT_EQ(run.json()["photo_counts"]["scanned"], 2);
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.errors(), ElementsAre("facenet: photos: no faces in 2 photos; try a smaller "
                                        "--min-face-pixels or --score"));
}

TEST_F(BadInputTest, EmptyAndMissingFolders) {
  fs::create_directory(path("photos"));
  const ProgramRun empty = cluster();
  EXPECT_EQ(empty.status, 1);
  EXPECT_EQ(empty.json()["people"], json::array());
  EXPECT_THAT(empty.errors(), ElementsAre("facenet: photos: no photos there; give folders or files "
                                          "with photos"));
  const ProgramRun missing = facenet({"cluster", "nowhere", "--catalog", catalog()});
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.out, IsEmpty());
  EXPECT_THAT(missing.errors(),
              ElementsAre("facenet: " + path("nowhere") +
                          ": No such file or directory; give an existing folder or photo"));
}

TEST_F(BadInputTest, AForgottenMountIsNotAnEmptyLibrary) {
  copy_photo(johns()[0], "photos/a.jpg");
  ASSERT_EQ(cluster().status, 0);
  fs::rename(path("photos"), path("elsewhere"));
  EXPECT_EQ(cluster().status, 2);
  fs::rename(path("elsewhere"), path("photos"));
  EXPECT_EQ(cluster().json()["photo_counts"]["unchanged"], 1);
}

TEST_F(BadInputTest, VerifyAnswersByExitStatus) {
  const auto names = johns();  // sorted by person
  copy_photo(names[0], "a.jpg");
  copy_photo(names[1], "b.jpg");
  copy_photo(names.back(), "other.jpg");
  copy_photo("faces/dogs.jpg", "dogs.jpg");
  write("text.jpg", "words");
  const ProgramRun same = facenet({"verify", "a.jpg", "b.jpg", "--json"});
  EXPECT_EQ(same.status, 0) << same.err;
  EXPECT_EQ(same.json()["same"], true);
  EXPECT_GT(same.json()["probability"], 0.5);
  EXPECT_LE(same.json()["distance"], same.json()["threshold"]);
  EXPECT_THAT(same.err, IsEmpty());
  const ProgramRun different = facenet({"verify", "a.jpg", "other.jpg", "--json"});
  EXPECT_EQ(different.status, 1);
  EXPECT_EQ(different.json()["same"], false);
  EXPECT_LT(different.json()["probability"], 0.5);
  const ProgramRun identical = facenet({"verify", "a.jpg", "a.jpg", "--json"});
  EXPECT_LT(identical.json()["distance"], 1e-6);

  const ProgramRun dogs = facenet({"verify", "a.jpg", "dogs.jpg"});
  EXPECT_EQ(dogs.status, 2);
  EXPECT_THAT(dogs.errors(), ElementsAre(StartsWith("facenet: dogs.jpg: no face found")));
  const ProgramRun text = facenet({"verify", "text.jpg", "a.jpg"});
  EXPECT_EQ(text.status, 2);
  EXPECT_THAT(text.errors(), ElementsAre(StartsWith("facenet: text.jpg: not a photo")));
  const ProgramRun none = facenet({"verify", "none.jpg", "a.jpg"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.errors(), ElementsAre(HasSubstr("none.jpg: cannot open: No such file")));
}

TEST_F(BadInputTest, VerifyAllComparesEveryPair) {
  copy_photo("faces/bald_guys.jpg", "many.jpg");
  const ProgramRun run = facenet({"verify", "--all", "many.jpg", "many.jpg", "--json"});
  EXPECT_EQ(run.status, 0) << run.err;
  const json faces = facenet({"detect", "many.jpg", "--json"}).json()["photos"][0]["faces"];
  EXPECT_EQ(run.json()["pairs"].size(), faces.size() * faces.size());
}

class BadCatalogTest : public BadInputTest {
 protected:
  void SetUp() override {
    BadInputTest::SetUp();
    copy_photo(johns()[0], "photos/a.jpg");
  }
  /// One line, status 2, and these words.
  void expect_refused(const ProgramRun& run, const std::string& words) const {
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.errors(), ElementsAre(HasSubstr(words)));
  }
};

TEST_F(BadCatalogTest, AFolderOrSomethingElse) {
  fs::create_directory(catalog());
  expect_refused(cluster(), "is a folder");
  fs::remove(catalog());
  write("catalog.db", std::string(5000, 'x'));
  expect_refused(cluster(), "no facenet catalog");
  EXPECT_EQ(read("catalog.db"), std::string(5000, 'x'));
  fs::remove(catalog());
  expect_refused(facenet({"people", "--catalog", catalog()}), "facenet cluster");
  EXPECT_FALSE(fs::exists(catalog())) << "asking made a catalog";
}

TEST_F(BadCatalogTest, MadeByANewerVersion) {
  ASSERT_EQ(cluster().status, 0);
  std::fstream file(catalog(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(60);  // user_version, big-endian (sqlite.org/fileformat.html)
  file.write("\0\0\3\xe8", 4);
  file.close();
  expect_refused(cluster(), "newer");
}

TEST_F(BadCatalogTest, Damaged) {
  ASSERT_EQ(cluster().status, 0);
  const auto size = fs::file_size(catalog());
  std::fstream file(catalog(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(size - 4096, '\x5a');
  file.close();
  EXPECT_EQ(cluster().status, 2);
  const ProgramRun check = facenet({"catalog", "check", "--catalog", catalog()});
  EXPECT_THAT(check.status, testing::AnyOf(1, 2));
  EXPECT_THAT(check.err, HasSubstr(catalog()));
}

TEST_F(BadCatalogTest, TwoWritersWaitForEachOther) {
  ASSERT_EQ(cluster().status, 0);
  copy_photo(johns()[1], "photos/b.jpg");
  const int first = start({"cluster", "photos", "-q", "--json", "--catalog", catalog()});
  const ProgramRun second = facenet({"people", "name", "1", "Ann", "--catalog", catalog()});
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(wait_for(first), 0);
  EXPECT_THAT(facenet({"people", "--catalog", catalog()}).out, HasSubstr("person 1 Ann"));
}

/// A catalog on a file system of its own, where a test may mount one (as root, like CI).
class MountedCatalogTest : public BadCatalogTest {
 protected:
  void SetUp() override {
    BadCatalogTest::SetUp();
    fs::create_directory(path("disk"));
    mounted_ = mount("tmpfs", path("disk").c_str(), "tmpfs", 0, "size=768k") == 0;
    if (!mounted_) GTEST_SKIP() << "mounting needs root";
  }
  void TearDown() override {
    if (mounted_) umount(path("disk").c_str());
    BadCatalogTest::TearDown();
  }
  bool mounted_ = false;
};

TEST_F(MountedCatalogTest, FullDiskKeepsWhatWasDone) {
  copy_photos("johns", "many");
  const auto run = [&] {
    return facenet({"cluster", "many", "--json", "--catalog", path("disk/catalog.db")});
  };
  const ProgramRun full = run();
  expect_refused(full, "full");
  ASSERT_EQ(mount("tmpfs", path("disk").c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  EXPECT_EQ(facenet({"catalog", "check", "--catalog", path("disk/catalog.db")}).status, 0);
  const ProgramRun enough = run();
  EXPECT_EQ(enough.status, 0) << enough.err;
  EXPECT_EQ(enough.json()["photo_counts"]["scanned"], johns().size());
}

TEST_F(MountedCatalogTest, AFullDiskCanBeRead) {
  ASSERT_EQ(mount("tmpfs", path("disk").c_str(), "tmpfs", MS_REMOUNT, "size=8m"), 0);
  const std::string catalog = path("disk/catalog.db");
  ASSERT_EQ(facenet({"cluster", "photos", "-q", "--catalog", catalog}).status, 0);
  bash("cat /dev/zero >disk/filler 2>/dev/null");
  const ProgramRun list = facenet({"people", "--catalog", catalog});
  EXPECT_EQ(list.status, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("person 1"));
  expect_refused(facenet({"people", "name", "1", "Ann", "--catalog", catalog}), "is full");
  fs::remove(path("disk/filler"));
  EXPECT_EQ(facenet({"people", "name", "1", "Ann", "--catalog", catalog}).status, 0);
}

TEST_F(MountedCatalogTest, ReadOnlyDiskCanBeReadNotWritten) {
  ASSERT_EQ(mount("tmpfs", path("disk").c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  const std::string catalog = path("disk/catalog.db");
  ASSERT_EQ(facenet({"cluster", "photos", "-q", "--catalog", catalog}).status, 0);
  ASSERT_EQ(mount("tmpfs", path("disk").c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, ""), 0);
  EXPECT_EQ(facenet({"people", "--catalog", catalog}).status, 0);
  expect_refused(facenet({"people", "name", "1", "Ann", "--catalog", catalog}), "read-only");
  expect_refused(facenet({"cluster", "photos", "--catalog", catalog}), "read-only");
  expect_refused(facenet({"cluster", "photos", "--catalog", path("disk/new.db")}), "new.db");
}

class BadModelTest : public BadCatalogTest {
 protected:
  std::string weights(const std::string& name) const {
    std::ifstream file(test_models() + "/" + name + ".safetensors", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(BadModelTest, CutAlteredOrOfAnotherNetwork) {
  const std::string good = weights("mobilefacenet-512");
  write("cut.safetensors", good.substr(0, good.size() / 2));
  expect_refused(cluster({"--model", "./cut.safetensors"}), "cut.safetensors");
  std::string altered = good;
  altered[altered.size() - 1000] ^= 1;
  write("altered.safetensors", altered);
  expect_refused(cluster({"--model", "./altered.safetensors"}), "altered.safetensors");
  write("other.safetensors", weights("mtcnn"));
  expect_refused(cluster({"--model", "./other.safetensors"}), "not an embedder");
  write("text.safetensors", "these are no weights");
  expect_refused(cluster({"--model", "./text.safetensors"}), "text.safetensors");
  expect_refused(cluster({"--model", "facenet-3000"}), "facenet-3000");
  EXPECT_EQ(cluster({"--model", test_models() + "/mobilefacenet-512.safetensors"}).status, 0);
}

TEST_F(BadModelTest, WeightsThatSayNothingMakeNobody) {
  const SafetensorsFile whole(test_models() + "/mobilefacenet-512.safetensors");
  const auto write_with = [&](const std::string& file, float value) {
    std::map<std::string, TensorView> tensors = whole.tensors();
    std::vector<std::vector<float>> values;
    for (auto& [name, view] : tensors) {
      if (view.type != TensorType::kFloat32) continue;
      values.emplace_back(view.data.size() / sizeof(float), value);
      view.data = std::as_bytes(std::span(values.back()));
    }
    write_safetensors(path(file), tensors, whole.metadata(), true);
  };
  copy_photo(johns()[0], "photos/a.jpg");
  write_with("nothing.safetensors", 0);
  const ProgramRun nothing = cluster({"--model", "nothing.safetensors"});
  EXPECT_EQ(nothing.status, 1);
  EXPECT_EQ(nothing.json()["face_count"], 0);
  EXPECT_THAT(nothing.err, HasSubstr("1 face left out, for which the network gives no vector"));

  write_with("nan.safetensors", std::numeric_limits<float>::quiet_NaN());
  const ProgramRun nan =
      facenet({"cluster", "photos", "--catalog", path("other.db"), "--model", "nan.safetensors"});
  EXPECT_EQ(nan.status, 2);
  EXPECT_THAT(nan.errors(), Contains(AllOf(HasSubstr("nan.safetensors"), HasSubstr("not finite"))));
}

TEST_F(BadModelTest, MissingWeights) {
  fs::create_directory(path("empty"));
  const std::map<std::string, std::string> without = {{"FACENET_MODELS", path("empty")}};
  expect_refused(facenet({"detect", "photos", "--detector", "mmod"}, without), "mmod");
  expect_refused(
      facenet({"verify", "photos/a.jpg", "photos/a.jpg", "--model", "mobilefacenet-512"}, without),
      "mobilefacenet-512");
}

TEST_F(BadInputTest, CodeInAModelNeedsTrust) {
  copy_photo(johns()[0], "photos/a.jpg");
  write("module.pt", "not looked into");
  const std::vector<std::vector<std::string>> commands = {
      {"cluster", "photos", "--catalog", catalog()},
      {"embed", "photos", "--output", "vectors.npy"},
      {"verify", "photos/a.jpg", "photos/a.jpg"}};
  for (const auto& command : commands) {
    auto arguments = command;
    arguments.insert(arguments.end(), {"--model", "module.pt"});
    const ProgramRun refused = facenet(arguments);
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.errors(), Contains(AllOf(HasSubstr("module.pt"), HasSubstr("--trust"))));
    arguments.emplace_back("--trust");
    const ProgramRun damaged = facenet(arguments);
    EXPECT_EQ(damaged.status, 2);
    EXPECT_THAT(damaged.errors(), ElementsAre(AllOf(HasSubstr("module.pt"), HasSubstr("export"))));
  }
}

}  // namespace
}  // namespace facenet::test
