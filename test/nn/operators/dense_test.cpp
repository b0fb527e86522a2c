#include "nn/operators/dense.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "nn/operators/fused_conv.h"
#include "one_node.h"

namespace facenet {
namespace {

constexpr std::int64_t kInputs = 640, kOutputs = 480;  // above kLargeDense

class DenseTest : public testing::Test {
 protected:
  at::Tensor multiply(const at::Tensor& rows) const {
    std::vector<at::Tensor> inputs = {rows};
    return kernel_(inputs);
  }

  const at::Tensor matrix_ = at::randn({kOutputs, kInputs});
  const at::Tensor bias_ = at::randn({kOutputs});
  const Kernel kernel_ =
      make_dense({.op = "Gemm", .name = "dense", .inputs = {}, .outputs = {}}, matrix_, bias_);
};

TEST_F(DenseTest, IsAProductOfMatrices) {
  static_assert(kInputs * kOutputs >= kLargeDense);
  for (const std::int64_t rows : {1, 15, 16, 17, 40}) {
    const at::Tensor x = at::randn({rows, kInputs});
    const at::Tensor expected = at::mm(x.to(at::kDouble), matrix_.t().to(at::kDouble)) + bias_;
    EXPECT_TRUE(at::allclose(multiply(x).to(at::kDouble), expected, 1e-4, 1e-3)) << rows;
  }
}

TEST_F(DenseTest, ARowDoesNotDependOnTheOthers) {
  const at::Tensor x = at::randn({37, kInputs});
  const at::Tensor together = multiply(x);
  for (std::int64_t row = 0; row < x.size(0); ++row) {
    EXPECT_TRUE(at::equal(multiply(x.narrow(0, row, 1)), together.narrow(0, row, 1))) << row;
  }
}

TEST_F(DenseTest, TakesImages) {
  const at::Tensor x = at::randn({3, kInputs / 4, 2, 2});
  EXPECT_TRUE(at::equal(multiply(x), multiply(x.flatten(1))));
}

/// The layer behind a convolution, as in the paper's NN1: run_batch() computes it for all images at
/// once, run() for each.
TEST(LargeDenseLayer, GivesTheSameInABatchAndAlone) {
  GraphBuilder builder;
  builder.graph().inputs = {"in"};
  builder.graph().outputs = {"out"};
  const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    const at::Tensor values = at::randn(shape).contiguous();
    return builder.add_tensor(name, shape,
                              {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  };
  builder.add_node("Conv", {"in", add("filters", {kInputs / 4, 3, 3, 3})}, "map");
  builder.add_node("Flatten", {"map"}, "flat");
  builder.add_node("Gemm", {"flat", add("matrix", {kOutputs, kInputs})}, "out", {{"transB", 1}});
  const GraphNetwork network(builder.take());
  const at::Tensor images = at::randn({21, 3, 4, 4});
  const at::Tensor together = network.run_batch(images).at(0);
  ASSERT_EQ(together.sizes(), (std::vector<std::int64_t>{21, kOutputs}));
  for (std::int64_t image = 0; image < images.size(0); ++image) {
    const at::Tensor alone = network.run(images.narrow(0, image, 1)).at(0);
    EXPECT_TRUE(at::allclose(alone, together.narrow(0, image, 1), 1e-5, 1e-4)) << image;
  }
}

}  // namespace
}  // namespace facenet
