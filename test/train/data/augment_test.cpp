#include "train/data/augment.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "image/decode.h"
#include "test/train/data/chips.h"

namespace facenet {
namespace {

class ImageLibraryEnvironment : public testing::Environment {
 public:
  void SetUp() override { library_ = std::make_unique<ImageLibrary>("train_test"); }
  void TearDown() override { library_.reset(); }

 private:
  std::unique_ptr<ImageLibrary> library_;
};
const testing::Environment* const kEnvironment =
    testing::AddGlobalTestEnvironment(new ImageLibraryEnvironment);

const ChipGeometry kDefaultGeometry;

ModelInfo network(int height, int width) {
  ModelInfo info;
  info.name = "net";
  info.height = height;
  info.width = width;
  info.alignment = "arcface-112";
  return info;
}

AugmentOptions nothing() {
  AugmentOptions options;
  options.mirror = options.geometry = options.colour = false;
  options.jpeg = options.resolution = options.occlusion = false;
  return options;
}

/// Values that grow evenly to the right (red) and down (green): what a pixel came from can be read
/// off its colour.
Image ramp(int side, int step = 1) {
  Image image(side, side);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      image.row(y)[3 * x] = static_cast<std::uint8_t>(step * x);
      image.row(y)[3 * x + 1] = static_cast<std::uint8_t>(step * y);
      image.row(y)[3 * x + 2] = 90;
    }
  }
  return image;
}

/// A chip with edges and smooth parts, unlike noise: what survives JPEG.
Image picture(int side) {
  Image image(side, side);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double wave = std::sin(x * 0.11) * std::cos(y * 0.07);
      for (int c = 0; c < 3; ++c) {
        const double edge = (x / 24 + y / 24) % 2 * 30.0;
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>(110 + (60 - 12 * c) * wave + edge);
      }
    }
  }
  return image;
}

std::vector<float> plain(const Augmenter& augmenter, const Image& chip) {
  std::vector<float> values(augmenter.values());
  augmenter.write_plain(chip.pixels, values.data());
  return values;
}

std::vector<float> varied(const Augmenter& augmenter, const Image& chip, std::uint64_t seed) {
  std::vector<float> values(augmenter.values());
  augmenter.write(chip.pixels, seed, values.data());
  return values;
}

double mean_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<double>(a.size());
}

TEST(Augmenter, PlainAtTheCachesEdgeIsTheCentreItself) {
  const Image chip = noise_chip(kDefaultGeometry, 1);
  const auto expect_centre = [&](int height, int width) {
    const auto values = plain(Augmenter(kDefaultGeometry, network(height, width)), chip);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < 3 * width; ++x) {
        const int left = 16 + (112 - width) / 2, top = 16 + (112 - height) / 2;
        ASSERT_EQ(values[static_cast<std::size_t>(3 * width * y + x)],
                  static_cast<float>(chip.row(top + y)[3 * left + x]));
      }
    }
  };
  expect_centre(112, 112);
  expect_centre(112, 96);
  expect_centre(91, 112);
}

TEST(Augmenter, PlainAtOtherSizesIsTheSamePartOfTheFace) {
  const Image chip = ramp(kDefaultGeometry.side());
  for (const auto& [height, width] : {std::pair(224, 224), {96, 96}, {160, 128}, {56, 60}}) {
    const auto values = plain(Augmenter(kDefaultGeometry, network(height, width)), chip);
    const int edge = std::max(height, width);
    const double scale = 112.0 / edge;
    for (const auto& [x, y] : {std::pair(0, 0), {width - 1, height - 1}, {width / 3, height / 2}}) {
      const auto at = 3 * static_cast<std::size_t>(y * width + x);
      const int left = (edge - width) / 2, top = (edge - height) / 2;
      EXPECT_NEAR(values[at], 16 + (x + left + 0.5) * scale - 0.5, 0.51);
      EXPECT_NEAR(values[at + 1], 16 + (y + top + 0.5) * scale - 0.5, 0.51);
    }
  }
}

TEST(Augmenter, NormalisesAsTheNetworkWants) {
  ModelInfo info = network(112, 112);
  info.normalisation = {.bgr = true, .mean = {10, 20, 30}, .divisor = {2, 4, 8}};
  const Image chip = noise_chip(kDefaultGeometry, 2);
  const auto values = plain(Augmenter(kDefaultGeometry, info), chip);
  for (int x = 0; x < 112; ++x) {
    const std::uint8_t* rgb = chip.row(16) + 3 * (16 + x);
    const auto at = 3 * static_cast<std::size_t>(x);
    EXPECT_FLOAT_EQ(values[at], (static_cast<float>(rgb[2]) - 10) / 2);
    EXPECT_FLOAT_EQ(values[at + 1], (static_cast<float>(rgb[1]) - 20) / 4);
    EXPECT_FLOAT_EQ(values[at + 2], (static_cast<float>(rgb[0]) - 30) / 8);
  }
}

