#include "image/draw.h"

#include <gtest/gtest.h>

#include "samples.h"

namespace facenet {
namespace {

using namespace facenet::test;

constexpr Colour kWhite = {255, 255, 255}, kRed = {200, 0, 0}, kBlack = {0, 0, 0};

/// The smallest rectangle that holds all pixels of another colour than `paper`.
struct Extent {
  int left = 1 << 20, top = 1 << 20, right = -1, bottom = -1;
};
Extent extent_of(const Image& image, const Colour& paper) {
  Extent extent;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      if (pixel(image, x, y) == paper) continue;
      extent.left = std::min(extent.left, x);
      extent.right = std::max(extent.right, x);
      extent.top = std::min(extent.top, y);
      extent.bottom = std::max(extent.bottom, y);
    }
  return extent;
}

TEST(Paste, LaysAPictureWhereItIsTold) {
  Image canvas = plain_picture(20, 10, kWhite);
  paste(canvas, plain_picture(3, 4, kRed), 5, 2);
  const Extent extent = extent_of(canvas, kWhite);
  EXPECT_EQ(extent.left, 5);
  EXPECT_EQ(extent.right, 7);
  EXPECT_EQ(extent.top, 2);
  EXPECT_EQ(extent.bottom, 5);
}

TEST(Paste, CutsOffWhatReachesOverTheEdges) {
  const Image picture = asymmetric(6, 5);
  for (const int left : {-100, -6, -4, 0, 16, 20, 100})
    for (const int top : {-100, -5, -3, 0, 8, 10, 100}) {
      Image canvas = plain_picture(20, 10, kWhite);
      paste(canvas, picture, left, top);
      for (int y = 0; y < canvas.height; ++y)
        for (int x = 0; x < canvas.width; ++x) {
          const bool is_covered = x >= left && x < left + 6 && y >= top && y < top + 5;
          ASSERT_EQ(pixel(canvas, x, y), is_covered ? pixel(picture, x - left, y - top) : kWhite)
              << x << ' ' << y << " at " << left << ' ' << top;
        }
    }
}

TEST(DrawText, StaysInItsPlace) {
  Image canvas = plain_picture(300, 100, kWhite);
  const int used = draw_text(canvas, "a text that is much longer than the place it has",
                             {.left = 40, .top = 20, .width = 100, .height = 30}, {.pixels = 16});
  const Extent extent = extent_of(canvas, kWhite);
  EXPECT_GE(extent.left, 40);
  EXPECT_LT(extent.right, 140);
  EXPECT_GE(extent.top, 20);
  EXPECT_LT(extent.bottom, 50);
  EXPECT_EQ(used, 30) << "all of it";
}

TEST(DrawText, IsOfTheColourAndOfTheSize) {
  const auto draw = [](const TextStyle& style) {
    Image canvas = plain_picture(200, 100, kWhite);
    draw_text(canvas, "HHH", {.left = 0, .top = 0, .width = 200, .height = 100}, style);
    return canvas;
  };
  const Extent small = extent_of(draw({.pixels = 10}), kWhite);
  const Extent large = extent_of(draw({.pixels = 40}), kWhite);
  EXPECT_GT(large.right, 3 * small.right);
  EXPECT_GT(large.bottom, 20);
  EXPECT_LT(small.bottom, 11);
  const Image red = draw({.pixels = 40, .colour = kRed});
  bool has_red = false;
  for (int x = 0; x < red.width; ++x) has_red |= pixel(red, x, large.bottom / 2) == kRed;
  EXPECT_TRUE(has_red);
}

TEST(DrawText, TakesMarkupAsLetters) {
  const auto width = [](const std::string& text) {
    Image canvas = plain_picture(400, 40, kWhite);
    draw_text(canvas, text, {.left = 0, .top = 0, .width = 400, .height = 40}, {});
    return extent_of(canvas, kWhite).right;
  };
  EXPECT_GT(width("<b>&amp;</b>"), 2 * width("<b>"));
  EXPECT_GT(width("<no markup"), width("<")) << "a tag that is not closed is no error";
}

TEST(DrawText, OfNothingDrawsNothing) {
  Image canvas = plain_picture(40, 20, kWhite);
  const TextPlace place{.left = 0, .top = 0, .width = 40, .height = 20};
  EXPECT_EQ(draw_text(canvas, "", place, {}), 0);
  EXPECT_EQ(draw_text(canvas, " \n", place, {}), 0);
  EXPECT_EQ(extent_of(canvas, kWhite).right, -1);
  EXPECT_GT(draw_text(canvas, "\xff", place, {.colour = kBlack}), 0) << "not UTF-8";
}

}  // namespace
}  // namespace facenet
