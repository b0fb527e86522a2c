// The configuration file, and what it leaves out of scans.
#include <filesystem>

#include <gmock/gmock.h>

#include "base/format.h"
#include "test/cli/program.h"

namespace facenet::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class ConfigTest : public ProgramTest {
 protected:
  /// Runs the program with this configuration file.
  ProgramRun with(const std::string& configuration, const std::vector<std::string>& arguments,
                  std::map<std::string, std::string> more = {}) const {
    write("config", configuration);
    more["FACENET_CONFIG"] = path("config");
    return facenet(arguments, more);
  }
  /// The message about a configuration file, without its path.
  std::string message(const std::string& configuration) const {
    const ProgramRun run = with(configuration, {"people", "list", "--catalog", catalog()});
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.out, IsEmpty());
    const auto errors = run.errors();
    EXPECT_EQ(errors.size(), 1U) << run.err;
    const std::string start = "facenet: " + path("config") + " ";
    EXPECT_THAT(run.err, StartsWith(start));
    return errors.empty() ? "" : errors.front().substr(start.size());
  }
};

TEST_F(ConfigTest, SaysWhatIsInForceAndWhereItComesFrom) {
  const std::string text =
      "# for all of my photos\n"
      "catalog = ~/faces.db\n"
      "\n"
      "exclude = @eaDir   # of the NAS\n"
      "exclude=*.gif\r\n"
      "threads = 3\n";
  const std::string file = path("config");
  EXPECT_EQ(with(text, {"config"}).out, fmt::format("file      {0}\n"
                                                    "catalog   {1} ({0} line 2)\n"
                                                    "detector  yunet (built in)\n"
                                                    "exclude   @eaDir ({0} line 4)\n"
                                                    "exclude   *.gif ({0} line 5)\n"
                                                    "model     auto (built in)\n"
                                                    "threads   3 ({0} line 6)\n"
                                                    "videos    no (built in)\n",
                                                    file, path("home/faces.db")));
  const auto json = with(text, {"config", "--json"}, {{"FACENET_CATALOG", "/x.db"}}).json();
  EXPECT_EQ(json["file"], file);
  EXPECT_EQ(json["exists"], true);
  EXPECT_EQ(json["settings"][0], nlohmann::json({{"name", "catalog"},
                                                 {"value", "/x.db"},
                                                 {"source", "environment"},
                                                 {"variable", "FACENET_CATALOG"}}));
  EXPECT_THAT(json["settings"],
              testing::Contains(nlohmann::json(
                  {{"name", "threads"}, {"value", 3}, {"source", "file"}, {"line", 6}})));
}

TEST_F(ConfigTest, SaysWhereTheFileWouldBe) {
  const ProgramRun none = bash("unset FACENET_CONFIG; \"$FACENET\" config | head -n 1");
  EXPECT_EQ(none.out,
            "file      " + path("home/.config/facenet/config") + " (there is no such file)\n");
  write("xdg/facenet/config", "threads = 7\n");
  const ProgramRun found = bash("unset FACENET_CONFIG; export XDG_CONFIG_HOME=" + path("xdg") +
                                "; \"$FACENET\" config | grep threads");
  EXPECT_THAT(found.out, HasSubstr("threads   7 (" + path("xdg/facenet/config") + " line 1)\n"));
  EXPECT_THAT(facenet({"config"}).out, StartsWith("file      none"))
      << "an empty $FACENET_CONFIG: no file is wanted";
  const ProgramRun named = facenet({"config"}, {{"FACENET_CONFIG", "nowhere"}});
  EXPECT_EQ(named.status, 2);
  EXPECT_EQ(named.err, "facenet: " + path("nowhere") +
                           ": cannot open the configuration file: No such file or directory\n");
  EXPECT_THAT(facenet({"config"}, {{"FACENET_CONFIG", "/"}}).err,
              StartsWith("facenet: /: cannot read the configuration file: "));
}

