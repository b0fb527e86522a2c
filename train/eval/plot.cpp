#include "train/eval/plot.h"

#include <array>
#include <cmath>

#include "base/format.h"

namespace facenet {
namespace {

constexpr double kWidth = 640, kHeight = 440;
constexpr double kLeft = 64, kRight = 24, kTop = 40, kBottom = 52;
constexpr double kNearest = 0.25;  ///< units of the picture between points worth drawing

/// Colours that people with colour blindness tell apart (Okabe and Ito 2008).
constexpr std::array kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};

/// Share of the axis at which a value lies, 0..1 inside.
double share(const Axis& axis, double value) {
  if (axis.logarithmic) {
    return std::log(value / axis.from) / std::log(axis.to / axis.from);
  }
  return (value - axis.from) / (axis.to - axis.from);
}

double place_x(const Axis& axis, double value) {
  return kLeft + share(axis, value) * (kWidth - kLeft - kRight);
}

double place_y(const Axis& axis, double value) {
  return kHeight - kBottom - share(axis, value) * (kHeight - kTop - kBottom);
}

/// Round numbers along an axis: powers of ten, or some five steps of 1, 2 or 5 times one.
std::vector<double> ticks(const Axis& axis) {
  std::vector<double> values;
  if (axis.logarithmic) {
    const auto first = static_cast<int>(std::ceil(std::log10(axis.from) - 1e-9));
    const auto last = static_cast<int>(std::floor(std::log10(axis.to) + 1e-9));
    for (int power = first; power <= last; ++power) values.push_back(std::pow(10.0, power));
    return values;
  }
  const double rough = (axis.to - axis.from) / 5;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double step = power * (rough < 1.5 * power ? 1 : rough < 3.5 * power ? 2 : 5);
  for (double i = std::ceil(axis.from / step - 1e-9); i * step <= axis.to + 1e-9 * step; ++i) {
    values.push_back(i * step + 0.0);  // not "-0"
  }
  return values;
}

std::string text(double x, double y, const char* anchor, const std::string& content,
                 const std::string& more = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y,
                     anchor, more, xml_text(content));
}

std::string line(double x1, double y1, double x2, double y2) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", x1, y1,
                     x2, y2);
}

std::string axes(const Plot& plot) {
  const double bottom = kHeight - kBottom, right = kWidth - kRight;
  std::string lines, labels;
  for (const double value : ticks(plot.x)) {
    const double x = place_x(plot.x, value);
    lines += line(x, kTop, x, bottom);
    labels += text(x, bottom + 18, "middle", fmt::format("{:.4g}", value));
  }
  for (const double value : ticks(plot.y)) {
    const double y = place_y(plot.y, value);
    lines += line(kLeft, y, right, y);
    labels += text(kLeft - 8, y + 4, "end", fmt::format("{:.4g}", value));
  }
  labels += text((kLeft + right) / 2, kHeight - 12, "middle", plot.x.label);
  const double middle = (kTop + bottom) / 2;
  labels += text(16, middle, "middle", plot.y.label,
                 fmt::format(" transform=\"rotate(-90 16 {:.1f})\"", middle));
  return "<g stroke=\"#ddd\">\n" + lines + "</g>\n" + labels;
}

/// The corners of a series' line, in the picture's units.
std::string corners(const Plot& plot, const Series& series) {
  std::string result;
  double last_x = -HUGE_VAL, last_y = -HUGE_VAL;
  for (const PlotPoint& point : series.points) {
    const double x = place_x(plot.x, point.x), y = place_y(plot.y, point.y);
    if (!std::isfinite(x) || !std::isfinite(y) || std::hypot(x - last_x, y - last_y) < kNearest) {
      continue;
    }
    result += fmt::format("{:.2f},{:.2f} ", x, y);
    last_x = x;
    last_y = y;
  }
  return result;
}

}  // namespace

std::string xml_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string to_svg(const Plot& plot) {
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n"
      "<clipPath id=\"inside\"><rect x=\"{2}\" y=\"{3}\" width=\"{4}\" "
      "height=\"{5}\"/></clipPath>\n",
      kWidth, kHeight, kLeft, kTop, kWidth - kLeft - kRight, kHeight - kTop - kBottom);
  svg += text(kWidth / 2, 24, "middle", plot.title, " font-size=\"15\"");
  svg += axes(plot);
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    const char* colour = kColours[i % kColours.size()];
    svg += fmt::format(
        "<polyline clip-path=\"url(#inside)\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" "
        "points=\"{}\"/>\n",
        colour, corners(plot, plot.series[i]));
    if (plot.series[i].points.size() == 1) {  // a line of one corner is not to be seen
      svg += fmt::format("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"3\" fill=\"{}\"/>\n",
                         place_x(plot.x, plot.series[i].points[0].x),
                         place_y(plot.y, plot.series[i].points[0].y), colour);
    }
    const double y = kHeight - kBottom - 12 - 18 * static_cast<double>(plot.series.size() - 1 - i);
    svg += text(kWidth - kRight - 8, y, "end", plot.series[i].name,
                fmt::format(" fill=\"{}\"", colour));
  }
  return svg + "</svg>\n";
}

}  // namespace facenet
