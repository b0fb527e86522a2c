#pragma once

#include <cstdint>

#include "nn/design/network_builder.h"

namespace facenet {

enum class Pooling { kMax, kL2 };

/// One row of the paper's table 2: widths of the four branches of an Inception block (Szegedy et
/// al. 2015), whose results are stacked. A width of 0 leaves the branch out; without a projection
/// the pooling branch passes its channels on.
struct InceptionRow {
  const char* name;
  std::int64_t one;                  ///< 1x1
  std::int64_t three_reduce, three;  ///< 1x1, then 3x3
  std::int64_t five_reduce, five;    ///< 1x1, then 5x5
  Pooling pooling;                   ///< 3x3
  std::int64_t projection;           ///< 1x1 after the pooling
  std::int64_t stride = 1;           ///< of 3x3, 5x5 and pooling
};

/// Nodes NAME.conv1, NAME.reduce3, NAME.conv3, NAME.reduce5, NAME.conv5, NAME.pool,
/// NAME.projection and NAME.
Activation inception(NetworkBuilder& builder, const Activation& in, const InceptionRow& row);

/// The row with every width divided by `divisor`.
InceptionRow narrowed(const InceptionRow& row, std::int64_t divisor);

/// The paper's table 2, from inception (3a) to (5b).
const std::vector<InceptionRow>& inception_rows();

}  // namespace facenet
