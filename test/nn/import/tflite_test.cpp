#include "nn/import/tflite.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/graph/graph.h"
#include "nn/import/tflite_file.h"
#include "nn/runtime/graph_network.h"
#include "reference.h"
#include "test/support/temporary_folder.h"
#include "tflite_writer.h"

namespace facenet {
namespace {

using reference::difference;
using reference::Images;
using reference::kRounding;
using reference::random_images;
using reference::random_values;
using reference::to_tensor;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
using Field = TfliteWriter::Field;

constexpr std::int8_t kSame = 0;
constexpr std::int8_t kValid = 1;
constexpr std::int8_t kRelu = 1;
constexpr std::int8_t kRelu6 = 3;

// Numbers of operators in the TensorFlow Lite schema.
constexpr int kAdd = 0, kAveragePool = 1, kConcatenation = 2, kConv = 3, kDepthwise = 4, kDense = 9,
              kMaxPool = 17, kMul = 18, kReluOp = 19, kReshape = 22, kSoftmax = 25, kPad = 34,
              kTranspose = 39, kMean = 40, kSub = 41, kSqueeze = 43, kPrelu = 54, kAbs = 101;

std::vector<Field> conv_options(std::int8_t padding, int stride, std::int8_t activation = 0,
                                int dilation = 1) {
  return {Field::small(padding),    Field::integer(stride),   Field::integer(stride),
          Field::small(activation), Field::integer(dilation), Field::integer(dilation)};
}

std::vector<Field> depthwise_options(std::int8_t padding, int stride, int multiplier) {
  return {Field::small(padding), Field::integer(stride), Field::integer(stride),
          Field::integer(multiplier), Field::small(0)};
}

std::vector<Field> pool_options(std::int8_t padding, int stride, int size) {
  return {Field::small(padding), Field::integer(stride), Field::integer(stride),
          Field::integer(size),  Field::integer(size),   Field::small(0)};
}

// TensorFlow's operators as plain loops over NHWC: the witness for the translation.

struct Nhwc {
  std::int64_t n, h, w, c;
  std::vector<float> values;
  Nhwc(std::int64_t n_, std::int64_t h_, std::int64_t w_, std::int64_t c_)
      : n(n_), h(h_), w(w_), c(c_), values(static_cast<std::size_t>(n_ * h_ * w_ * c_)) {}
  float& at(std::int64_t i, std::int64_t y, std::int64_t x, std::int64_t channel) {
    return values[static_cast<std::size_t>(((i * h + y) * w + x) * c + channel)];
  }
  float at(std::int64_t i, std::int64_t y, std::int64_t x, std::int64_t channel) const {
    return const_cast<Nhwc*>(this)->at(i, y, x, channel);
  }
};

Nhwc to_nhwc(const Images& images) {
  Nhwc result(images.n, images.h, images.w, images.c);
  for (std::int64_t i = 0; i < images.n; ++i)
    for (std::int64_t c = 0; c < images.c; ++c)
      for (std::int64_t y = 0; y < images.h; ++y)
        for (std::int64_t x = 0; x < images.w; ++x) result.at(i, y, x, c) = images.at(i, c, y, x);
  return result;
}

std::vector<float> to_nchw_values(const Nhwc& images) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < images.n; ++i)
    for (std::int64_t c = 0; c < images.c; ++c)
      for (std::int64_t y = 0; y < images.h; ++y)
        for (std::int64_t x = 0; x < images.w; ++x) values.push_back(images.at(i, y, x, c));
  return values;
}

/// The first source row of each window and the number of windows, by TensorFlow's rules.
struct Axis {
  std::int64_t count, before;
  Axis(std::int8_t padding, std::int64_t size, std::int64_t kernel, std::int64_t stride) {
    if (padding == kValid) {
      count = (size - kernel) / stride + 1;
      before = 0;
    } else {
      count = (size + stride - 1) / stride;
      before = std::max<std::int64_t>(0, (count - 1) * stride + kernel - size) / 2;
    }
  }
};

