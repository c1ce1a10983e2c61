// Measured curves as pictures: in the terminal, and as SVG.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tito/system/measure.hpp"
#include "tito/ui/screen.hpp"

namespace tito {

// Curves that share one pair of axes.
struct Chart {
  std::string name;  // "loss"
  std::string x;     // what the axes show; may be empty
  std::string y;
  std::vector<Curve> curves;  // named without the chart's name; the only one of a chart may have no name
};

// The curves by the charts that their names say: what stands before ": ", or the whole name. Curves of fewer than two
// points are left out.
std::vector<Chart> charts_of(const std::vector<Curve>& curves, const std::vector<Axes>& axes);

// The values to be marked on an axis that shows low .. high: about `wanted` round numbers, the first not above low and
// the last not below high.
std::vector<double> round_marks(double low, double high, int wanted);

// A figure at an axis: "0.5", "20k", "1.2M". `step` is the distance between two of them.
std::string mark_text(double value, double step);

// What an axis shows, and where it is marked.
struct Scale {
  double low = 0;
  double high = 1;
  std::vector<double> marks;

  double place(double value) const { return (value - low) / (high - low); }  // 0 at low, 1 at high
  double step() const { return marks.size() > 1 ? marks[1] - marks[0] : 1; }
  std::string text(double mark) const { return mark_text(mark, step()); }
};

// An axis that ends at the last point, with the marks inside; one that ends at marks. About `wanted` marks.
Scale scale_of_x(const Chart& chart, int wanted);
Scale scale_of_y(const Chart& chart, int wanted);

// "loss (cross-entropy), from 2.3 to 0.1"
std::string title_of(const Chart& chart);

// The chart as lines of text that fit into the screen's width, with marked axes: Braille dots where the locale is
// UTF-8, else ASCII. Several curves are named at their right ends.
std::vector<std::string> draw(const Chart& chart, const Screen& screen);

// The chart as a picture of its own: no outside resources, legible on light and dark backgrounds.
std::string svg_of(const Chart& chart, const std::string& title);

}  // namespace tito
