#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace facenet {

struct Point {
  float x = 0, y = 0;
};

/// Upright image pixels; x, y is the top left corner and may lie outside the image.
struct Box {
  float x = 0, y = 0, width = 0, height = 0;

  float area() const { return width * height; }
  Point centre() const { return {x + width / 2, y + height / 2}; }
};

/// Left eye, right eye, nose tip, left and right mouth corner, as they stand in the picture (the
/// left eye has the smaller x on an upright face). Whole numbers are centres of pixels here, and
/// edges of pixels in a Box.
using Landmarks = std::array<Point, 5>;

/// Where somebody is in a frame of a video.
struct Sighting {
  std::int64_t time_ms = 0;
  Box box;
};

struct Face {
  Box box;
  float score = 0;  ///< the detector's confidence, 0..1
  Landmarks landmarks;
  /// In a video, of the frame, and the frames in which the same person was seen.
  std::optional<std::int64_t> time_ms = {};
  std::vector<Sighting> sightings = {};
};

/// Whether each holds the other's centre.
bool share_centres(const Box& a, const Box& b);

/// Intersection over union, 0..1.
float overlap(const Box& a, const Box& b);

/// The same of the face and a box in its photo; in a video, with where the face was at the box's
/// time, and 0 where it was not seen then.
float overlap_at(const Face& face, const Box& box, std::optional<std::int64_t> time_ms);

/// The face in an image `factor` times as large: from a shrunken image to the full one.
Face scaled(const Face& face, float factor);

/// The larger first; equal ones by position, top to bottom, left to right, so that the order never
/// depends on how they were found.
void sort_faces(std::vector<Face>& faces);

}  // namespace facenet