/// `visit(i, y, x, ky, kx, sy, sx)` for each pixel under each window; returns the empty result.
template <class Visit>
Nhwc windows(const Nhwc& in, std::int8_t padding, std::int64_t size, std::int64_t stride,
             std::int64_t channels, Visit visit) {
  const Axis vertical(padding, in.h, size, stride);
  const Axis horizontal(padding, in.w, size, stride);
  Nhwc out(in.n, vertical.count, horizontal.count, channels);
  for (std::int64_t i = 0; i < out.n; ++i)
    for (std::int64_t y = 0; y < out.h; ++y)
      for (std::int64_t x = 0; x < out.w; ++x)
        for (std::int64_t ky = 0; ky < size; ++ky)
          for (std::int64_t kx = 0; kx < size; ++kx) {
            const std::int64_t sy = y * stride - vertical.before + ky;
            const std::int64_t sx = x * stride - horizontal.before + kx;
            if (sy >= 0 && sy < in.h && sx >= 0 && sx < in.w) visit(out, i, y, x, ky, kx, sy, sx);
          }
  return out;
}

/// `weight` is OHWI.
Nhwc conv(const Nhwc& in, const std::vector<float>& weight, const std::vector<float>& bias,
          std::int8_t padding, std::int64_t size, std::int64_t stride) {
  const auto channels = static_cast<std::int64_t>(bias.size());
  Nhwc out =
      windows(in, padding, size, stride, channels,
              [&](Nhwc& to, auto i, auto y, auto x, auto ky, auto kx, auto sy, auto sx) {
                for (std::int64_t o = 0; o < channels; ++o)
                  for (std::int64_t c = 0; c < in.c; ++c)
                    to.at(i, y, x, o) +=
                        in.at(i, sy, sx, c) *
                        weight[static_cast<std::size_t>(((o * size + ky) * size + kx) * in.c + c)];
              });
  for (std::size_t k = 0; k < out.values.size(); ++k) out.values[k] += bias[k % bias.size()];
  return out;
}

/// `weight` is 1HWO; output channel o reads input channel o / multiplier.
Nhwc depthwise(const Nhwc& in, const std::vector<float>& weight, std::int8_t padding,
               std::int64_t size, std::int64_t stride, std::int64_t multiplier) {
  const std::int64_t channels = in.c * multiplier;
  return windows(in, padding, size, stride, channels,
                 [&](Nhwc& to, auto i, auto y, auto x, auto ky, auto kx, auto sy, auto sx) {
                   for (std::int64_t o = 0; o < channels; ++o)
                     to.at(i, y, x, o) +=
                         in.at(i, sy, sx, o / multiplier) *
                         weight[static_cast<std::size_t>((ky * size + kx) * channels + o)];
                 });
}

Nhwc pool(const Nhwc& in, std::int8_t padding, std::int64_t size, std::int64_t stride, bool mean) {
  Nhwc counts = windows(in, padding, size, stride, in.c,
                        [&](Nhwc& to, auto i, auto y, auto x, auto, auto, auto, auto) {
                          for (std::int64_t c = 0; c < in.c; ++c) to.at(i, y, x, c) += 1;
                        });
  Nhwc seen = counts;
  std::fill(seen.values.begin(), seen.values.end(), 0.0F);
  Nhwc out = windows(in, padding, size, stride, in.c,
                     [&](Nhwc& to, auto i, auto y, auto x, auto, auto, auto sy, auto sx) {
                       for (std::int64_t c = 0; c < in.c; ++c) {
                         float& value = to.at(i, y, x, c);
                         const float pixel = in.at(i, sy, sx, c);
                         value = mean ? value + pixel
                                      : (seen.at(i, y, x, c) == 0 ? pixel : std::max(value, pixel));
                         seen.at(i, y, x, c) += 1;
                       }
                     });
  for (std::size_t k = 0; mean && k < out.values.size(); ++k) out.values[k] /= counts.values[k];
  return out;
}

class ImportTflite : public testing::Test {
 protected:
  void SetUp() override {
    in_ = file_.tensor("in", {1, 7, 6, 3});
    file_.inputs = {in_};
  }

