#include <iterator>

#include "nn/design/design_network.h"
#include "nn/design/inception.h"

namespace facenet {
namespace {

NetworkDesign design(const NetworkShape& shape, const std::vector<InceptionRow>& rows) {
  NetworkBuilder b(shape.height, shape.width, {.batch_norm = shape.batch_norm});
  const Layer halve = Layer::square(3, 2);
  Activation x = b.conv("conv1", b.input(), 64, Layer::square(7, 2));
  x = b.max_pool("pool1", x, halve);
  x = b.response_norm("norm1", x);
  x = b.conv("inception_2.reduce3", x, 64, Layer::square(1));
  x = b.conv("inception_2.conv3", x, 192, Layer::square(3));
  x = b.response_norm("norm2", x);
  x = b.max_pool("pool2", x, halve);
  for (const InceptionRow& row : rows) x = inception(b, x, row);
  x = b.average("average", x);
  return b.finish(
      b.dense("fully_conn", x, shape.embedding, /*bias=*/true, Initialisation::kLinear));
}

}  // namespace

NetworkDesign design_nn2(const NetworkShape& shape) {
  return design(shape, inception_rows());
}

// The paper says that NN4 has no 5x5 convolutions "in the higher layers", 285 M multiply-adds and,
// with the rest of its family, 6.6 to 7.5 M parameters. As OpenFace reads it, these layers are 5a
// and 5b; table 2 without their 5x5 columns has 289 M and 6.9 M.
NetworkDesign design_nn4(const NetworkShape& shape) {
  std::vector<InceptionRow> rows = inception_rows();
  for (auto row = std::prev(rows.end(), 2); row != rows.end(); ++row) {
    row->five_reduce = row->five = 0;
  }
  return design(shape, rows);
}

}  // namespace facenet