TEST(Augmenter, IsPlainWithEverythingOff) {
  const Image chip = noise_chip(kDefaultGeometry, 3);
  const Augmenter augmenter(kDefaultGeometry, network(100, 112), nothing());
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    EXPECT_EQ(varied(augmenter, chip, seed), plain(augmenter, chip));
  }
}

TEST(Augmenter, IsAFunctionOfChipAndSeed) {
  const Image chip = picture(kDefaultGeometry.side());
  const Augmenter first(kDefaultGeometry, network(112, 112)),
      again(kDefaultGeometry, network(112, 112));
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(varied(first, chip, seed), varied(again, chip, seed));
    EXPECT_NE(varied(first, chip, seed), varied(first, chip, seed + 1));
  }
}

TEST(Augmenter, MirrorsEveryOtherFace) {
  AugmentOptions options = nothing();
  options.mirror = true;
  const Augmenter augmenter(kDefaultGeometry, network(112, 96), options);
  const Image chip = noise_chip(kDefaultGeometry, 4);
  const auto upright = plain(augmenter, chip);
  std::vector<float> mirrored;
  for (std::size_t y = 0; y < 112; ++y) {
    for (std::size_t x = 0; x < 96; ++x) {
      const auto pixel = upright.begin() + static_cast<std::ptrdiff_t>(3 * (96 * y + 95 - x));
      mirrored.insert(mirrored.end(), pixel, pixel + 3);
    }
  }
  int count = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto values = varied(augmenter, chip, seed);
    count += values == mirrored;
    EXPECT_TRUE(values == mirrored || values == upright);
  }
  EXPECT_NEAR(count, 100, 35);
}

/// The similarity that a ramp went through, from three of its corners.
struct Measured {
  double scale, degrees, shift_x, shift_y;

  explicit Measured(const std::vector<float>& values) {
    const auto at = [&](int x, int y) {
      const auto i = 3 * static_cast<std::size_t>(112 * y + x);
      return std::pair<double, double>(values[i], values[i + 1]);
    };
    const auto [left_x, left_y] = at(2, 56);
    const auto [right_x, right_y] = at(109, 56);
    const auto [top_x, top_y] = at(56, 2);
    const auto [bottom_x, bottom_y] = at(56, 109);
    scale = std::hypot(right_x - left_x, right_y - left_y) / 107;
    degrees = std::atan2(right_y - left_y, right_x - left_x) * 180 / 3.14159265;
    shift_x = (left_x + right_x + top_x + bottom_x) / 4 - 71.5;
    shift_y = (left_y + right_y + top_y + bottom_y) / 4 - 71.5;
  }
};

TEST(Augmenter, MovesFacesAsFarAsItIsTold) {
  AugmentOptions options = nothing();
  options.geometry = true;
  const Augmenter augmenter(kDefaultGeometry, network(112, 112), options);
  const Image chip = ramp(kDefaultGeometry.side());
  double widest_turn = 0, widest_shift = 0, largest = 1, smallest = 1;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto values = varied(augmenter, chip, seed);
    // The margin is wide enough: blue is 90 everywhere, and outside the chip it would be 0.
    for (std::size_t i = 2; i < values.size(); i += 3) ASSERT_GE(values[i], 89);
    const Measured found(values);
    widest_turn = std::max(widest_turn, std::abs(found.degrees));
    widest_shift = std::max({widest_shift, std::abs(found.shift_x), std::abs(found.shift_y)});
    largest = std::max(largest, found.scale);
    smallest = std::min(smallest, found.scale);
  }
  EXPECT_NEAR(widest_turn, 8, 0.7);
  EXPECT_NEAR(widest_shift, 0.04 * 112, 0.9);  // values are rounded, and so is the middle
  EXPECT_NEAR(largest, 1.07, 0.012);
  EXPECT_NEAR(smallest, 1 / 1.07, 0.012);
}

TEST(Augmenter, ColourIsALinearMapOfEachPicture) {
  AugmentOptions options = nothing();
  options.colour = true;
  const Augmenter augmenter(kDefaultGeometry, network(112, 112), options);
  Image chip(kDefaultGeometry.side(), kDefaultGeometry.side());
  for (std::size_t i = 0; i < chip.pixels.size(); i += 3) {
    chip.pixels[i] = static_cast<std::uint8_t>(100 + i / 3 % 40);  // away from black and white
    chip.pixels[i + 1] = 120;
    chip.pixels[i + 2] = 110;
  }
  double darkest = 255, brightest = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto values = varied(augmenter, chip, seed);
    const auto original = plain(augmenter, chip);
    double mean = 0;
    for (const float value : values) mean += value / static_cast<double>(values.size());
    darkest = std::min(darkest, mean);
    brightest = std::max(brightest, mean);
    // Red alone changes here: all channels are straight lines of it.
    const auto slope = [&](std::size_t c, std::size_t from, std::size_t to) {
      return (values[3 * to + c] - values[3 * from + c]) / (original[3 * to] - original[3 * from]);
    };
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(slope(c, 8, 20), slope(c, 20, 47), 1e-3);
    EXPECT_GT(slope(0, 8, 47), 0.4);
  }
  EXPECT_NEAR(darkest, 118 - 51, 16);
  EXPECT_NEAR(brightest, 118 + 51, 16);
}