  void write(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  ImportedGraph import(int output) {
    file_.outputs = {output};
    write(file_.bytes());
    return import_tflite(MappedFile(path_));
  }

  at::Tensor run(int output, const Images& images) {
    return GraphNetwork(import(output)).run(to_tensor(images)).at(0);
  }

  void expect_error(int output, const std::string& what) {
    EXPECT_THAT([&] { import(output); },
                ThrowsMessage<Error>(AllOf(HasSubstr(path_), HasSubstr(what))));
  }

  static std::vector<std::string> operators_of(const ImportedGraph& graph) {
    std::vector<std::string> operators;
    for (const GraphNode& node : graph.graph.nodes) operators.push_back(node.op);
    return operators;
  }

  TfliteWriter file_;
  int in_ = 0;
  const TemporaryFolder folder_;
  const std::string path_ = folder_.path("network.tflite");
  const Images images_ = random_images(2, 3, 7, 6, 1);
};

TEST_F(ImportTflite, ConvolutionsWithEitherPaddingMatchPlainLoops) {
  unsigned seed = 10;
  for (const std::int8_t padding : {kSame, kValid}) {
    for (const int stride : {1, 2, 3}) {
      SCOPED_TRACE(testing::Message() << "padding " << int{padding} << " stride " << stride);
      const auto weight = random_values(4 * 3 * 3 * 3, ++seed);
      const auto bias = random_values(4, ++seed);
      const Nhwc expected = conv(to_nhwc(images_), weight, bias, padding, 3, stride);
      const int w = file_.tensor("w", {4, 3, 3, 3}, weight);
      const int b = file_.tensor("b", {4}, bias);
      const int out =
          file_.tensor("out", {1, static_cast<int>(expected.h), static_cast<int>(expected.w), 4});
      TfliteWriter keep = file_;
      file_.op(kConv, {in_, w, b}, {out}, conv_options(padding, stride));
      EXPECT_LT(difference(run(out, images_), to_nchw_values(expected)), kRounding);
      file_ = keep;
    }
  }
}

TEST_F(ImportTflite, SamePaddingWithStridesPadsMoreAtTheEnd) {
  const int w = file_.tensor("w", {2, 3, 3, 3}, random_values(54, 1));
  const int out = file_.tensor("out", {1, 4, 3, 2});
  file_.op(kConv, {in_, w}, {out}, conv_options(kSame, 2));
  const ImportedGraph graph = import(out);
  // 7 rows need one row on either side, 6 columns one column on the right.
  EXPECT_EQ(graph.graph.nodes[0].attributes["pads"], nlohmann::json({1, 0, 1, 1}));
  EXPECT_THAT(graph.graph.input_shape, ElementsAre(0, 3, 7, 6));
}

TEST_F(ImportTflite, ConvolutionsThatFitAnySizeSayNone) {
  const int w = file_.tensor("w", {2, 3, 3, 3}, random_values(54, 1));
  const int mid = file_.tensor("mid", {1, 7, 6, 2});
  const int out = file_.tensor("out", {1, 4, 3, 2});
  file_.op(kConv, {in_, w}, {mid}, conv_options(kSame, 1));
  file_.op(kMaxPool, {mid}, {out}, pool_options(kSame, 2, 2));
  const ImportedGraph graph = import(out);
  EXPECT_THAT(graph.graph.input_shape, ElementsAre(0, 3, 0, 0));
  // And compute the right thing for another size than the file states.
  const Images larger = random_images(1, 3, 12, 11, 4);
  const auto values = GraphNetwork(graph).run(to_tensor(larger)).at(0);
  const Nhwc expected =
      pool(conv(to_nhwc(larger), random_values(54, 1), {0, 0}, kSame, 3, 1), kSame, 2, 2, false);
  EXPECT_LT(difference(values, to_nchw_values(expected)), kRounding);
}

TEST_F(ImportTflite, DepthwiseConvolutionMatchesPlainLoops) {
  const auto weight = random_values(3 * 3 * 6, 2);
  const int w = file_.tensor("w", {1, 3, 3, 6}, weight);
  const int out = file_.tensor("out", {1, 4, 3, 6});
  file_.op(kDepthwise, {in_, w}, {out}, depthwise_options(kSame, 2, 2));
  EXPECT_LT(difference(run(out, images_),
                       to_nchw_values(depthwise(to_nhwc(images_), weight, kSame, 3, 2, 2))),
            kRounding);
}

TEST_F(ImportTflite, PoolsMatchPlainLoops) {
  for (const int code : {kMaxPool, kAveragePool}) {
    for (const std::int8_t padding : {kSame, kValid}) {
      for (const int size : {2, 3}) {
        SCOPED_TRACE(testing::Message() << code << " " << int{padding} << " " << size);
        const Nhwc expected = pool(to_nhwc(images_), padding, size, 2, code == kAveragePool);
        TfliteWriter keep = file_;
        const int out =
            file_.tensor("out", {1, static_cast<int>(expected.h), static_cast<int>(expected.w), 3});
        file_.op(code, {in_}, {out}, pool_options(padding, 2, size));
        EXPECT_LT(difference(run(out, images_), to_nchw_values(expected)), kRounding);
        file_ = keep;
      }
    }
  }
}

TEST_F(ImportTflite, FusedActivationsBecomeNodes) {
  const auto weight = random_values(4 * 3, 3, -9, 9);
  const int w = file_.tensor("w", {4, 1, 1, 3}, weight);
  const int b = file_.tensor("b", {4}, std::vector<float>(4, 1.0F));
  const int mid = file_.tensor("mid", {1, 7, 6, 4});
  const int out = file_.tensor("out", {1, 7, 6, 4});
  file_.op(kConv, {in_, w, b}, {mid}, conv_options(kValid, 1, kRelu6));
  file_.op(kMul, {mid, file_.tensor("k", {4}, {-1, 2, 3, 4})}, {out}, {Field::small(kRelu)});
  Nhwc expected = conv(to_nhwc(images_), weight, {1, 1, 1, 1}, kValid, 1, 1);
  const float scale[] = {-1, 2, 3, 4};
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    expected.values[i] = std::max(0.0F, scale[i % 4] * std::clamp(expected.values[i], 0.0F, 6.0F));
  }
  EXPECT_LT(difference(run(out, images_), to_nchw_values(expected)), kRounding);
  EXPECT_THAT(operators_of(import(out)), ElementsAre("Conv", "Clip", "Mul", "Relu"));
}

