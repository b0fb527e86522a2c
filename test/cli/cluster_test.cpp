#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <signal.h>
#include <span>
#include <unistd.h>

#include <gmock/gmock.h>

#include "base/npy.h"
#include "image/decode.h"
#include "image/encode.h"
#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class ClusterTest : public ProgramTest {
 protected:
  ProgramRun cluster(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"cluster", "photos", "--json", "--catalog", catalog()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return facenet(arguments);
  }

  /// The groups as sets of file names: what a partition is, without numbers.
  static std::set<std::set<std::string>> groups(const json& document) {
    std::set<std::set<std::string>> groups;
    for (const json& person : document["people"]) {
      std::set<std::string> group;
      for (const json& face : person["faces"]) {
        group.insert(fs::path(face["photo"].get<std::string>()).filename());
      }
      groups.insert(group);
    }
    return groups;
  }

  /// Person of each photo, and its name.
  static std::map<std::string, std::pair<int, json>> person_of(const json& document) {
    std::map<std::string, std::pair<int, json>> people;
    for (const json& person : document["people"]) {
      for (const json& face : person["faces"]) {
        people[fs::path(face["photo"].get<std::string>()).filename()] = {person["person"],
                                                                         person["name"]};
      }
    }
    return people;
  }

  /// The document without what may differ between runs.
  static json comparable(json document) {
    document.erase("seconds");
    document.erase("catalog");
    return document;
  }
};

TEST_F(ClusterTest, WithoutDownloadedWeightsTheBuiltInNetworkFindsTheFiveJohns) {
  copy_photos("johns", "photos");
  std::filesystem::create_directory(path("empty"));
  const std::map<std::string, std::string> without = {{"FACENET_MODELS", path("empty")}};
  const ProgramRun run = facenet({"cluster", "photos", "--json", "--catalog", catalog()}, without);
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("the weights of mobilefacenet-512 are not installed"));
  const json document = run.json();
  EXPECT_EQ(document["model"], "facenet-nn4");
  EXPECT_GE(document["face_count"], 50);
  EXPECT_GE(document["people"].size(), 5U);
  EXPECT_LE(document["people"].size(), 12U);
  // The catalog stays with its network when the better weights arrive.
  const json later = facenet({"cluster", "--json", "--catalog", catalog()}).json();
  EXPECT_EQ(later["model"], "facenet-nn4");
  EXPECT_EQ(later["people"].size(), document["people"].size());
}

TEST_F(ClusterTest, FindsTheFiveJohns) {
  copy_photos("johns", "photos");
  const ProgramRun run = cluster();
  ASSERT_EQ(run.status, 0) << run.err;
  const json document = run.json();
  EXPECT_EQ(document["photo_counts"]["scanned"], johns().size());
  EXPECT_EQ(document["photo_counts"]["new"], johns().size());
  EXPECT_GE(document["face_count"], 50);
  EXPECT_EQ(document["model"], "mobilefacenet-512");
  EXPECT_EQ(document["linkage"], "average");
  // Nobody is mixed up, and each of the five is mostly one person.
  std::map<std::string, std::size_t> largest;
  std::size_t faces = 0;
  for (const json& person : document["people"]) {
    std::set<std::string> names;
    for (const json& face : person["faces"]) {
      names.insert(fs::path(face["photo"].get<std::string>()).parent_path().filename());
      EXPECT_EQ(face["box"].size(), 4u);
      EXPECT_GT(face["score"], 0.5);
      ++faces;
    }
    EXPECT_EQ(names.size(), 1u);
    largest[*names.begin()] = std::max(largest[*names.begin()], person["faces"].size());
  }
  EXPECT_EQ(faces, document["face_count"]);
  ASSERT_EQ(largest.size(), 5u);
  for (const auto& [name, count] : largest) EXPECT_GE(count, 9u) << name;
}

TEST_F(ClusterTest, SecondRunEmbedsNothingAndSaysTheSame) {
  copy_photos("johns/John_Simm", "photos");
  copy_photos("johns/John_Savage", "photos");
  const json first = cluster().json();
  const ProgramRun again = cluster();
  EXPECT_EQ(again.status, 0);
  const json second = again.json();
  EXPECT_EQ(second["photo_counts"]["unchanged"], first["photo_counts"]["new"]);
  EXPECT_EQ(second["photo_counts"]["new"], 0);
  EXPECT_EQ(second["people"], first["people"]);
  EXPECT_THAT(again.err, AllOf(HasSubstr("0 faces embedded"), HasSubstr("as before")));
}

