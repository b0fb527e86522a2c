#pragma once

#include <string>
#include <vector>

namespace facenet {

struct PlotPoint {
  double x, y;
};

/// A line of a plot.
struct Series {
  std::string name;
  std::vector<PlotPoint> points;  ///< x rising
};

struct Axis {
  std::string label;
  double from = 0, to = 1;
  bool logarithmic = false;
};

struct Plot {
  std::string title;
  Axis x, y;
  std::vector<Series> series;
};

/// The plot as an SVG document that needs nothing else to be shown. What lies outside the axes is
/// cut off; of points closer together than the picture can show, one stands for all.
std::string to_svg(const Plot& plot);

/// The text with &, <, > and quotes as XML and HTML need them.
std::string xml_text(const std::string& text);

}  // namespace facenet