TEST_F(ImportTflite, PReluSpelledOutBecomesOne) {
  const std::vector<int> shape = {1, 7, 6, 3};
  const int positive = file_.tensor("positive", shape);
  const int size = file_.tensor("size", shape);
  const int rest = file_.tensor("rest", shape);
  const int negative = file_.tensor("negative", shape);
  const int out = file_.tensor("out", shape);
  file_.op(kReluOp, {in_}, {positive});
  file_.op(kAbs, {in_}, {size});
  file_.op(kSub, {in_, size}, {rest}, {Field::small(0)});
  file_.op(kMul, {file_.tensor("half slope", {3}, {0.1F, 0.2F, -0.3F}), rest}, {negative},
           {Field::small(0)});
  file_.op(kAdd, {positive, negative}, {out}, {Field::small(0)});
  const ImportedGraph graph = import(out);
  EXPECT_THAT(operators_of(graph), ElementsAre("PRelu"));
  Nhwc expected = to_nhwc(images_);
  const float slope[] = {0.2F, 0.4F, -0.6F};
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    if (expected.values[i] < 0) expected.values[i] *= slope[i % 3];
  }
  EXPECT_LT(difference(GraphNetwork(graph).run(to_tensor(images_)).at(0), to_nchw_values(expected)),
            kRounding);
}

