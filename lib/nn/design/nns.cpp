#include <algorithm>
#include <span>
#include <string_view>

#include "nn/design/design_network.h"
#include "nn/design/inception.h"

// Of these two the paper gives input size, parameters and multiply-adds: 165x165, 26 M, 220 M and
// 140x116, 4.3 M, 20 M. So many parameters for so little work cannot be convolutions, so both end
// in a fully connected layer over the last map, as NN1 does, instead of NN2's average. Before it
// stands NN2 with narrower and fewer blocks; 4b, 4c and 4d are those that OpenFace's nn4.small2
// leaves out with no loss. Inputs are listed as in the paper's tables, rows first: NNS2 takes faces
// 140 high and 116 wide.
namespace facenet {
namespace {

struct SmallPlan {
  std::int64_t first_kernel;                  ///< of conv1
  std::int64_t second_width;                  ///< of inception (2), in NN2 192
  std::int64_t divisor;                       ///< of NN2's widths
  std::span<const std::string_view> without;  ///< rows of table 2
  std::int64_t hidden;                        ///< width of the fully connected layer
};

NetworkDesign design(const NetworkShape& shape, const SmallPlan& plan) {
  NetworkBuilder b(shape.height, shape.width, {.batch_norm = shape.batch_norm});
  const Layer halve = Layer::square(3, 2);
  const std::int64_t first_width = 64 / plan.divisor;
  Activation x = b.conv("conv1", b.input(), first_width, Layer::square(plan.first_kernel, 2));
  x = b.max_pool("pool1", x, halve);
  x = b.response_norm("norm1", x);
  x = b.conv("inception_2.reduce3", x, first_width, Layer::square(1));
  x = b.conv("inception_2.conv3", x, plan.second_width, Layer::square(3));
  x = b.response_norm("norm2", x);
  x = b.max_pool("pool2", x, halve);
  for (const InceptionRow& row : inception_rows()) {
    if (std::find(plan.without.begin(), plan.without.end(), row.name) == plan.without.end()) {
      x = inception(b, x, narrowed(row, plan.divisor));
    }
  }
  x = b.relu("fc1.relu", b.dense("fc1", x, plan.hidden));
  return b.finish(
      b.dense("fully_conn", x, shape.embedding, /*bias=*/true, Initialisation::kLinear));
}

}  // namespace

NetworkDesign design_nns1(const NetworkShape& shape) {
  static constexpr std::string_view kWithout[] = {"inception_4b", "inception_4c", "inception_4d"};
  return design(
      shape,
      {.first_kernel = 7, .second_width = 96, .divisor = 2, .without = kWithout, .hidden = 1280});
}

NetworkDesign design_nns2(const NetworkShape& shape) {
  static constexpr std::string_view kWithout[] = {"inception_3b", "inception_4b", "inception_4c",
                                                  "inception_4d", "inception_5b"};
  return design(
      shape,
      {.first_kernel = 3, .second_width = 32, .divisor = 4, .without = kWithout, .hidden = 768});
}

}  // namespace facenet
