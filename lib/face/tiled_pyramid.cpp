#include "face/tiled_pyramid.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace facenet {
namespace {

constexpr double kRate = 5.0 / 6.0;
constexpr int kLeastHeight = 5;

std::vector<Tile> levels(int width, int height) {
  std::vector<Tile> tiles{{.width = width, .height = height}};
  while (true) {
    width = static_cast<int>(std::floor(kRate * width));
    height = static_cast<int>(std::floor(kRate * height));
    if (width == 0 || height < kLeastHeight) return tiles;
    tiles.push_back({.width = width, .height = height});
  }
}

/// Where the column of tiles under the image ends: the rest goes up beside it, from the bottom,
/// once there is room and half of what remains is laid. dlib compares unsigned numbers here, among
/// which a room below zero is ample; the layout depends on it.
int first_column_height(const std::vector<Tile>& tiles, int padding) {
  int total = -2 * padding;
  for (const Tile& tile : tiles) total += tile.height + padding;
  int height = 0;
  int previous_width = 0;
  for (const Tile& tile : tiles) {
    const auto room = static_cast<unsigned>(tiles[0].width - previous_width - padding);
    const auto laid_twice = static_cast<unsigned>((height - tiles[0].height) * 2);
    const auto remaining = static_cast<unsigned>(total - tiles[0].height);
    if (static_cast<unsigned>(tile.width) <= room && laid_twice >= remaining) break;
    height += tile.height + padding;
    previous_width = tile.width;
  }
  return height - padding;
}

bool intersect(const Tile& a, const Tile& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

}  // namespace

TiledPyramid::TiledPyramid(int image_width, int image_height, int padding, int outer_padding)
    : tiles(levels(image_width, image_height)) {
  const int column = first_column_height(tiles, padding);
  width = image_width + 2 * outer_padding;
  height = column + 2 * outer_padding;

  std::size_t laid = 0;
  int y = outer_padding;
  while (y < column + outer_padding && laid < tiles.size()) {
    tiles[laid].x = outer_padding;
    tiles[laid].y = y;
    y += tiles[laid].height + padding;
    ++laid;
  }
  y -= padding;
  for (; laid < tiles.size(); ++laid) {
    Tile& tile = tiles[laid];
    tile.x = outer_padding + image_width - tile.width;
    tile.y = y - tile.height;
    if (intersect(tile, tiles[0])) break;
    y -= tile.height + padding;
  }
  tiles.resize(laid);
}

int TiledPyramid::tile_at(int x, int y) const {
  int best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const Tile& tile = tiles[i];
    const int nearest_x = std::clamp(x, tile.x, tile.x + tile.width - 1);
    const int nearest_y = std::clamp(y, tile.y, tile.y + tile.height - 1);
    const double distance = std::hypot(nearest_x - x, nearest_y - y);
    if (distance < least) {
      least = distance;
      best = static_cast<int>(i);
    }
  }
  return best;
}

double coordinate_in_image(int level, double coordinate) {
  constexpr double kGrowth = 6.0 / 5.0;  // not 1 / kRate: coordinates are rounded, often from x.5
  constexpr double kShift = 0.3;
  for (int i = 0; i < level; ++i) coordinate = coordinate * kGrowth + kShift;
  return coordinate;
}

}  // namespace facenet