TEST_F(ImportTflite, DenseLayersReadPixelsInTheFilesOrder) {
  const auto weight = random_values(5 * 126, 4);
  const int w = file_.tensor("w", {5, 126}, weight);
  const int scores = file_.tensor("scores", {1, 5});
  const int out = file_.tensor("out", {1, 5});
  file_.op(kDense, {in_, w, file_.tensor("b", {5}, {1, 2, 3, 4, 5})}, {scores}, {Field::small(0)});
  file_.op(kSoftmax, {scores}, {out}, {Field::number(1)});
  const Nhwc pixels = to_nhwc(images_);
  std::vector<float> expected;
  for (std::size_t i = 0; i < 2; ++i) {
    std::vector<double> powers;
    double sum = 0;
    for (std::size_t o = 0; o < 5; ++o) {
      double score = static_cast<double>(o + 1);
      for (std::size_t k = 0; k < 126; ++k)
        score += static_cast<double>(weight[o * 126 + k]) * pixels.values[i * 126 + k];
      powers.push_back(std::exp(score));
      sum += powers.back();
    }
    for (const double power : powers) expected.push_back(static_cast<float>(power / sum));
  }
  EXPECT_LT(difference(run(out, images_), expected), kRounding);
}

TEST_F(ImportTflite, ReshapesMoveTheSamePixels) {
  const int rows = file_.tensor("rows", {1, 126});
  const int out = file_.tensor("out", {1, 6, 3, 7});
  file_.op(kReshape, {in_}, {rows});
  file_.op(kSqueeze, {rows}, {out});
  Nhwc expected(2, 6, 3, 7);
  expected.values = to_nhwc(images_).values;
  EXPECT_LT(difference(run(out, images_), to_nchw_values(expected)), kRounding);
}

TEST_F(ImportTflite, TransposeMeanPadAndConcatFollowTheFilesAxes) {
  const int turned = file_.tensor("turned", {1, 6, 7, 3});
  const int padded = file_.tensor("padded", {1, 7, 6, 3});
  const int both = file_.tensor("both", {1, 7, 6, 6});
  const int means = file_.tensor("means", {1, 6});
  file_.op(kTranspose, {in_, file_.integers("order", {4}, {0, 2, 1, 3})}, {turned});
  // Of the turned image, without its last column and with a row more.
  file_.op(kPad, {turned, file_.integers("pads", {4, 2}, {0, 0, 1, 0, 0, -1, 0, 0})}, {padded});
  file_.op(kConcatenation, {in_, padded}, {both}, {Field::integer(-1), Field::small(0)});
  file_.op(kMean, {both, file_.integers("axes", {2}, {1, 2})}, {means}, {Field::small(0)});
  const Nhwc in = to_nhwc(images_);
  Nhwc expected(2, 7, 6, 6);
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t y = 0; y < 7; ++y)
      for (std::int64_t x = 0; x < 6; ++x)
        for (std::int64_t c = 0; c < 3; ++c) {
          expected.at(i, y, x, c) = in.at(i, y, x, c);
          expected.at(i, y, x, 3 + c) = y == 0 ? 0 : in.at(i, x, y - 1, c);
        }
  EXPECT_LT(difference(run(both, images_), to_nchw_values(expected)), kRounding);
  std::vector<float> mean(12);
  for (std::size_t k = 0; k < expected.values.size(); ++k)
    mean[k / (42 * 6) * 6 + k % 6] += expected.values[k] / 42;
  EXPECT_LT(difference(run(means, images_), mean), kRounding);
}

TEST_F(ImportTflite, SlopesBelongToTheLastAxis) {
  const int out = file_.tensor("out", {1, 7, 6, 3});
  file_.op(kPrelu, {in_, file_.tensor("slope", {1, 1, 3}, {0.5F, 0, -1})}, {out});
  Nhwc expected = to_nhwc(images_);
  const float slope[] = {0.5F, 0, -1};
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    if (expected.values[i] < 0) expected.values[i] *= slope[i % 3];
  }
  EXPECT_LT(difference(run(out, images_), to_nchw_values(expected)), kRounding);
}

