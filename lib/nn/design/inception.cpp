#include "nn/design/inception.h"

#include <string>

namespace facenet {

Activation inception(NetworkBuilder& builder, const Activation& in, const InceptionRow& row) {
  const auto name = [&](const char* layer) { return row.name + std::string(".") + layer; };
  const Layer window = Layer::square(3, row.stride);
  std::vector<Activation> branches;
  if (row.one > 0) branches.push_back(builder.conv(name("conv1"), in, row.one, Layer::square(1)));
  if (row.three > 0) {
    const Activation reduced =
        builder.conv(name("reduce3"), in, row.three_reduce, Layer::square(1));
    branches.push_back(builder.conv(name("conv3"), reduced, row.three, window));
  }
  if (row.five > 0) {
    const Activation reduced = builder.conv(name("reduce5"), in, row.five_reduce, Layer::square(1));
    branches.push_back(
        builder.conv(name("conv5"), reduced, row.five, Layer::square(5, row.stride)));
  }
  Activation pooled = row.pooling == Pooling::kMax ? builder.max_pool(name("pool"), in, window)
                                                   : builder.l2_pool(name("pool"), in, window);
  if (row.projection > 0) {
    pooled = builder.conv(name("projection"), pooled, row.projection, Layer::square(1));
  }
  branches.push_back(pooled);
  return builder.concat(row.name, branches);
}

InceptionRow narrowed(const InceptionRow& row, std::int64_t divisor) {
  InceptionRow result = row;
  for (std::int64_t* width : {&result.one, &result.three_reduce, &result.three, &result.five_reduce,
                              &result.five, &result.projection}) {
    *width /= divisor;
  }
  return result;
}

const std::vector<InceptionRow>& inception_rows() {
  using enum Pooling;
  static const std::vector<InceptionRow> rows = {
      {"inception_3a", 64, 96, 128, 16, 32, kMax, 32},
      {"inception_3b", 64, 96, 128, 32, 64, kL2, 64},
      {"inception_3c", 0, 128, 256, 32, 64, kMax, 0, 2},
      {"inception_4a", 256, 96, 192, 32, 64, kL2, 128},
      {"inception_4b", 224, 112, 224, 32, 64, kL2, 128},
      {"inception_4c", 192, 128, 256, 32, 64, kL2, 128},
      {"inception_4d", 160, 144, 288, 32, 64, kL2, 128},
      {"inception_4e", 0, 160, 256, 64, 128, kMax, 0, 2},
      {"inception_5a", 384, 192, 384, 48, 128, kL2, 128},
      {"inception_5b", 384, 192, 384, 48, 128, kMax, 128},
  };
  return rows;
}

}  // namespace facenet