TEST_F(ClusterTest, BytesDoNotDependOnThreadsOrOrder) {
  copy_photos("johns/John_Simm", "photos/a");
  copy_photos("johns/John_Savage", "photos/b");
  copy_photos("faces", "photos/c");
  const auto run = [&](const std::vector<std::string>& roots, const std::string& threads) {
    std::vector<std::string> arguments = {
        "cluster", "--json",    "--threads",
        threads,   "--catalog", path("t" + threads + roots[0].back() + ".db")};
    arguments.insert(arguments.end(), roots.begin(), roots.end());
    return comparable(facenet(arguments).json()).dump();
  };
  const std::string one = run({"photos/a", "photos/b", "photos/c"}, "1");
  EXPECT_EQ(run({"photos/a", "photos/b", "photos/c"}, "2"), one);
  EXPECT_EQ(run({"photos/c", "photos/b", "photos/a"}, "3"), one);
}

TEST_F(ClusterTest, NameSurvivesRunsNewPhotosAndMoves) {
  const auto names = johns();
  for (std::size_t i = 0; i < names.size(); i += 2) {
    copy_photo(names[i], "photos/" + std::to_string(i) + ".jpg");
  }
  const auto before = person_of(cluster().json());
  const int anna = before.at("0.jpg").first;
  const ProgramRun named =
      facenet({"people", "name", std::to_string(anna), "Anna Müller", "--catalog", catalog()});
  ASSERT_EQ(named.status, 0) << named.err;
  for (std::size_t i = 1; i < names.size(); i += 2) {
    copy_photo(names[i], "photos/" + std::to_string(i) + ".jpg");
  }
  fs::create_directory(path("photos/sub"));
  fs::rename(path("photos/0.jpg"), path("photos/sub/moved.jpg"));
  const json after = cluster().json();
  EXPECT_EQ(after["photo_counts"]["moved"], 1);
  EXPECT_EQ(after["photo_counts"]["missing"], 0);
  EXPECT_EQ(person_of(after).at("moved.jpg"), std::pair(anna, json("Anna Müller")));
  EXPECT_EQ(person_of(after).at("1.jpg"), std::pair(anna, json("Anna Müller")));

  const json listed = facenet({"people", "--json", "--catalog", catalog()}).json();
  EXPECT_EQ(listed["people"], after["people"]);
  const ProgramRun shown =
      facenet({"people", "show", std::to_string(anna), "-0", "--catalog", catalog()});
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.out, HasSubstr(path("photos/sub/moved.jpg") + std::string(1, '\0')));
}

TEST_F(ClusterTest, ChangedIsRedoneMissingComesBack) {
  copy_photo("johns/John_Simm/" + fs::path(johns().back()).filename().string(), "photos/a.jpg");
  copy_photo(johns().front(), "photos/b.jpg");
  const json first = cluster().json();
  const auto b = person_of(first).at("b.jpg");

  fs::rename(path("photos/b.jpg"), path("b.jpg"));
  const json away = cluster().json();
  EXPECT_EQ(away["photo_counts"]["missing"], 1);
  EXPECT_EQ(away["photo_counts"]["scanned"], 1);
  EXPECT_EQ(groups(away), (std::set<std::set<std::string>>{{"a.jpg"}}));

  fs::rename(path("b.jpg"), path("photos/b.jpg"));
  const json back = cluster().json();
  EXPECT_EQ(back["photo_counts"]["missing"], 0);
  EXPECT_EQ(back["photo_counts"]["unchanged"], 2);
  EXPECT_EQ(person_of(back).at("b.jpg"), b);

  copy_photo("faces/bald_guys.jpg", "photos/a.jpg");
  const json changed = cluster().json();
  EXPECT_EQ(changed["photo_counts"]["changed"], 1);
  EXPECT_GT(changed["face_count"], 5);
}

TEST_F(ClusterTest, FacesOfOnePhotoAreDifferentPeople) {
  copy_photo("faces/bald_guys.jpg", "photos/bald.jpg");
  const json document = cluster({"--threshold", "4"}).json();
  EXPECT_GT(document["face_count"], 10);
  EXPECT_EQ(document["people"].size(), document["face_count"]);
}

TEST_F(ClusterTest, SkipsHiddenAndNofacesFoldersAndSurvivesLoops) {
  copy_photo(johns()[0], "photos/seen.jpg");
  copy_photo(johns()[1], "photos/.hidden/x.jpg");
  copy_photo(johns()[2], "photos/private/deep/y.jpg");
  write("photos/private/.nofaces", "");
  write("photos/notes.txt", "no photo, and nobody said it was one");
  fs::create_directory_symlink(path("photos"), path("photos/loop"));
  const ProgramRun run = cluster();
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.json()["photo_counts"]["scanned"], 1);
}

