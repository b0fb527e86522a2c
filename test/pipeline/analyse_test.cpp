#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/distance.h"
#include "base/error.h"
#include "base/threads.h"
#include "image/encode.h"
#include "nn/graph/graph.h"
#include "nn/runtime/runtime.h"
#include "pipeline/network_analyser.h"
#include "test/support/temporary_folder.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;
using Status = PhotoAnalysis::Status;

class ImageLibraryEnvironment : public testing::Environment {
 public:
  void SetUp() override { library_ = std::make_unique<ImageLibrary>("analyse_test"); }
  void TearDown() override { library_.reset(); }

 private:
  std::unique_ptr<ImageLibrary> library_;
};
const testing::Environment* const kEnvironment =
    testing::AddGlobalTestEnvironment(new ImageLibraryEnvironment);

class AnalyseTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* photos = std::getenv("FACENET_TEST_PHOTOS");
    ASSERT_TRUE(photos != nullptr && fs::exists(std::string(photos) + "/johns"))
        << "no test photos; run scripts/test, which gets them from Debian's libdlib19.1";
    for (const auto& entry : fs::recursive_directory_iterator(std::string(photos) + "/johns")) {
      if (entry.path().extension() == ".jpg") photos_.push_back(entry.path());
    }
    std::sort(photos_.begin(), photos_.end());
    options_.embedder.emplace();
  }

  static std::vector<AnalysisRequest> requests(const std::vector<std::string>& paths) {
    std::vector<AnalysisRequest> requests;
    for (const std::string& path : paths) requests.push_back({path, std::nullopt});
    return requests;
  }

  /// The photo pasted into a gray one of `width` x `height`, as a file.
  std::string pasted(const std::string& photo, int width, int height, int x, int y) const {
    const Image small = PhotoFile(photo).decode();
    Image large(width, height);
    std::fill(large.pixels.begin(), large.pixels.end(), std::uint8_t{128});
    for (int row = 0; row < small.height; ++row) {
      std::copy_n(small.row(row), 3 * small.width, large.row(y + row) + 3 * x);
    }
    const std::string path = folder_.path("pasted.png");
    write_png(path, large, true);
    return path;
  }

  std::vector<std::string> photos_;
  const TemporaryFolder folder_;
  AnalyserOptions options_;
};

TEST_F(AnalyseTest, OrderAndResultsDoNotDependOnThreads) {
  std::vector<std::string> paths = photos_;
  std::ofstream(folder_.path("broken.jpg")) << "no photo";
  paths.insert(paths.begin() + 5, folder_.path("broken.jpg"));
  const auto run = [&](int threads) {
    options_.threads = threads;
    const auto analyser = make_network_analyser(options_);
    std::vector<PhotoAnalysis> results;
    analyse_in_order(*analyser, requests(paths), {}, [&](std::size_t i, PhotoAnalysis&& analysis) {
      EXPECT_EQ(i, results.size());
      results.push_back(std::move(analysis));
      return true;
    });
    return results;
  };
  const auto one = run(1);
  ASSERT_EQ(one.size(), paths.size());
  EXPECT_EQ(one[5].status, Status::kUnreadable);
  for (const int threads : {2, 3}) {
    const auto many = run(threads);
    ASSERT_EQ(many.size(), one.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
      EXPECT_EQ(many[i].sha256, one[i].sha256);
      EXPECT_EQ(many[i].embeddings, one[i].embeddings) << paths[i];
    }
  }
}

TEST_F(AnalyseTest, SmallFaceOfALargePhotoIsCutFromFullResolution) {
  const auto analyser = make_network_analyser(options_);
  const auto direct = analyser->analyse(requests({photos_[0]})).at(0);
  ASSERT_EQ(direct.faces.size(), 1u);
  const auto far = analyser->analyse(requests({pasted(photos_[0], 3000, 2000, 1700, 900)})).at(0);
  ASSERT_EQ(far.faces.size(), 1u) << far.error;
  EXPECT_NEAR(far.faces[0].box.x, direct.faces[0].box.x + 1700, 15);
  EXPECT_NEAR(far.faces[0].box.y, direct.faces[0].box.y + 900, 15);
  // The same pixels but for the detector's rounding. Cut from the detector's small picture, the
  // vectors are much farther apart than this.
  EXPECT_LT(squared_distance(direct.embeddings, far.embeddings), 0.15);
}

TEST_F(AnalyseTest, KnownFacesAreOnlyEmbedded) {
  const auto analyser = make_network_analyser(options_);
  const auto found = analyser->analyse(requests({photos_[0]})).at(0);
  const AnalysisRequest again{photos_[0], found.faces};
  const auto embedded = analyser->analyse(std::span(&again, 1)).at(0);
  EXPECT_EQ(embedded.embeddings, found.embeddings);
  const AnalysisRequest none{photos_[0], std::vector<Face>{}};
  EXPECT_TRUE(analyser->analyse(std::span(&none, 1)).at(0).faces.empty());
}

TEST_F(AnalyseTest, NetworksHaveNoMoreThreadsThanThereAreProcessors) {
  const auto analyser = make_network_analyser(options_);
  analyser->set_compute_threads(1000);
  EXPECT_THAT(describe_compute_runtime(),
              testing::EndsWith(fmt::format(", {} threads", available_threads())));
  analyser->set_compute_threads(1);
}

