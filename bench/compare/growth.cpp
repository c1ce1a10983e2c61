#include "bench/compare/growth.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace bench {

namespace {

// Grey and colours of middle lightness: at least 4:1 against white and against black.
constexpr const char* grey = "#767676";
constexpr const char* our_colour = "#2b7bba";
constexpr const char* peer_colour = "#c8641e";

constexpr double panel_width = 356, plot_left = 52, plot_width = 168, plot_top = 92, plot_height = 300;
constexpr double picture_height = plot_top + plot_height + 74;
constexpr double label_height = 15;

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') result += "&amp;";
    else if (c == '<') result += "&lt;";
    else result += c;
  }
  return result;
}

std::string short_figure(double value) {
  if (value >= 1e6) return fmt::format("{:.3g}M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.3g}k", value / 1e3);
  return fmt::format("{:.3g}", value);
}

// A logarithmic axis.
struct Axis {
  double low = 1;
  double high = 10;
  double position(double value) const { return std::log(value / low) / std::log(high / low); }
};

// A line of one panel.
struct Line {
  std::string name;
  const char* colour = grey;
  bool dashed = false;
  struct Point {
    double batch, median, min, max;
  };
  std::vector<Point> points;
};

std::vector<Line> lines_of(const json& points, const std::string& network) {
  std::vector<Line> lines;
  for (const auto& [key, who, colour] :
       {std::tuple{"ours", "ours", our_colour}, std::tuple{"tuned", "libtorch", peer_colour}}) {
    std::vector<int> counts;
    for (const json& point : points) {
      if (point.at("network") == network) counts.push_back(point.at("threads"));
    }
    std::sort(counts.begin(), counts.end(), std::greater<>());
    counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
    for (const int threads : counts) {
      Line line{fmt::format("{}, {} thread{}", who, threads, threads == 1 ? "" : "s"), colour, threads == 1, {}};
      for (const json& point : points) {
        if (point.at("network") != network || point.at("threads") != threads) continue;
        const json& series = point.at("series");
        if (!series.contains(key)) continue;
        line.points.push_back(
            {point.at("batch"), series[key].at("median"), series[key].at("min"), series[key].at("max")});
      }
      std::sort(line.points.begin(), line.points.end(), [](const auto& a, const auto& b) { return a.batch < b.batch; });
      if (!line.points.empty()) lines.push_back(line);
    }
  }
  return lines;
}

// The axis that ends at 1, 2 or 5 times a power of ten.
Axis axis_around(const std::vector<Line>& lines) {
  double low = 1e30, high = 0;
  for (const Line& line : lines) {
    for (const auto& point : line.points) low = std::min(low, point.min), high = std::max(high, point.max);
  }
  const auto rounded = [](double value, bool up) {
    const double power = std::pow(10.0, std::floor(std::log10(value)));
    double best = up ? 10 * power : power;
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double mark = factor * power;
      if (up && mark >= value) best = std::min(best, mark);
      if (!up && mark <= value) best = std::max(best, mark);
    }
    return best;
  };
  return {rounded(low, false), rounded(high, true)};
}

std::vector<double> marks_of(const Axis& axis) {
  std::vector<double> marks;
  const bool wide = axis.high / axis.low > 200;  // then only the powers of ten
  for (double power = 1; power <= axis.high * 1.001; power *= 10) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double mark = factor * power;
      if ((!wide || factor == 1) && mark >= axis.low * 0.999 && mark <= axis.high * 1.001) marks.push_back(mark);
    }
  }
  return marks;
}

// Where the labels stand: each as near to its line's end as the others leave room.
std::vector<double> label_places(const std::vector<Line>& lines, const Axis& y) {
  std::vector<std::pair<double, std::size_t>> positions;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    positions.emplace_back(plot_top + (1 - y.position(lines[i].points.back().median)) * plot_height, i);
  }
  std::sort(positions.begin(), positions.end());
  for (std::size_t i = 1; i < positions.size(); ++i) {
    positions[i].first = std::max(positions[i].first, positions[i - 1].first + label_height);
  }
  double room = plot_top + plot_height;
  for (auto position = positions.rbegin(); position != positions.rend(); ++position, room -= label_height) {
    position->first = std::min(position->first, room);
  }
  std::vector<double> result(lines.size());
  for (const auto& [position, i] : positions) result[i] = position;
  return result;
}