TEST_F(ClusterTest, AnyFileNameWorks) {
  const std::vector<std::string> names = {"\xFFlatin.jpg", "a b.jpg",    "q\"uo'te.jpg",
                                          "new\nline.jpg", "[1]{x}.jpg", "-dash.jpg",
                                          "no-extension"};
  for (std::size_t i = 0; i < names.size(); ++i) copy_photo(johns()[i], "photos/" + names[i]);
  const ProgramRun run = cluster();
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.json()["photo_counts"]["scanned"], names.size());
  const ProgramRun list = facenet({"people", "-0", "--catalog", catalog()});
  for (const std::string& name : names) {
    EXPECT_THAT(list.out, HasSubstr(path("photos/" + name) + std::string(1, '\0')));
  }
  std::size_t with_bytes = 0;
  const json document = run.json();
  for (const json& person : document["people"]) {
    for (const auto& face : person["faces"]) with_bytes += face.contains("photo_bytes");
  }
  EXPECT_EQ(with_bytes, 1u);
}

TEST_F(ClusterTest, CopiesOfAPhotoAreOnePhoto) {
  copy_photo(johns()[0], "photos/one.jpg");
  copy_photo(johns()[0], "photos/two.jpg");
  const json document = cluster().json();
  EXPECT_EQ(document["photo_counts"]["scanned"], 2);
  EXPECT_EQ(document["face_count"], 1);
  fs::remove(path("photos/one.jpg"));
  const json after = cluster().json();
  EXPECT_EQ(after["face_count"], 1);
  EXPECT_EQ(after["photo_counts"]["missing"], 0);
  EXPECT_EQ(groups(after), (std::set<std::set<std::string>>{{"two.jpg"}}));
}

/// As of grey stone without eyes: no colour, few shades.
Image as_statue(Image photo) {
  for (std::size_t i = 0; i < photo.pixels.size(); i += 3) {
    const int light = (photo.pixels[i] + 2 * photo.pixels[i + 1] + photo.pixels[i + 2]) / 4;
    const auto grey = static_cast<std::uint8_t>(110 + light / 32 * 16);
    std::fill_n(photo.pixels.begin() + static_cast<std::ptrdiff_t>(i), 3, grey);
  }
  return photo;
}

/// In strokes of 2 x 2 pixels and eight shades of each colour.
Image as_painting(Image photo) {
  for (int y = 0; y < photo.height; ++y)
    for (int x = 0; x < photo.width; ++x)
      for (int colour = 0; colour < 3; ++colour) {
        const int stroke = photo.row(y / 2 * 2)[x / 2 * 2 * 3 + colour];
        photo.row(y)[x * 3 + colour] = static_cast<std::uint8_t>(stroke / 32 * 32 + 16);
      }
  return photo;
}

TEST_F(ClusterTest, StatuesAndPaintingsAreFacesAsWell) {
  // Whoever is shown twice, in stone or in oil, may be one person; two people are not.
  start_image_library();
  std::map<std::string, std::string> shows;
  fs::create_directory(path("photos"));
  for (const std::string& john : johns()) {
    const Image photo = PhotoFile(test_photos() + "/" + john).decode(0);
    const std::string number = std::to_string(shows.size());
    for (const auto& [name, image] :
         {std::pair("statue", as_statue(photo)), std::pair("painting", as_painting(photo))}) {
      const std::string file = name + number + ".png";
      write_png(path("photos/" + file), image, false);
      shows[file] = fs::path(john).parent_path();
    }
  }
  const ProgramRun run = cluster();
  ASSERT_EQ(run.status, 0) << run.err;
  const json document = run.json();
  EXPECT_EQ(document["photo_counts"]["scanned"], shows.size());
  EXPECT_GT(document["face_count"], shows.size() / 2);
  for (const auto& group : groups(document)) {
    std::set<std::string> people;
    for (const std::string& file : group) people.insert(shows.at(file));
    EXPECT_THAT(people, SizeIs(1));
  }
  EXPECT_EQ(comparable(cluster().json())["people"], comparable(document)["people"]);
}

TEST_F(ClusterTest, CsvAndTextListEveryFace) {
  copy_photos("johns/John_Simm", "photos");
  const ProgramRun csv = facenet({"cluster", "photos", "--csv", "--catalog", catalog()});
  EXPECT_THAT(csv.out,
              testing::StartsWith("person,name,face,photo,x,y,width,height,score,time,by_hand\n"));
  const json document = cluster().json();
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'),
            document["face_count"].get<std::ptrdiff_t>() + 1);
  const ProgramRun text = facenet({"people", "list", "--min-faces", "5", "--catalog", catalog()});
  EXPECT_EQ(text.status, 0);
  EXPECT_THAT(text.out, HasSubstr("person 1: "));
  EXPECT_THAT(text.out, HasSubstr(" more\n"));
}

