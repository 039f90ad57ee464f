#pragma once

#include <limits>
#include <string>
#include <vector>

namespace apq::report {

inline constexpr double unset = std::numeric_limits<double>::quiet_NaN();

/// What a reader should see in a series: its place in the palette, which is told apart by lightness
/// too and safe for the common colour-blindnesses (after Okabe and Ito, 2008).
enum class Tone { quiet, blue, orange, green, purple, amber, ink };

enum class Form { dots, rings, diamonds, line, dashed, step, bars };

struct Point {
  double x, y;
  double low = unset, high = unset;  ///< interval of y, drawn as whiskers
  std::string label = {};            ///< written beside the point, and in the CSV
  double x_end = unset;              ///< right edge of a bar
};

struct Series {
  std::string name;
  Form form = Form::dots;
  Tone tone = Tone::blue;
  std::vector<Point> points;
  bool at_end = false;  ///< the name stands at the end of the line instead of in the legend
};

struct AxisSpec {
  std::string title;  ///< with unit
  bool logarithmic = false;
  double low = unset, high = unset;  ///< fixed range instead of that of the data
};

/// One figure. Drawn as SVG in page units, so that a text of 13 units is readable at its own width.
struct Chart {
  std::string name;         ///< of its files: figures/NAME.svg and .csv
  std::string description;  ///< for readers who do not see it
  AxisSpec x, y;
  std::vector<Series> series;
  std::vector<double> limits;  ///< dashed verticals
  bool diagonal = false;       ///< the line y = x
  bool legend = true;
};

struct Size {
  int width, height;
};

/// The figure to stand in a page that has `chart_style()`. Empty series are left out.
std::string inline_svg(Chart const& chart, Size size);
/// The same as a file of its own, with its style and background.
std::string standalone_svg(Chart const& chart, Size size);
/// All points in long form: series,x,y,low,high,label with the axis titles in the header.
std::string csv_of(Chart const& chart);
/// CSS of the marks, for light and dark.
std::string chart_style();

}  // namespace apq::report