TEST_F(ImportTflite, OutputsKeepTheirOrder) {
  const int a = file_.tensor("a", {1, 7, 6, 3});
  const int b = file_.tensor("b", {1, 7, 6, 3});
  file_.op(kReluOp, {in_}, {a});
  file_.op(kAbs, {in_}, {b});
  file_.outputs = {b, a};
  write(file_.bytes());
  EXPECT_THAT(import_tflite(MappedFile(path_)).graph.outputs, ElementsAre("b", "a"));
}

TEST_F(ImportTflite, NamesWhatHasNoTranslation) {
  const int out = file_.tensor("strange value", {1, 7, 6, 3});
  const TfliteWriter keep = file_;
  file_.op(57, {in_}, {out});
  expect_error(out, "the operator operator 57 at \"strange value\"");
  file_ = keep;
  file_.op(97, {in_}, {out});
  expect_error(out, "RESIZE_NEAREST_NEIGHBOR");
  file_ = keep;
  file_.op(kAdd, {in_, in_}, {out}, {Field::small(5)});
  expect_error(out, "fused activation 5");
  file_ = keep;
  file_.op(kConv, {in_, in_}, {out}, conv_options(kSame, 1));
  expect_error(out, "float32 constant, which \"in\" is not");
  file_ = keep;
  file_.op(kConv, {in_, file_.tensor("w", {3, 1, 1, 3}, random_values(9, 1))}, {out},
           conv_options(kSame, 0));
  expect_error(out, "a window of no usable size");
  file_ = keep;
  file_.op(kReshape, {in_}, {file_.tensor("mixed", {126})});
  expect_error(out + 1, "mixes the images of a batch");
}

TEST_F(ImportTflite, OptionsLeftOutHaveTheirDefaults) {
  const int out = file_.tensor("out", {1, 7, 6, 3});
  const TfliteWriter keep = file_;
  file_.op_with(0, kAdd, {in_, in_}, {out}, {});
  EXPECT_THAT(operators_of(import(out)), ElementsAre("Add"));
  file_ = keep;
  file_.op_with(0, kMaxPool, {in_}, {out}, {});
  expect_error(out, "a window of no usable size");  // the schema's default is 0
}

TEST_F(ImportTflite, OptionsOfAnotherKindAreErrors) {
  const int out = file_.tensor("out", {1, 7, 6, 3});
  constexpr std::int8_t kOptionsOfMul = 21;
  file_.op_with(kOptionsOfMul, kAdd, {in_, in_}, {out}, {Field::small(kRelu)});
  expect_error(out, "the operator ADD with options of another operator");
}

TEST_F(ImportTflite, ValuesMadeTwiceAreErrors) {
  const int out = file_.tensor("out", {1, 7, 6, 3});
  file_.op(kAbs, {in_}, {out});
  file_.op(kReluOp, {in_}, {out});
  expect_error(out, "the value \"out\" is made twice");
}

TEST_F(ImportTflite, WeightsBehindTheFlatbufferAreErrors) {
  const int out = file_.tensor("out", {1, 7, 6, 3});
  file_.op(kMul, {in_, file_.outside("far", {3}, 64)}, {out});
  expect_error(out, "do not fit the 2 GB of a flatbuffer");
}

TEST_F(ImportTflite, FilesOfTwoGigabytesAreErrors) {
  file_.outputs = {in_};
  write(file_.bytes());
  std::filesystem::resize_file(path_, std::uintmax_t{1} << 31);  // takes no room
  EXPECT_THAT([&] { import_tflite(MappedFile(path_)); },
              ThrowsMessage<Error>(HasSubstr("do not fit the 2 GB of a flatbuffer")));
}