/// Kills or interrupts a run after some of its work was committed, and finishes it with another.
class StoppedRunTest : public ClusterTest, public testing::WithParamInterface<int> {};

TEST_P(StoppedRunTest, GoesOnWhereItWas) {
  constexpr int kCopies = 12;  // enough work to be caught in the middle
  const auto names = johns();
  for (int copy = 0; copy < kCopies; ++copy) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string to = "photos/" + std::to_string(i) + "-" + std::to_string(copy) + ".jpg";
      copy_photo(names[i], to);
      // A byte after the end of the image makes it another photo with the same picture.
      std::ofstream(path(to), std::ios::binary | std::ios::app) << static_cast<char>(copy);
    }
  }
  const int process = start({"cluster", "photos", "--json", "--catalog", catalog()});
  const auto photos = [&] {
    const ProgramRun info = facenet({"catalog", "info", "--json", "--catalog", catalog()});
    return info.status == 0 ? info.json()["photo_count"].get<std::size_t>() : 0;
  };
  while (photos() == 0) usleep(20'000);
  kill(process, GetParam());
  EXPECT_EQ(wait_for(process), 128 + GetParam());
  const std::size_t done = photos();
  EXPECT_GT(done, 0u);
  ASSERT_LT(done, names.size() * kCopies) << "the run was over before it could be stopped";
  EXPECT_EQ(facenet({"catalog", "check", "--catalog", catalog()}).status, 0);

  const ProgramRun rest = cluster();
  EXPECT_EQ(rest.status, 0) << rest.err;
  EXPECT_EQ(rest.json()["photo_counts"]["unchanged"], done);
  EXPECT_EQ(rest.json()["photo_counts"]["new"], names.size() * kCopies - done);
}

INSTANTIATE_TEST_SUITE_P(Signals, StoppedRunTest, testing::Values(SIGKILL, SIGINT, SIGTERM, SIGHUP),
                         [](const auto& info) {
                           return info.param == SIGKILL   ? "SIGKILL"
                                  : info.param == SIGINT  ? "SIGINT"
                                  : info.param == SIGTERM ? "SIGTERM"
                                                          : "SIGHUP";
                         });

TEST_F(ClusterTest, OtherDetectorSettingsAreRefusedNotMixed) {
  copy_photo(johns()[0], "photos/a.jpg");
  ASSERT_EQ(cluster().status, 0);
  const ProgramRun run = cluster({"--min-face", "0.1"});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.errors().size(), 1u);
  EXPECT_THAT(run.err, AllOf(HasSubstr("use the same detector options"),
                             HasSubstr("`facenet cluster --redetect`")));
}

TEST_F(ClusterTest, ACatalogKeepsTheDetectorOptionsThatItWasMadeWith) {
  copy_photo(johns()[0], "photos/a.jpg");
  // The default of version 0.1, and a score.
  ASSERT_EQ(cluster({"--min-face", "0.025", "--score", "0.8"}).status, 0);
  copy_photo(johns()[1], "photos/b.jpg");
  const auto detector = [&] {
    return facenet({"catalog", "info", "--catalog", catalog(), "--json"})
        .json()["properties"]["detector"];
  };
  const json before = detector();
  EXPECT_THAT(before.get<std::string>(), HasSubstr("min-face 0.025 min-face-pixels 20 score 0.8"));
  const ProgramRun plain = cluster();
  EXPECT_EQ(plain.status, 0) << plain.err;
  EXPECT_EQ(plain.json()["photo_counts"]["new"], 1);
  EXPECT_EQ(detector(), before);
  EXPECT_EQ(cluster({"--score", "0.8"}).status, 0) << "the same, said again";
  EXPECT_EQ(facenet({"find", "photos/a.jpg", "--catalog", catalog()}).status, 0);
  EXPECT_EQ(cluster({"--score", "0.9"}).status, 2);
}

