#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// detect, align and embed: what they print and write.
class PhotosTest : public ProgramTest {};

TEST_F(PhotosTest, HogFindsTheSameFace) {
  copy_photo("faces/Tom_Cruise_avp_2014_4.jpg", "a.jpg");
  const auto box = [&](const std::string& detector) {
    const ProgramRun run = facenet({"detect", "a.jpg", "--json", "--detector", detector});
    EXPECT_EQ(run.status, 0) << run.err;
    return run.json()["photos"][0]["faces"][0]["box"];
  };
  const json mtcnn = box("mtcnn"), hog = box("hog");
  const auto middle = [](const json& b, std::size_t axis) {
    return b[axis].get<double>() + b[axis + 2].get<double>() / 2;
  };
  EXPECT_NEAR(middle(mtcnn, 0), middle(hog, 0), mtcnn[2].get<double>() / 4);
  EXPECT_NEAR(middle(mtcnn, 1), middle(hog, 1), mtcnn[3].get<double>() / 3);
}

TEST_F(PhotosTest, AlignWritesChipsOnce) {
  copy_photo(johns()[0], "photos/a.jpg");
  copy_photo(johns()[1], "photos/sub/a.jpg");
  const ProgramRun run = facenet({"align", "photos", "--output", "chips", "--size", "160"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "chips/a.0.png\nchips/a~1.0.png\n");
  const std::string png = read("chips/a.0.png");
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(png.substr(16, 8), std::string("\0\0\0\xa0\0\0\0\xa0", 8));  // 160 x 160
  const ProgramRun again = facenet({"align", "photos", "--output", "chips"});
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.errors(), ElementsAre(HasSubstr("--force")));
  EXPECT_EQ(read("chips/a.0.png"), png);
  EXPECT_EQ(facenet({"align", "photos", "--output", "chips", "--force"}).status, 0);
}

TEST_F(PhotosTest, EmbedWritesUnitVectorsInThreeForms) {
  copy_photo(johns()[0], "photos/a.jpg");
  copy_photo(johns()[1], "photos/b.jpg");
  for (const std::string form : {"npy", "csv", "jsonl"}) {
    const ProgramRun run = facenet({"embed", "photos", "--output", "out." + form, "-q"});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_THAT(run.out, IsEmpty());
    EXPECT_FALSE(fs::exists(path("home"))) << "a catalog was made";
  }
  std::istringstream lines(read("out.jsonl"));
  std::string line;
  std::getline(lines, line);
  const auto vector = json::parse(line)["faces"][0]["embedding"].get<std::vector<float>>();
  ASSERT_EQ(vector.size(), 512u);
  double norm = 0;
  for (const float v : vector) norm += double{v} * v;
  EXPECT_NEAR(norm, 1, 1e-5);

  const std::string npy = read("out.npy");
  ASSERT_EQ(npy.size(), 128 + 2 * 512 * sizeof(float));
  std::vector<float> first(512);
  std::memcpy(first.data(), npy.data() + 128, 512 * sizeof(float));
  EXPECT_EQ(first, vector);
  EXPECT_EQ(facenet({"embed", "photos", "--output", "out.npy"}).status, 2);
}

TEST_F(PhotosTest, EmbedThenClusterWorksOnStoredVectors) {
  copy_photo(johns()[0], "photos/a.jpg");
  const ProgramRun embed = facenet({"embed", "photos", "--json", "--catalog", catalog()});
  EXPECT_EQ(embed.status, 0) << embed.err;
  EXPECT_EQ(embed.json()["embedded_face_count"], 1);
  const ProgramRun cluster = facenet({"cluster", "photos", "--catalog", catalog(), "--json"});
  EXPECT_EQ(cluster.json()["photo_counts"]["unchanged"], 1);
  EXPECT_EQ(cluster.json()["people"].size(), 1u);
  const ProgramRun info = facenet({"catalog", "info", "--catalog", catalog(), "--json"});
  EXPECT_EQ(info.json()["vector_count"], 1);
  EXPECT_EQ(fs::status(catalog()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(PhotosTest, AnotherModelIsAddedNotMixed) {
  copy_photo(johns()[0], "photos/a.jpg");
  ASSERT_EQ(facenet({"cluster", "photos", "-q", "--catalog", catalog()}).status, 0);
  const ProgramRun plain =
      facenet({"cluster", "photos", "--no-flip", "--catalog", catalog(), "--json"});
  EXPECT_EQ(plain.status, 0) << plain.err;
  EXPECT_EQ(plain.json()["photo_counts"]["unchanged"], 1);
  const json info = facenet({"catalog", "info", "--catalog", catalog(), "--json"}).json();
  EXPECT_EQ(info["models"].size(), 2u);
  EXPECT_EQ(info["vector_count"], 2);
  EXPECT_EQ(info["face_count"], 1);
}

TEST_F(PhotosTest, ModelInfoCountsParameters) {
  const ProgramRun run = facenet({"model", "info", "mobilefacenet-512", "--json"});
  EXPECT_EQ(run.status, 0) << run.err;
  const json info = run.json();
  EXPECT_EQ(info["embedding"], 512);
  EXPECT_EQ(info["input"], json({3, 112, 112}));
  std::int64_t parameters = 0;
  for (const json& layer : info["layers"]) parameters += layer["parameters"].get<std::int64_t>();
  EXPECT_EQ(info["parameters"], parameters);
  EXPECT_GT(parameters, 1'000'000);
  EXPECT_EQ(facenet({"model", "info", "mobilefacenet-512"}).status, 0);
  EXPECT_THAT(facenet({"model", "list"}).out, HasSubstr("mtcnn"));
}

TEST_F(PhotosTest, ModelInfoDescribesNetworksWithoutWeights) {
  const ProgramRun run =
      facenet({"model", "info", "nn2", "--embedding", "128", "--batch-norm", "--json"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.json()["parameters"], 7'472'144);
  EXPECT_EQ(run.json()["input"], json({3, 224, 224}));
  EXPECT_TRUE(run.json()["path"].is_null());
  EXPECT_THAT(facenet({"model", "info", "nn2"}).out, HasSubstr("inception_5b.conv3"));
  EXPECT_EQ(facenet({"model", "info", "mobilefacenet-512", "--batch-norm"}).status, 2);
  EXPECT_EQ(facenet({"model", "info", "no-such-model"}).status, 2);
  EXPECT_THAT(facenet({"model", "import", "new.onnx", "--name", "new", "--alignment", "eyes"}).err,
              HasSubstr("--alignment is arcface-112 or dlib-150, not 'eyes'"));
}

}  // namespace
}  // namespace facenet::test
