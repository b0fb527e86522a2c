#include "face/tiled_pyramid.h"

#include <dlib/image_transforms.h>
#include <gtest/gtest.h>

#include "dlib_networks.h"

namespace facenet {
namespace {

TEST(TiledPyramid, IsLaidAsDlibLaysIt) {
  for (const auto& [width, height] : {std::pair{11, 11},
                                      {640, 480},
                                      {480, 640},
                                      {1600, 1067},
                                      {251, 249},
                                      {3000, 40},
                                      {40, 3000},
                                      {17, 5},
                                      {1600, 1200}}) {
    for (const auto& [padding, outer] : {std::pair{10, 11}, {1, 0}, {3, 50}}) {
      SCOPED_TRACE(testing::Message() << width << " x " << height << " padding " << padding);
      const TiledPyramid pyramid(width, height, padding, outer);
      const std::vector<Box> expected = dlib_tiles(width, height, padding, outer);
      ASSERT_EQ(pyramid.tiles.size() + 1, expected.size());
      EXPECT_EQ(static_cast<float>(pyramid.width), expected.back().width);
      EXPECT_EQ(static_cast<float>(pyramid.height), expected.back().height);
      for (std::size_t i = 0; i < pyramid.tiles.size(); ++i) {
        const Tile& tile = pyramid.tiles[i];
        EXPECT_EQ(static_cast<float>(tile.x), expected[i].x) << i;
        EXPECT_EQ(static_cast<float>(tile.y), expected[i].y) << i;
        EXPECT_EQ(static_cast<float>(tile.width), expected[i].width) << i;
        EXPECT_EQ(static_cast<float>(tile.height), expected[i].height) << i;
      }
    }
  }
}

TEST(TiledPyramid, FindsTheTileThatDlibFinds) {
  const TiledPyramid pyramid(301, 203, 10, 11);
  std::vector<dlib::rectangle> tiles;
  for (const Tile& tile : pyramid.tiles) {
    tiles.emplace_back(tile.x, tile.y, tile.x + tile.width - 1, tile.y + tile.height - 1);
  }
  for (int y = 0; y < pyramid.height; y += 3) {
    for (int x = 0; x < pyramid.width; x += 3) {
      EXPECT_EQ(static_cast<std::size_t>(pyramid.tile_at(x, y)),
                dlib::nearest_rect(tiles, dlib::point(x, y)))
          << x << ' ' << y;
    }
  }
}

TEST(TiledPyramid, LeadsBackToTheImageAsDlibDoes) {
  const dlib::pyramid_down<6> pyramid;
  for (const int level : {0, 1, 2, 7, 19}) {
    const dlib::dpoint expected =
        pyramid.point_up(dlib::dpoint(12.5, -3), static_cast<unsigned>(level));
    EXPECT_NEAR(coordinate_in_image(level, 12.5), expected.x(), 1e-9 * (1 + expected.x()));
    EXPECT_NEAR(coordinate_in_image(level, -3), expected.y(), 1e-9 * (1 - expected.y()));
  }
}

}  // namespace
}  // namespace facenet