TEST(Augmenter, KeepsValuesInRange) {
  AugmentOptions options = nothing();
  options.colour = true;
  options.brightness = 1;
  const Augmenter augmenter(kDefaultGeometry, network(112, 112), options);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto values = varied(augmenter, noise_chip(kDefaultGeometry, seed), seed);
    EXPECT_GE(std::ranges::min(values), 0);
    EXPECT_LE(std::ranges::max(values), 255);
  }
}

TEST(Augmenter, LowersTheResolutionOfSome) {
  AugmentOptions options = nothing();
  options.resolution = true;
  options.least_edge = 14;
  const Augmenter augmenter(kDefaultGeometry, network(112, 112), options);
  const Image noise = noise_chip(kDefaultGeometry, 5), smooth = ramp(kDefaultGeometry.side());
  const Measured there(plain(augmenter, smooth));
  int coarse = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const double lost = mean_difference(varied(augmenter, noise, seed), plain(augmenter, noise));
    if (lost == 0) continue;
    ++coarse;
    // Detail goes, but nothing moves.
    const Measured found(varied(augmenter, smooth, seed));
    EXPECT_NEAR(found.shift_x, there.shift_x, 1);  // rounded twice
    EXPECT_NEAR(found.shift_y, there.shift_y, 1);
    EXPECT_NEAR(found.scale, 1, 0.02);
  }
  EXPECT_NEAR(coarse, 0.15 * 400, 25);
}

TEST(Augmenter, CompressesSome) {
  AugmentOptions options = nothing();
  options.jpeg = true;
  options.jpeg_share = 0.5;
  const Augmenter augmenter(kDefaultGeometry, network(112, 112), options);
  const Image chip = picture(kDefaultGeometry.side());
  int compressed = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const double lost = mean_difference(varied(augmenter, chip, seed), plain(augmenter, chip));
    compressed += lost > 0;
    EXPECT_LT(lost, 8);
  }
  EXPECT_NEAR(compressed, 30, 16);
}

TEST(Augmenter, CoversSome) {
  AugmentOptions options = nothing();
  options.occlusion = true;
  options.occlusion_share = 0.5;
  const Augmenter augmenter(kDefaultGeometry, network(112, 112), options);
  const Image chip = noise_chip(kDefaultGeometry, 6);
  const auto original = plain(augmenter, chip);
  int covered = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto values = varied(augmenter, chip, seed);
    int left = 112, right = -1, top = 112, bottom = -1;
    for (int i = 0; i < 112 * 112; ++i) {
      const auto at = 3 * static_cast<std::size_t>(i);
      if (std::equal(values.begin() + 3 * i, values.begin() + 3 * i + 3, &original[at])) continue;
      left = std::min(left, i % 112);
      right = std::max(right, i % 112);
      top = std::min(top, i / 112);
      bottom = std::max(bottom, i / 112);
    }
    if (right < 0) continue;
    ++covered;
    EXPECT_LE(right - left + 1, 56);
    EXPECT_LE(bottom - top + 1, 56);
    for (int y = top; y <= bottom; ++y) {
      for (int x = left; x <= right; ++x) {
        const auto at = values.begin() + 3 * (112 * y + x);
        ASSERT_TRUE(std::equal(at, at + 3, values.begin() + 3 * (112 * top + left)));
      }
    }
  }
  EXPECT_NEAR(covered, 50, 20);
}

TEST(Augmenter, RefusesWhatDoesNotFit) {
  ModelInfo other = network(112, 112);
  other.alignment = "dlib-150";
  EXPECT_THROW(Augmenter(kDefaultGeometry, other), Error);
  EXPECT_THROW(Augmenter(kDefaultGeometry, network(0, 0)), Error);
  AugmentOptions options;
  EXPECT_NO_THROW(options.validate());
  options.jpeg_quality = 0;
  EXPECT_THROW(options.validate(), UsageError);
  options = {};
  options.shift = -1;
  EXPECT_THROW(options.validate(), UsageError);
  options = {};
  options.rotation = std::nan("");
  EXPECT_THROW(options.validate(), UsageError);
}

}  // namespace
}  // namespace facenet