TEST_F(ConfigTest, WhatIsWrongIsOneLineThatNamesTheLine) {
  EXPECT_EQ(message("\nthreds = 2\n"),
            "line 2: there is no setting 'threds'; did you mean threads?");
  EXPECT_EQ(message("force = yes\n"),
            "line 1: there is no setting 'force'; there are catalog, detector, exclude, model, "
            "threads and videos");
  EXPECT_EQ(message("threads = 0\n"), "line 1: threads must be a number from 1 to 1024, not '0'");
  EXPECT_EQ(message("# x\n# y\ndetector = mtncn\n"),
            "line 3: detector is yunet, mtcnn, mmod or hog, not 'mtncn'");
  EXPECT_EQ(message("catalog = faces.db\n"),
            "line 1: catalog must begin with / or ~/, not be 'faces.db'");
  EXPECT_EQ(message("model = ./mine.safetensors\n"),
            "line 1: the file of a model must begin with / or ~/, not be './mine.safetensors'");
  EXPECT_EQ(message("model = dlib-resent\n"),
            "line 1: no model is called 'dlib-resent'; did you mean dlib-resnet?");
  EXPECT_EQ(message("exclude = #recycle\n"), "line 1: exclude has no value (# begins a comment)");
  EXPECT_EQ(message("threads = 2\nthreads = 3\n"), "line 2: threads stands in line 1 already");
  EXPECT_EQ(message("threads 2\n"), "line 1: a line has the form `name = value`");
  EXPECT_EQ(message("[cluster]\n"), "line 1: a line has the form `name = value`");
}

TEST_F(ConfigTest, ConcernsOnlyCommandsWithSuchOptions) {
  for (const char* command : {"help", "completion", "--version", "-h"}) {
    std::vector<std::string> words = {command};
    if (words.front() == "completion") words.emplace_back("bash");
    EXPECT_EQ(with("nonsense", words).status, 0) << command;
  }
  EXPECT_EQ(with("nonsense", {"cluster", "-h"}).out, facenet({"cluster", "-h"}).out);
  EXPECT_EQ(with("threads = 3\nexclude = x\n", {"people", "list", "--catalog", catalog()}).err,
            facenet({"people", "list", "--catalog", catalog()}).err);
}

TEST_F(ConfigTest, HelpShowsTheUsersDefaults) {
  const std::string text = "threads = 3\nexclude = *.gif\nexclude = raw\ncatalog = /faces.db\n";
  const std::map<std::string, std::string> wide = {{"COLUMNS", "1000"}};
  const std::string help = with(text, {"cluster", "-h"}, wide).out;
  EXPECT_EQ(with(text, {"help", "cluster"}, wide).out, help);
  std::string joined;
  for (const char c : help)
    if (c != '\n' && (c != ' ' || !joined.ends_with(' '))) joined += c == '\n' ? ' ' : c;
  EXPECT_THAT(joined, HasSubstr("(default: 3, from"));
  EXPECT_THAT(joined, HasSubstr("(default: *.gif, raw, from"));
  EXPECT_THAT(joined, HasSubstr("(default: /faces.db, from"));
  EXPECT_THAT(with(text, {"help", "--man", "cluster"}).out, Not(HasSubstr("faces.db")))
      << "a page is for everybody";
}

TEST_F(ConfigTest, FlagThenEnvironmentThenFile) {
  const std::string text = "catalog = " + path("file.db") + "\n";
  const std::vector<std::string> list = {"people", "list"};
  EXPECT_THAT(with(text, list).err, HasSubstr(path("file.db")));
  const std::map<std::string, std::string> variable = {{"FACENET_CATALOG", path("variable.db")}};
  EXPECT_THAT(with(text, list, variable).err, HasSubstr(path("variable.db")));
  EXPECT_THAT(with(text, {"people", "list", "--catalog", path("flag.db")}, variable).err,
              HasSubstr(path("flag.db")));
  EXPECT_EQ(with("threads = 3\n", {"cluster", "--threads", "0", "nowhere"}).status, 2);
}