TEST_F(AnalyseTest, EmbedsChipsThatItCut) {
  options_.keep_chips = true;
  const auto analyser = make_network_analyser(options_);
  auto found = analyser->analyse(requests({photos_[0]})).at(0);
  EXPECT_EQ(analyser->embed(found.chips), found.embeddings);
  for (std::uint8_t& value : found.chips[0].pixels) value /= 2;
  EXPECT_NE(analyser->embed(found.chips), found.embeddings);
  options_.embedder.reset();
  EXPECT_THROW(make_network_analyser(options_)->embed(found.chips), std::logic_error);
}

TEST_F(AnalyseTest, KnownBytesAreLeftAlone) {
  const auto analyser = make_network_analyser(options_);
  const auto result =
      analyser->analyse(requests({photos_[0]}), [](const Sha256&) { return true; }).at(0);
  EXPECT_EQ(result.status, Status::kKnown);
  EXPECT_EQ(result.sha256, sha256_of_file(photos_[0]));
  EXPECT_TRUE(result.faces.empty());
}

TEST_F(AnalyseTest, OtherFilesAreNoPhotosButBrokenOnesAreReported) {
  std::ofstream(folder_.path("notes.txt")) << "notes";
  std::ofstream(folder_.path("notes.jpg")) << "notes";
  const auto analyser = make_network_analyser(options_);
  const auto results = analyser->analyse(
      requests({folder_.path("notes.txt"), folder_.path("notes.jpg"), folder_.path("none.jpg")}));
  EXPECT_EQ(results[0].status, Status::kNotPhoto);
  EXPECT_EQ(results[1].status, Status::kUnreadable);
  EXPECT_FALSE(results[1].transient);
  EXPECT_EQ(results[2].status, Status::kUnreadable);
  EXPECT_TRUE(results[2].transient);
  EXPECT_EQ(results[2].error, "cannot open: No such file or directory");
}

TEST_F(AnalyseTest, FailuresOfTheOptionsAreNotThoseOfThePhoto) {
  options_.decode.max_pixels = 100;
  const auto result = make_network_analyser(options_)->analyse(requests({photos_[0]})).at(0);
  EXPECT_EQ(result.status, Status::kUnreadable);
  EXPECT_TRUE(result.transient);
}

TEST_F(AnalyseTest, ChipsMayHaveAMargin) {
  options_.embedder.reset();
  options_.keep_chips = true;
  options_.alignment = "arcface-112";
  options_.chip_size = 96;
  // A face of few pixels in a large photo: both are cut from the same decoding.
  const auto request = requests({pasted(photos_[0], 3000, 2000, 1700, 900)});
  const Image chip = make_network_analyser(options_)->analyse(request).at(0).chips.at(0);
  options_.chip_margin = 10;
  const Image loose = make_network_analyser(options_)->analyse(request).at(0).chips.at(0);
  ASSERT_EQ(loose.width, 116);
  ASSERT_EQ(loose.height, 116);
  for (int y = 0; y < 96; ++y) {
    for (int x = 0; x < 3 * 96; ++x) {
      ASSERT_NEAR(loose.row(y + 10)[30 + x], chip.row(y)[x], 1);
    }
  }
  options_.embedder.emplace();
  EXPECT_THROW(options_.validate(), UsageError);
}

/// Weights of a network that gives the mean colour of faces of `size` x `size` pixels.
std::string write_mean_colour(const std::string& path, int size) {
  Graph graph;
  graph.inputs = {"face"};
  graph.outputs = {"colour"};
  graph.nodes = {{.op = "Reshape",
                  .name = "rows",
                  .inputs = {"face"},
                  .outputs = {"rows"},
                  .attributes = {{"shape", {-1, 3, size * size}}}},
                 {.op = "ReduceMean",
                  .name = "colour",
                  .inputs = {"rows"},
                  .outputs = {"colour"},
                  .attributes = {{"axes", {2}}, {"keepdims", 0}}}};
  graph.input_shape = {0, 3, size, size};
  ModelInfo info;
  info.name = "mean-colour";
  info.kind = "embedder";
  info.network = "graph";
  info.height = info.width = size;
  info.embedding = 3;
  info.alignment = "arcface-112";
  write_safetensors(path, {}, {{"facenet", to_json(info).dump()}, {"graph", to_json(graph).dump()}},
                    false);
  return path;
}

TEST_F(AnalyseTest, CutsFacesAsLargeAsTheModelWantsThem) {
  std::vector<std::vector<float>> colours;
  for (const int size : {112, 60, 160}) {
    options_.embedder->model =
        write_mean_colour(folder_.path("colour" + std::to_string(size) + ".safetensors"), size);
    const auto analyses = make_network_analyser(options_)->analyse(requests({photos_[0]}));
    ASSERT_EQ(analyses[0].embeddings.size(), 3U) << size;
    colours.push_back(analyses[0].embeddings);
  }
  // The same part of the photo, whatever the size.
  for (const std::vector<float>& colour : colours) {
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(colour[i], colours[0][i], 0.02);
  }
}

}  // namespace
}  // namespace facenet
