#include "face/align.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace facenet {
namespace {

using Complex = std::complex<double>;

Similarity random_similarity(std::mt19937& random) {
  std::uniform_real_distribution<double> angle(-3.1, 3.1);
  std::uniform_real_distribution<double> log_scale(-1, 2);
  std::uniform_real_distribution<double> shift(-50, 500);
  const Complex turn = std::polar(std::exp(log_scale(random)), angle(random));
  return {turn.real(), turn.imag(), shift(random), shift(random)};
}

Landmarks map_points(const Similarity& map, const Landmarks& points) {
  Landmarks result;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto [x, y] = map.apply(points[i].x, points[i].y);
    result[i] = {static_cast<float>(x), static_cast<float>(y)};
  }
  return result;
}

/// The least-squares similarity in closed form: with points as complex numbers and both sets moved
/// to their means, w = m z has the solution m = sum(conj(z) w) / sum(|z|^2).
Similarity closed_form(const Landmarks& from, const Landmarks& to) {
  const auto complex = [](const Point& p) { return Complex(p.x, p.y); };
  Complex mean_from;
  Complex mean_to;
  for (std::size_t i = 0; i < from.size(); ++i) {
    mean_from += complex(from[i]) / 5.0;
    mean_to += complex(to[i]) / 5.0;
  }
  Complex product;
  double squares = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const Complex z = complex(from[i]) - mean_from;
    product += std::conj(z) * (complex(to[i]) - mean_to);
    squares += std::norm(z);
  }
  const Complex m = product / squares;
  const Complex t = mean_to - m * mean_from;
  return {m.real(), m.imag(), t.real(), t.imag()};
}

void expect_near(const Similarity& a, const Similarity& b, double tolerance) {
  EXPECT_NEAR(a.a, b.a, tolerance);
  EXPECT_NEAR(a.b, b.b, tolerance);
  EXPECT_NEAR(a.tx, b.tx, tolerance * 100);
  EXPECT_NEAR(a.ty, b.ty, tolerance * 100);
}

class Alignment : public testing::TestWithParam<const char*> {
 protected:
  const AlignmentTemplate& target() const { return find_alignment(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Templates, Alignment, testing::Values("arcface-112", "dlib-150"));

TEST_P(Alignment, RecoversASimilarity) {
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    const Similarity truth = random_similarity(random);
    const Landmarks landmarks = map_points(truth, target().points);
    expect_near(chip_to_image(target(), target().size, landmarks), truth, 1e-4);
  }
}

TEST_P(Alignment, FitsByLeastSquares) {
  std::mt19937 random(2);
  std::normal_distribution<float> noise(0, 4);
  for (int round = 0; round < 100; ++round) {
    Landmarks landmarks = map_points(random_similarity(random), target().points);
    for (Point& point : landmarks) point = {point.x + noise(random), point.y + noise(random)};
    expect_near(chip_to_image(target(), target().size, landmarks),
                closed_form(target().points, landmarks), 1e-5);
  }
}

TEST_P(Alignment, CutsTheSameSquareAtAnySize) {
  std::mt19937 random(3);
  const Landmarks landmarks = map_points(random_similarity(random), target().points);
  const Similarity standard = chip_to_image(target(), target().size, landmarks);
  for (const int size : {32, 96, 160, 224, 300}) {
    const Similarity other = chip_to_image(target(), size, landmarks);
    // Pixel centres are whole numbers, so that the square's corners lie at -0.5 and size - 0.5.
    for (const double corner : {0.0, 1.0}) {
      const auto a = standard.apply(corner * target().size - 0.5, corner * target().size - 0.5);
      const auto b = other.apply(corner * size - 0.5, corner * size - 0.5);
      EXPECT_NEAR(a[0], b[0], 1e-3);
      EXPECT_NEAR(a[1], b[1], 1e-3);
    }
  }
}

/// A soft white dot whose centre of mass is `centre`.
void draw_dot(Image& image, const Point& centre, float radius) {
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const float dx = (static_cast<float>(x) - centre.x) / radius;
      const float dy = (static_cast<float>(y) - centre.y) / radius;
      const auto light = static_cast<std::uint8_t>(std::lround(255 * std::exp(-dx * dx - dy * dy)));
      std::uint8_t* pixel = &image.row(y)[3 * x];
      std::fill_n(pixel, 3, std::max(*pixel, light));
    }
  }
}

