#include "nn/design/design_network.h"
#include "nn/design/network_builder.h"

namespace facenet {

NetworkDesign design_nn1(const NetworkShape& shape) {
  NetworkBuilder b(shape.height, shape.width, {.batch_norm = shape.batch_norm});
  const Layer halve = Layer::square(3, 2);
  Activation x = b.conv("conv1", b.input(), 64, Layer::square(7, 2));
  x = b.max_pool("pool1", x, halve);
  x = b.response_norm("rnorm1", x);
  x = b.conv("conv2a", x, 64, Layer::square(1));
  x = b.conv("conv2", x, 192, Layer::square(3));
  x = b.response_norm("rnorm2", x);
  x = b.max_pool("pool2", x, halve);
  x = b.conv("conv3a", x, 192, Layer::square(1));
  x = b.conv("conv3", x, 384, Layer::square(3));
  x = b.max_pool("pool3", x, halve);
  x = b.conv("conv4a", x, 384, Layer::square(1));
  x = b.conv("conv4", x, 256, Layer::square(3));
  x = b.conv("conv5a", x, 256, Layer::square(1));
  x = b.conv("conv5", x, 256, Layer::square(3));
  x = b.conv("conv6a", x, 256, Layer::square(1));
  x = b.conv("conv6", x, 256, Layer::square(3));
  x = b.max_pool("pool4", x, halve);
  // "1x32x128" is the shape that the paper spreads 4,096 numbers over many machines in.
  x = b.maxout("fc1", x, std::int64_t{32} * 128, 2);
  x = b.maxout("fc2", x, std::int64_t{32} * 128, 2);
  return b.finish(b.dense("fc7128", x, shape.embedding, /*bias=*/true, Initialisation::kLinear));
}

}  // namespace facenet
