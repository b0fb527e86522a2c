#pragma once

#include <vector>

namespace facenet {

/// One level of a pyramid on its canvas: whole pixels.
struct Tile {
  int x = 0, y = 0, width = 0, height = 0;
};

/// How dlib lays an image and its smaller copies (each five sixths of the one before) on one
/// canvas, so that one pass of a network sees them all. The networks were trained on this layout;
/// what a network says near a tile's edge depends on what lies beside it.
struct TiledPyramid {
  int width = 0, height = 0;  ///< of the canvas
  std::vector<Tile> tiles;    ///< the image, then its copies

  /// With `padding` pixels (at least one, and fewer than the image is wide) between the tiles and
  /// `outer_padding` around them (dlib::impl::compute_tiled_image_pyramid_details).
  TiledPyramid(int image_width, int image_height, int padding, int outer_padding);

  /// The tile that the canvas pixel lies in, or else is nearest to.
  int tile_at(int x, int y) const;
};

/// A coordinate in a pyramid's level, measured from the level's corner, as one of the image
/// (dlib::pyramid_down<6>::point_up).
double coordinate_in_image(int level, double coordinate);

}  // namespace facenet