TEST_F(ClusterTest, AGroupingCanBeStopped) {
  // Random vectors, which all join near one height: much to look for.
  constexpr std::size_t kRows = 30000, kDimension = 64;
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (30000, 64), }";
  header.resize(117, ' ');
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(kRows * kDimension);
  for (float& value : values) value = normal(random);
  write("v.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" +
                     std::string(reinterpret_cast<const char*>(values.data()),
                                 values.size() * sizeof(float)));
  const int process = start({"cluster", "--embeddings", "v.npy", "--threshold", "120"});
  // Until it has vectors enough in memory to have begun.
  const auto resident = [&] {
    std::ifstream file("/proc/" + std::to_string(process) + "/statm");
    long size = 0, pages = 0;
    file >> size >> pages;
    return pages * sysconf(_SC_PAGESIZE);
  };
  while (resident() < 30'000'000) usleep(10'000);
  usleep(200'000);
  kill(process, SIGINT);
  EXPECT_EQ(wait_for(process), 130);
  EXPECT_THAT(read(".stderr"), HasSubstr("facenet: stopped; what was stored before is kept"));
  EXPECT_EQ(read(".stdout"), "");
}

TEST_F(ClusterTest, VectorsFromElsewhere) {
  // Two pairs of points on the unit circle, 0.1 rad apart inside a pair.
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2), }";
  header.resize(117, ' ');
  const float values[] = {1.0f, 0.0f, 0.995f, 0.0998f, 0.0f, 1.0f, -0.0998f, 0.995f};
  write("v.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" +
                     std::string(reinterpret_cast<const char*>(values), sizeof values));
  EXPECT_EQ(facenet({"cluster", "--embeddings", "v.npy", "--threshold", "0.5"}).out,
            "0\n0\n1\n1\n");
  write("photos.csv", "photo\n1\n1\n2\n3\n");
  const ProgramRun run = facenet({"cluster", "--embeddings", "v.npy", "--groups", "photos.csv",
                                  "--threshold", "0.5", "--json"});
  EXPECT_EQ(run.json()["clusters"], json({0, 1, 2, 2}));
  EXPECT_THAT(facenet({"cluster", "--embeddings", "v.npy"}).err,
              HasSubstr("needs --threshold, or the --model that made the vectors"));
  const ProgramRun by_rule =
      facenet({"cluster", "--embeddings", "v.npy", "--model", "mobilefacenet-512", "--json"});
  EXPECT_EQ(by_rule.json()["clusters"], json({0, 0, 1, 1}));
  EXPECT_EQ(by_rule.json()["rule"], "default");
  EXPECT_TRUE(by_rule.json()["threshold"].is_null());
  EXPECT_EQ(facenet({"cluster", "--linkage", "single", "photos"}).status, 2);
  for (const char* linkage : {"complete", "single"}) {
    EXPECT_EQ(facenet({"cluster", "--embeddings", "v.npy", "--threshold", "0.5", "--linkage",
                       linkage, "--json"})
                  .json()["linkage"],
              linkage);
  }
  EXPECT_THAT(
      facenet({"cluster", "--embeddings", "v.npy", "--threshold", "1", "--linkage", "ward"}).err,
      HasSubstr("average, complete or single, not 'ward'"));
  write("photos.csv", "1\n");
  EXPECT_THAT(
      facenet({"cluster", "--embeddings", "v.npy", "--groups", "photos.csv", "--threshold", "1"})
          .err,
      HasSubstr("1 lines for the 4 vectors"));
}

TEST_F(ClusterTest, MergeTreeOfVectors) {
  // On a line: 0 1 | 3 | 10, as in HandComputedJoins.
  const float values[] = {10, 0, 3, 1};
  write_npy(path("v.npy"), std::span(values), 1, true);
  const std::vector<std::string> command{"cluster", "--embeddings", "v.npy",   "--threshold",
                                         "6.5",     "--merge-tree", "tree.npy"};
  EXPECT_EQ(facenet(command).out, "0\n1\n1\n1\n");
  const NpyMatrix tree = read_npy(path("tree.npy"));
  EXPECT_EQ(tree.columns, 4);
  EXPECT_THAT(tree.values, ElementsAre(1, 3, 1, 2,     //
                                       2, 4, 6.5F, 3,  //
                                       0, 5, 230 / 3.0F, 4));
  EXPECT_THAT(facenet(command).err, HasSubstr("give --force"));
}

TEST_F(ClusterTest, ApproximateSearchSaysWhatItFound) {
  std::vector<float> values;
  for (int i = 0; i < 60; ++i) values.push_back(static_cast<float>(i / 3));
  write_npy(path("v.npy"), std::span<const float>(values), 1, true);
  const ProgramRun run = facenet(
      {"cluster", "--embeddings", "v.npy", "--threshold", "0.5", "--approximate", "--json"});
  EXPECT_EQ(run.json()["clusters"][59], 19);
  EXPECT_EQ(run.json()["recall"], 1);
  EXPECT_THAT(run.err, HasSubstr("100.00 % of the nearest neighbours"));
}

}  // namespace
}  // namespace facenet::test
