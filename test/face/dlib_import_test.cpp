#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "dlib_networks.h"
#include "nn/graph/graph.h"
#include "nn/import/dlib.h"
#include "nn/runtime/embedder.h"
#include "test/support/temporary_folder.h"
#include "weights/model_store.h"

namespace facenet {
namespace {

Image random_image(int width, int height, unsigned seed) {
  Image image(width, height);
  std::mt19937 engine(seed);
  std::uniform_int_distribution<int> distribution(0, 255);
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(distribution(engine));
  return image;
}

std::vector<float> unit(std::vector<float> vector) {
  const float length =
      std::sqrt(std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0F));
  for (float& value : vector) value /= length;
  return vector;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class DlibImport : public testing::Test {
 protected:
  DlibImport() {
    for (unsigned i = 0; i < 5; ++i) {
      chips_.push_back(random_image(kSmallResnetEdge, kSmallResnetEdge, i));
    }
    save(/*as_trained=*/false);
  }

  void save(bool as_trained) { outputs_ = save_small_resnet(file_, as_trained, chips_); }

  /// The largest difference between what dlib says of the chips and what the imported file says,
  /// both of length 1.
  double largest_difference() const {
    const ImportedGraph imported = import_dlib(MappedFile(file_));
    ModelInfo info = find_known_model("dlib-resnet")->info;
    info.height = info.width = kSmallResnetEdge;
    info.embedding = static_cast<int>(outputs_[0].size());
    const std::string weights = folder_.path("small.safetensors");
    write_safetensors(
        weights, imported.tensors,
        {{"facenet", to_json(info).dump()}, {"graph", to_json(imported.graph).dump()}}, true);
    const std::vector<float> vectors = Embedder({.model = weights, .flip = false}).embed(chips_);
    double largest = 0;
    std::size_t at = 0;
    for (const std::vector<float>& output : outputs_) {
      for (const float expected : unit(output)) {
        largest = std::max(largest, std::abs(static_cast<double>(vectors.at(at++)) - expected));
      }
    }
    return at == vectors.size() ? largest : HUGE_VAL;
  }

  /// The error that importing these bytes gives; empty when there is none.
  std::string error_of(const std::string& bytes) const {
    const std::string path = folder_.path("damaged.dat");
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      import_dlib(MappedFile(path));
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::StartsWith(path + ": cannot be imported: "));
      EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("\n")));
      return error.what();
    }
    return "";
  }

  const TemporaryFolder folder_;
  const std::string file_ = folder_.path("small.dat");
  std::vector<Image> chips_;
  std::vector<std::vector<float>> outputs_;
};

TEST_F(DlibImport, ComputesWhatDlibComputes) {
  EXPECT_LT(largest_difference(), 1e-5);
  for (std::size_t i = 1; i < outputs_.size(); ++i) EXPECT_NE(outputs_[i], outputs_[0]);
}

TEST_F(DlibImport, TakesNetworksAsTrainingLeftThem) {
  save(/*as_trained=*/true);
  EXPECT_LT(largest_difference(), 1e-5);
}

TEST_F(DlibImport, LeavesOnlyFastOperations) {
  for (const bool as_trained : {false, true}) {
    save(as_trained);
    const ImportedGraph imported = import_dlib(MappedFile(file_));
    EXPECT_EQ(imported.graph.input_shape,
              (std::vector<std::int64_t>{0, 3, kSmallResnetEdge, kSmallResnetEdge}));
    for (const GraphNode& node : imported.graph.nodes) {
      // Affine layers go into the convolutions before them.
      EXPECT_THAT(node.op, testing::AnyOf("Conv", "Relu", "Add", "Pad", "MaxPool", "AveragePool",
                                          "GlobalAveragePool", "Flatten", "Gemm"));
    }
  }
}

TEST_F(DlibImport, SaysWhatIsWrongWithADamagedFile) {
  const std::string bytes = bytes_of(file_);
  ASSERT_EQ(error_of(bytes), "");
  for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 199) {
    EXPECT_NE(error_of(bytes.substr(0, length)), "") << length << " of " << bytes.size();
  }
  EXPECT_THAT(error_of(bytes + "x"), testing::HasSubstr("there is more in it after"));
  EXPECT_THAT(error_of(std::string(1000, '\xFF')), testing::HasSubstr("whole number"));
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string changed = bytes;
    return changed.replace(changed.find(from), from.size(), to);
  };
  EXPECT_THAT(error_of(replaced("affine_2", "affine_9")), testing::HasSubstr("\"affine_9\""));
  EXPECT_THAT(error_of(replaced("loss_metric_2", "loss_ranking_")),
              testing::HasSubstr("loss_ranking_"));
  EXPECT_THAT(error_of(replaced("image_sized", "pair_sized_")), testing::HasSubstr("input"));
}

TEST_F(DlibImport, SurvivesAnyByte) {
  const std::string bytes = bytes_of(file_);
  std::mt19937 engine(7);
  // Structure stands in the first bytes of the file and between its tensors.
  for (int i = 0; i < 400; ++i) {
    std::string changed = bytes;
    const std::size_t reach = i % 2 == 0 ? 300 : bytes.size();
    changed[engine() % reach] = static_cast<char>(engine());
    error_of(changed);
  }
}

}  // namespace
}  // namespace facenet