TEST_F(ConfigTest, DetectorAndModelAreThoseOfNewCatalogs) {
  copy_photo("johns/John_Simm/000288_00470387.jpg", "photos/a.jpg");
  const std::vector<std::string> cluster = {"cluster", "photos", "--catalog", catalog()};
  ASSERT_EQ(facenet(cluster).status, 0);
  const std::string text = "detector = hog\nmodel = facenet-nn4\n";
  const ProgramRun again = with(text, cluster);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("1 unchanged; 0 faces embedded"));
  EXPECT_THAT(with(text, {"embed", "photos", "--catalog", catalog()}).err,
              HasSubstr("1 unchanged; 0 faces embedded"));

  ASSERT_EQ(with(text, {"cluster", "photos", "--catalog", path("new.db")}).status, 0);
  const auto info = facenet({"catalog", "info", "--json", "--catalog", path("new.db")}).json();
  EXPECT_THAT(info["properties"]["detector"].get<std::string>(), StartsWith("hog "));
  EXPECT_EQ(info["properties"]["model"], "facenet-nn4");
}

TEST_F(ConfigTest, WhatIsExcludedIsNeitherScannedNorMissing) {
  copy_photo("johns/John_Simm/000288_00470387.jpg", "photos/a.jpg");
  copy_photo("johns/John_Simm/000297_00470170.jpg", "photos/raw/b.jpg");
  copy_photo("johns/John_Simm/000300_00470148.jpg", "photos/c.tmp.jpg");
  const std::vector<std::string> cluster = {"cluster", "photos", "--catalog", catalog(), "--json"};
  const std::string text = "exclude = raw\n";
  const ProgramRun first = with(text, cluster);
  EXPECT_EQ(first.json()["photo_counts"]["new"], 2);
  EXPECT_EQ(first.json()["photo_counts"]["excluded_folders"], 1);
  EXPECT_EQ(first.json()["photo_counts"]["excluded_files"], 0);
  EXPECT_THAT(first.err, HasSubstr("2 photos: 2 new; 1 folder excluded; 2 faces embedded"));

  auto with_flag = cluster;
  with_flag.insert(with_flag.end(), {"--exclude", "*.tmp.*"});
  const ProgramRun second = with(text, with_flag);
  EXPECT_EQ(second.json()["photo_counts"]["unchanged"], 1);
  EXPECT_EQ(second.json()["photo_counts"]["missing"], 0);
  EXPECT_EQ(second.json()["face_count"], 2) << "the faces of an excluded photo stay";
  EXPECT_THAT(second.err, HasSubstr("1 folder and 1 file excluded"));
  std::filesystem::remove(path("photos/c.tmp.jpg"));
  EXPECT_EQ(with(text, with_flag).json()["photo_counts"]["missing"], 0);
  EXPECT_EQ(with(text, cluster).json()["photo_counts"]["missing"], 1);
  EXPECT_EQ(with(text, with_flag).json()["photo_counts"]["missing"], 0);

  const ProgramRun nothing =
      facenet({"cluster", "photos", "--exclude", "*", "--catalog", catalog()});
  EXPECT_EQ(nothing.status, 1);
  EXPECT_THAT(nothing.err,
              HasSubstr("photos: no photos there (1 folder and 1 file excluded); give"));
  const ProgramRun detected = with(text, {"detect", "photos"});
  EXPECT_THAT(detected.out, Not(HasSubstr("raw")));
  EXPECT_THAT(detected.errors(), ElementsAre("facenet: 1 folder excluded"));
}

TEST_F(ConfigTest, ExcludeGoesWithPaths) {
  const ProgramRun run = facenet({"cluster", "--exclude", "x", "--catalog", catalog()});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, StartsWith("facenet: --exclude goes with PATH; see"));
}

}  // namespace
}  // namespace facenet::test
