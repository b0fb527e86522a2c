#include "nn/import/tflite.h"

#include <cmath>
#include <cstdlib>

#include "tflite_fixture.h"

namespace facenet {
namespace {

using reference::difference;
using reference::Images;
using reference::kRounding;
using reference::random_images;
using reference::random_values;
using testing::ElementsAre;

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

}  // namespace
}  // namespace facenet