/// The centre of the light within `reach` pixels around a place.
Point centre_of_light(const Image& image, const Point& place, float reach) {
  double sum = 0;
  double sum_x = 0;
  double sum_y = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const float dx = static_cast<float>(x) - place.x;
      const float dy = static_cast<float>(y) - place.y;
      if (std::hypot(dx, dy) > reach) continue;
      const double light = image.row(y)[3 * x];
      sum += light;
      sum_x += light * x;
      sum_y += light * y;
    }
  }
  return {static_cast<float>(sum_x / sum), static_cast<float>(sum_y / sum)};
}

TEST_P(Alignment, PutsLandmarksOnTheTemplate) {
  for (const double degrees : {0.0, 25.0, -140.0}) {
    const Complex turn = std::polar(2.2, degrees * 3.14159265 / 180);
    // The middle of the chip falls on the middle of the picture.
    const Complex middle = Complex(target().size, target().size) / 2.0;
    const Complex shift = Complex(250, 220) - turn * middle;
    const Landmarks landmarks =
        map_points({turn.real(), turn.imag(), shift.real(), shift.imag()}, target().points);
    Image image(500, 440);
    for (const Point& point : landmarks) draw_dot(image, point, 6);

    for (const int size : {0, 2 * target().size}) {
      const Image chip = align(image, target(), landmarks, size);
      const int edge = size == 0 ? target().size : size;
      ASSERT_EQ(chip.width, edge);
      ASSERT_EQ(chip.height, edge);
      const float scale = static_cast<float>(edge) / static_cast<float>(target().size);
      for (const Point& point : target().points) {
        const Point expected{(point.x + 0.5F) * scale - 0.5F, (point.y + 0.5F) * scale - 0.5F};
        const Point found = centre_of_light(chip, expected, 8 * scale);
        EXPECT_NEAR(found.x, expected.x, 0.1);
        EXPECT_NEAR(found.y, expected.y, 0.1);
      }
    }
  }
}

TEST_P(Alignment, AnOblongChipIsTheMiddleOfTheSquareOne) {
  std::mt19937 random(5);
  Image image(300, 260);
  for (auto& value : image.pixels) value = static_cast<std::uint8_t>(random());
  const Landmarks landmarks = map_points({1.3, 0.4, 40, 20}, target().points);
  const Image square = align(image, target(), landmarks, 140);
  const auto expect_middle = [&](int height, int width) {
    const Image chip = align(image, target(), landmarks, height, width);
    ASSERT_EQ(chip.height, height);
    ASSERT_EQ(chip.width, width);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const int there = 3 * (x + (140 - width) / 2);
        ASSERT_NEAR(chip.row(y)[3 * x], square.row(y + (140 - height) / 2)[there], 1);
      }
    }
  };
  expect_middle(140, 116);
  expect_middle(116, 140);
}

TEST_P(Alignment, TheMiddleOfALooseChipIsTheChip) {
  std::mt19937 random(6);
  for (const int photo : {300, 40}) {  // the second is smaller than any chip
    Image image(photo, photo - 10);
    for (auto& value : image.pixels) value = static_cast<std::uint8_t>(random());
    const double scale = 0.4 * photo / target().size;
    const Landmarks landmarks =
        map_points({scale, scale / 3, 0.3 * photo, 0.2 * photo}, target().points);
    for (const int edge : {112, 75}) {
      const Image chip = align(image, target(), landmarks, edge);
      const Image loose = align_loosely(image, target(), landmarks, edge, 16);
      ASSERT_EQ(loose.width, edge + 32);
      ASSERT_EQ(loose.height, edge + 32);
      for (int y = 0; y < edge; ++y) {
        for (int x = 0; x < 3 * edge; ++x) {
          ASSERT_NEAR(loose.row(y + 16)[3 * 16 + x], chip.row(y)[x], 1);
        }
      }
      // Around it lies more of the photo, not a border.
      const auto light = std::count_if(loose.row(8), loose.row(9), [](int v) { return v > 0; });
      EXPECT_GT(light, 2 * edge);
    }
  }
}

TEST(FindAlignment, ListsTheKnownNames) {
  try {
    find_alignment("mean-face");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("mean-face"));
    EXPECT_THAT(error.what(), testing::HasSubstr("arcface-112, dlib-150"));
  }
}

}  // namespace
}  // namespace facenet