std::string panel(const std::string& network, const std::vector<Line>& lines, double left) {
  const Axis y = axis_around(lines), x{1, 512};
  const auto at_x = [&](double value) { return left + plot_left + x.position(value) * plot_width; };
  const auto at_y = [&](double value) { return plot_top + (1 - y.position(value)) * plot_height; };
  const double bottom = plot_top + plot_height;
  std::string svg = fmt::format("<text x=\"{:g}\" y=\"{:g}\" font-weight=\"600\">{}</text>\n", left + plot_left,
                                plot_top - 14, network);
  for (const double mark : marks_of(y)) {
    svg += fmt::format(
        "<path d=\"M{:g} {:.1f}h{:g}\" stroke=\"{}\" stroke-opacity=\"0.35\"/>"
        "<text x=\"{:g}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
        left + plot_left, at_y(mark), plot_width, grey, left + plot_left - 7, at_y(mark) + 4.5, short_figure(mark));
  }
  for (const int batch : {1, 8, 64, 512}) {
    svg += fmt::format(
        "<path d=\"M{0:.1f} {1:g}v6\" stroke=\"{2}\"/>"
        "<text x=\"{0:.1f}\" y=\"{3:g}\" text-anchor=\"middle\">{4}</text>\n",
        at_x(batch), bottom, grey, bottom + 21, batch);
  }
  svg += fmt::format("<path d=\"M{:g} {:g}v{:g}h{:g}\" fill=\"none\" stroke=\"{}\"/>\n", left + plot_left, plot_top,
                     plot_height, plot_width, grey);
  svg += fmt::format("<text x=\"{:g}\" y=\"{:g}\" text-anchor=\"middle\">batch</text>\n",
                     left + plot_left + plot_width / 2, bottom + 40);
  const std::vector<double> labels = label_places(lines, y);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line& line = lines[i];
    std::string polyline;
    for (const auto& point : line.points) {
      polyline += fmt::format("{:.1f},{:.1f} ", at_x(point.batch), at_y(point.median));
      svg += fmt::format("<path d=\"M{:.1f} {:.1f}V{:.1f}\" stroke=\"{}\" stroke-opacity=\"0.5\"/>", at_x(point.batch),
                         at_y(point.min), at_y(point.max), line.colour);
    }
    svg += fmt::format("\n<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{}/>\n", polyline,
                       line.colour, line.dashed ? " stroke-dasharray=\"6 4\"" : "");
    const double end_x = at_x(line.points.back().batch), end_y = at_y(line.points.back().median);
    svg += fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"{}\" stroke-opacity=\"0.6\"/>", end_x + 2,
                       end_y, left + plot_left + plot_width + 10, labels[i], line.colour);
    svg += fmt::format("<text x=\"{:g}\" y=\"{:.1f}\" fill=\"{}\">{}</text>\n", left + plot_left + plot_width + 13,
                       labels[i] + 4, line.colour, line.name);
  }
  return svg;
}

}  // namespace

std::string growth_svg(const json& points, const std::string& peer, const std::string& machine) {
  std::vector<std::pair<std::string, std::vector<Line>>> panels;
  for (const char* network : growth_networks) {
    std::vector<Line> lines = lines_of(points, network);
    if (!lines.empty()) panels.emplace_back(network, std::move(lines));
  }
  const double width = std::max<double>(2, static_cast<double>(panels.size())) * panel_width;
  const std::string title = "Training, samples per second, by the size of the batch";
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:g} {1:g}\" width=\"{0:g}\" height=\"{1:g}\" "
      "role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"{2}\">\n<title>{3}</title>\n",
      width, picture_height, grey, title);
  svg += fmt::format("<text x=\"16\" y=\"26\" font-size=\"16\" font-weight=\"600\">{}</text>\n", title);
  svg += fmt::format("<text x=\"16\" y=\"47\">{}</text>\n", escaped((peer.empty() ? "Ours alone" : "Ours and " + peer) +
                                                                    "; medians, bars from lowest to highest"));
  for (std::size_t i = 0; i < panels.size(); ++i) {
    svg += panel(panels[i].first, panels[i].second, static_cast<double>(i) * panel_width);
  }
  svg += fmt::format("<text x=\"16\" y=\"{:g}\">{}</text>\n", picture_height - 10, escaped(machine));
  return svg + "</svg>\n";
}

}  // namespace bench