TEST_F(ImportTflite, LongNamesAreNotRepeatedInFull) {
  const std::string name(100'000, 'n');
  const int k = file_.tensor(name, {3}, {1, 2, 3});
  int last = in_;
  for (int i = 0; i < 50; ++i) {
    const int next = file_.tensor(i % 2 == 0 ? name : "value", {1, 7, 6, 3});
    file_.op(kMul, {last, k}, {next});
    last = next;
  }
  const ImportedGraph graph = import(last);
  std::size_t names = 0;
  for (const auto& [tensor, view] : graph.tensors) names += tensor.size();
  for (const GraphNode& node : graph.graph.nodes) names += node.name.size();
  EXPECT_EQ(graph.graph.nodes.size(), 50);
  EXPECT_EQ(graph.tensors.size(), 50);
  EXPECT_LT(names, 100 * 300);
}

TEST_F(ImportTflite, WorkGrowsWithTheFile) {
  const TfliteWriter keep = file_;
  const int k = file_.tensor("k", {1, 40, 50, 5}, std::vector<float>(10'000));
  int last = in_;
  for (int i = 0; i < 100; ++i) {
    const int next = file_.tensor("value", {1, 40, 50, 5});
    file_.op(kMul, {last, k}, {next});
    last = next;
  }
  expect_error(last, "the same constants again and again, \"k\" for one");

  file_ = keep;
  const int out = file_.tensor("out", {1, 7, 6, 3});
  file_.one_for_all = true;
  for (int i = 0; i < 1000; ++i) {
    file_.op(kConcatenation, std::vector<std::int32_t>(1000, in_), {out});
  }
  expect_error(out, "it names the same bytes again and again");
}

/// A name that stands in the file once makes a graph with a thousand of it.
TEST_F(ImportTflite, NamesGrowWithTheFile) {
  const std::string name(250, 'n');
  const int value = file_.tensor(name, {1, 7, 6, 3});
  file_.op(kMul, {in_, in_}, {value});
  const int out = file_.tensor("out", {1, 7, 6, 30'000});
  for (int i = 0; i < 12; ++i) {
    file_.op(kConcatenation, std::vector<std::int32_t>(10'000, value),
             {file_.tensor(fmt::format("v{}", i), {1, 7, 6, 30'000})});
  }
  expect_error(out, "the same values again and again, \"nnn");
}

/// A file with most kinds of structures in it.
std::string sample_file() {
  TfliteWriter file;
  const int in = file.tensor("in", {1, 4, 4, 2});
  const int mid = file.tensor("mid", {1, 2, 2, 2});
  const int out = file.tensor("out", {1, 3});
  file.inputs = {in};
  file.outputs = {out};
  file.op(kConv,
          {in, file.tensor("w", {2, 3, 3, 2}, random_values(36, 1)), file.tensor("b", {2}, {1, 2})},
          {mid}, conv_options(kSame, 2, kRelu6));
  file.op(kDense, {mid, file.tensor("d", {3, 8}, random_values(24, 2))}, {out},
          {Field::small(kRelu)});
  return file.bytes();
}

TEST_F(ImportTflite, CutFilesAreErrors) {
  const std::string whole = sample_file();
  write(whole);
  import_tflite(MappedFile(path_));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    // In memory of its own, so that a sanitizer sees reads beyond the end.
    const std::vector<std::byte> cut(reinterpret_cast<const std::byte*>(whole.data()),
                                     reinterpret_cast<const std::byte*>(whole.data()) + length);
    EXPECT_THAT([&] { read_tflite(cut, path_); }, ThrowsMessage<Error>(HasSubstr(path_))) << length;
  }
  write(whole.substr(0, whole.size() / 2));
  EXPECT_THROW(import_tflite(MappedFile(path_)), Error);
}

TEST_F(ImportTflite, AlteredFilesAreErrorsOrGraphs) {
  const std::string whole = sample_file();
  std::mt19937 engine(1);
  int refused = 0;
  constexpr int kRounds = 800;
  for (int round = 0; round < kRounds; ++round) {
    std::string altered = whole;
    for (int flips = 0; flips < 1 + round % 3; ++flips) {
      altered[engine() % altered.size()] = static_cast<char>(engine());
    }
    write(altered);
    try {
      import_tflite(MappedFile(path_));
    } catch (const Error& error) {
      ++refused;
      EXPECT_THAT(error.what(), HasSubstr(path_));
    }
  }
  EXPECT_GT(refused, kRounds / 4);
}

}  // namespace
}  // namespace facenet
