#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace facenet {

/// A face that a person, or a program for photos, has marked in a photo's metadata. The place is in
/// fractions of the picture's width and height.
struct FaceRegion {
  std::string name{};  ///< UTF-8, one line; empty: whose face it is was not said
  double x = 0, y = 0, width = 0, height = 0;  ///< x, y: the top left corner

  friend bool operator==(const FaceRegion&, const FaceRegion&) = default;
};

/// All regions of one photo.
struct FaceRegions {
  /// The size of the picture that they were drawn on, in pixels; 0: not said.
  int width = 0, height = 0;
  std::vector<FaceRegion> regions{};

  friend bool operator==(const FaceRegions&, const FaceRegions&) = default;
};

/// Regions are kept for the picture as it is stored, before EXIF's orientation (1 to 8) turns it
/// (Metadata Working Group, Guidelines for Handling Image Metadata 2.0, 5.9). These two lead from
/// there to the upright picture, and back.
FaceRegion to_upright(const FaceRegion& stored, int orientation);
FaceRegion to_stored(const FaceRegion& upright, int orientation);

/// Intersection over union, 0 to 1.
double overlap(const FaceRegion& a, const FaceRegion& b);

/// A line each, for a process that reads what a stranger wrote to tell it to another.
std::string to_lines(const FaceRegions& regions);
/// Throws Error for lines that to_lines() does not write.
FaceRegions regions_of_lines(std::string_view lines);

}  // namespace facenet
