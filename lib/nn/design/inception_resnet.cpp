#include <string>

#include "base/format.h"
#include "nn/design/design_network.h"
#include "nn/design/network_builder.h"

// Szegedy, Ioffe, Vanhoucke, Alemi 2016, in the form that facenet-pytorch ported from
// davidsandberg/facenet: no pads in the stem, square sizes rounded down. Layers have the names of
// facenet-pytorch's module, so that its state dictionary has the names of our parameters.
namespace facenet {
namespace {

std::string join(const std::string& block, const char* layer) {
  return block + "." + layer;
}

constexpr Layer row_of(std::int64_t kernel) {
  return {.kernel_y = 1, .kernel_x = kernel};
}

constexpr Layer column_of(std::int64_t kernel) {
  return {.kernel_y = kernel, .kernel_x = 1};
}

/// relu(in + scale * conv(branches)); the very last block has no ReLU.
Activation residual(NetworkBuilder& b, const std::string& name, const Activation& in,
                    const std::vector<Activation>& branches, float scale, bool relu = true) {
  const Activation all = b.concat(join(name, "concat"), branches);
  const Activation change = b.plain_conv(join(name, "conv2d"), all, in.channels, Layer::square(1));
  const Activation sum = b.add_scaled(join(name, "sum"), in, change, scale);
  return relu ? b.relu(join(name, "relu"), sum) : sum;
}

Activation block35(NetworkBuilder& b, const std::string& name, const Activation& in) {
  const Activation one = b.conv(join(name, "branch0"), in, 32, Layer::square(1));
  Activation two = b.conv(join(name, "branch1.0"), in, 32, Layer::square(1));
  two = b.conv(join(name, "branch1.1"), two, 32, Layer::square(3));
  Activation three = b.conv(join(name, "branch2.0"), in, 32, Layer::square(1));
  three = b.conv(join(name, "branch2.1"), three, 32, Layer::square(3));
  three = b.conv(join(name, "branch2.2"), three, 32, Layer::square(3));
  return residual(b, name, in, {one, two, three}, 0.17F);
}

Activation block17(NetworkBuilder& b, const std::string& name, const Activation& in) {
  const Activation one = b.conv(join(name, "branch0"), in, 128, Layer::square(1));
  Activation two = b.conv(join(name, "branch1.0"), in, 128, Layer::square(1));
  two = b.conv(join(name, "branch1.1"), two, 128, row_of(7));
  two = b.conv(join(name, "branch1.2"), two, 128, column_of(7));
  return residual(b, name, in, {one, two}, 0.1F);
}

Activation block8(NetworkBuilder& b, const std::string& name, const Activation& in, float scale,
                  bool relu) {
  const Activation one = b.conv(join(name, "branch0"), in, 192, Layer::square(1));
  Activation two = b.conv(join(name, "branch1.0"), in, 192, Layer::square(1));
  two = b.conv(join(name, "branch1.1"), two, 192, row_of(3));
  two = b.conv(join(name, "branch1.2"), two, 192, column_of(3));
  return residual(b, name, in, {one, two}, scale, relu);
}

Activation mixed_6a(NetworkBuilder& b, const std::string& name, const Activation& in) {
  const Layer halve = Layer::without_pads(3, 2);
  const Activation one = b.conv(join(name, "branch0"), in, 384, halve);
  Activation two = b.conv(join(name, "branch1.0"), in, 192, Layer::square(1));
  two = b.conv(join(name, "branch1.1"), two, 192, Layer::square(3));
  two = b.conv(join(name, "branch1.2"), two, 256, halve);
  return b.concat(name, {one, two, b.max_pool(join(name, "branch2"), in, halve)});
}

Activation mixed_7a(NetworkBuilder& b, const std::string& name, const Activation& in) {
  const Layer halve = Layer::without_pads(3, 2);
  Activation one = b.conv(join(name, "branch0.0"), in, 256, Layer::square(1));
  one = b.conv(join(name, "branch0.1"), one, 384, halve);
  Activation two = b.conv(join(name, "branch1.0"), in, 256, Layer::square(1));
  two = b.conv(join(name, "branch1.1"), two, 256, halve);
  Activation three = b.conv(join(name, "branch2.0"), in, 256, Layer::square(1));
  three = b.conv(join(name, "branch2.1"), three, 256, Layer::square(3));
  three = b.conv(join(name, "branch2.2"), three, 256, halve);
  return b.concat(name, {one, two, three, b.max_pool(join(name, "branch3"), in, halve)});
}

Activation stem(NetworkBuilder& b) {
  Activation x = b.conv("conv2d_1a", b.input(), 32, Layer::without_pads(3, 2));
  x = b.conv("conv2d_2a", x, 32, Layer::without_pads(3));
  x = b.conv("conv2d_2b", x, 64, Layer::square(3));
  x = b.max_pool("maxpool_3a", x, Layer::without_pads(3, 2));
  x = b.conv("conv2d_3b", x, 80, Layer::square(1));
  x = b.conv("conv2d_4a", x, 192, Layer::without_pads(3));
  return b.conv("conv2d_4b", x, 256, Layer::without_pads(3, 2));
}

}  // namespace

NetworkDesign design_inception_resnet_v1(const NetworkShape& shape) {
  NetworkBuilder b(shape.height, shape.width,
                   {.bias = false, .batch_norm = true, .epsilon = 1e-3, .conv = ".conv"});
  Activation x = stem(b);
  for (int i = 0; i < 5; ++i) x = block35(b, fmt::format("repeat_1.{}", i), x);
  x = mixed_6a(b, "mixed_6a", x);
  for (int i = 0; i < 10; ++i) x = block17(b, fmt::format("repeat_2.{}", i), x);
  x = mixed_7a(b, "mixed_7a", x);
  for (int i = 0; i < 5; ++i) x = block8(b, fmt::format("repeat_3.{}", i), x, 0.2F, true);
  x = block8(b, "block8", x, 1, /*relu=*/false);
  x = b.dropout("dropout", b.average("avgpool_1a", x), 0.6);
  x = b.dense("last_linear", x, shape.embedding, /*bias=*/false, Initialisation::kLinear);
  return b.finish(b.batch_norm("last_bn", x));
}

}  // namespace facenet
