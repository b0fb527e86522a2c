#include "nn/runtime/script_network.h"

#include <cmath>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/script.h>

#include "base/error.h"
#include "nn/runtime/embedder.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// TorchScript files whose module is compiled from source.
class ScriptNetworkTest : public testing::Test {
 protected:
  /// A module of this forward(self, x).
  std::string script(const std::string& body) const {
    torch::jit::Module module("m");
    module.define("def forward(self, x):\n" + body);
    module.save(file_);
    return file_;
  }

  /// Mean colours of the face's left half and of its right half, if the face has `size` pixels.
  std::string colours_of_halves(int size) const {
    return script("    assert x.size(2) == " + std::to_string(size) + ", 'another size'\n" +
                  "    half = x.size(3) // 2\n"
                  "    left = x[:, :, :, :half].mean(dim=[2, 3])\n"
                  "    right = x[:, :, :, half:].mean(dim=[2, 3])\n"
                  "    return torch.cat([left, right], dim=1)\n");
  }

  static ScriptOptions trusting() {
    ScriptOptions options;
    options.trust = true;
    return options;
  }

  const TemporaryFolder folder_;
  const std::string file_ = folder_.path("module.pt");
};

TEST_F(ScriptNetworkTest, NothingRunsWithoutTrust) {
  const auto refuses = ThrowsMessage<UsageError>(AllOf(HasSubstr(file_), HasSubstr("--trust")));
  std::ofstream(file_) << "would be an error if it were looked into";
  EXPECT_THAT([&] { probe_script(file_, {}); }, refuses);
  EXPECT_THAT([&] { describe_embedder({.model = file_}); }, refuses);
  EXPECT_THAT([&] { Embedder({.model = file_}); }, refuses);
}

TEST_F(ScriptNetworkTest, FindsTheSizeThatTheModuleAccepts) {
  colours_of_halves(160);
  const ScriptOptions found = probe_script(file_, trusting());
  EXPECT_EQ(found.input_size, 160);
  EXPECT_EQ(found.dimension, 6);

  colours_of_halves(77);
  EXPECT_THAT([&] { probe_script(file_, trusting()); },
              ThrowsMessage<Error>(AllOf(HasSubstr("another size"), HasSubstr("--input-size"))));
  ScriptOptions given = trusting();
  given.input_size = 77;
  EXPECT_EQ(probe_script(file_, given).dimension, 6);

  script("    return x.mean(dim=[2, 3])\n");
  EXPECT_THAT([&] { probe_script(file_, trusting()); },
              ThrowsMessage<Error>(AllOf(HasSubstr("several sizes"), HasSubstr("112"))));
}

TEST_F(ScriptNetworkTest, SaysWhatTheModuleGivesInsteadOfVectors) {
  const auto expect_error = [&](const std::string& body, const std::string& what) {
    script(body);
    ScriptOptions options = trusting();
    options.input_size = 8;
    EXPECT_THAT([&] { probe_script(file_, options); },
                ThrowsMessage<Error>(
                    AllOf(HasSubstr(file_), HasSubstr(what), testing::Not(HasSubstr("\n")))));
  };
  expect_error("    return x\n", "[2, 3, 8, 8] for 2 faces");
  expect_error("    return x.mean(dim=[2, 3]).sum(dim=0, keepdim=True)\n", "[1, 3] for 2 faces");
  expect_error("    return (x, x)\n", "Tuple");
  expect_error("    return torch.matmul(x.flatten(1), torch.ones(5, 2))\n", "mat1 and mat2");
  expect_error("    assert x.size(0) == 0, 'not today'\n    return x\n", "not today");

  std::ofstream(file_) << "no archive";
  EXPECT_THAT([&] { ScriptNetwork network(file_); },
              ThrowsMessage<Error>(AllOf(HasSubstr(file_), HasSubstr("TorchScript"))));
  EXPECT_THAT([&] { probe_script(folder_.path("absent.pt"), trusting()); },
              ThrowsMessage<Error>(HasSubstr("there is no such weights file")));
}

TEST_F(ScriptNetworkTest, EmbedsFacesAsTheOptionsSay) {
  colours_of_halves(8);
  Image face(8, 8);
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      face.row(y)[3 * x] = x < 4 ? 110 : 30;     // red
      face.row(y)[3 * x + 1] = x < 4 ? 70 : 40;  // green
      face.row(y)[3 * x + 2] = 20;               // blue
    }
  }
  EmbedderOptions options{.model = file_, .flip = false, .script = trusting()};
  options.script.input_size = 8;
  options.script.pixels = "bgr,10,20,30,1,2,4";
  options.script = probe_script(file_, options.script);
  // Blue, green, red of the left half, then of the right.
  std::vector<double> expected = {10, 25, 20, 10, 10, 0};
  const double length = std::sqrt(100.0 + 625 + 400 + 100 + 100);
  const std::vector<float> vector = Embedder(options).embed({&face, 1});
  ASSERT_EQ(vector.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(vector[i], expected[i] / length, 1e-6);
  }
  options.flip = true;  // left and right half change places, and both vectors are added
  const std::vector<float> both = Embedder(options).embed({&face, 1});
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(both[i], both[i + 3], 1e-6);
}

TEST_F(ScriptNetworkTest, OtherSettingsAreOtherWeights) {
  colours_of_halves(112);
  EmbedderOptions options{.model = file_, .script = probe_script(file_, trusting())};
  const std::string weights = describe_embedder(options).weights_sha256;
  EXPECT_EQ(describe_embedder(options).weights_sha256, weights);
  EXPECT_EQ(describe_embedder(options).info.name, "module");
  options.script.pixels = "rgb,0,255";
  EXPECT_NE(describe_embedder(options).weights_sha256, weights);
}

TEST(ScriptOptions, RefusePixelsThatMakeNoSense) {
  for (const char* text : {"", "rgb", "rgb,1", "rgb,1,0", "rgb,1,x", "hsv,1,2", "rgb,1,2,3",
                           "rgb,1,2,3,4,5,0", "rgb,nan,1", "rgb,1,2 "}) {
    EXPECT_THROW(parse_pixels(text), UsageError) << text;
  }
  EXPECT_EQ(parse_pixels("rgb,1,2").divisor[2], 2);
}

}  // namespace
}  // namespace facenet
