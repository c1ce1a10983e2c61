#include "tito/ui/curve.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "tito/ui/markup.hpp"

namespace tito {
namespace {

constexpr double largest_value = 1e30;  // what lies beyond is no curve that anybody can read

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

Range range_of(const Chart& chart, double std::pair<double, double>::*coordinate) {
  Range range;
  for (const Curve& curve : chart.curves) {
    for (const auto& point : curve.points) {
      range.low = std::min(range.low, point.*coordinate);
      range.high = std::max(range.high, point.*coordinate);
    }
  }
  // Zero belongs into the picture unless the values are far from it.
  if (range.low > 0 && range.low < 0.5 * range.high) range.low = 0;
  if (!(range.high - range.low > 1e-12 * std::abs(range.high))) {
    const double around = range.high == 0 ? 1 : std::abs(range.high) / 10;
    if (range.low != 0) range.low -= around;
    range.high += around;
  }
  return range;
}

// Calls `set` for every cell on the way from one to another.
void walk_line(int x0, int y0, int x1, int y1, const std::function<void(int, int)>& set) {
  const int dx = std::abs(x1 - x0), dy = -std::abs(y1 - y0);
  const int sx = x0 < x1 ? 1 : -1, sy = y0 < y1 ? 1 : -1;
  for (int error = dx + dy;;) {
    set(x0, y0);
    if (x0 == x1 && y0 == y1) return;
    const int doubled = 2 * error;
    if (doubled >= dy) error += dy, x0 += sx;
    if (doubled <= dx) error += dx, y0 += sy;
  }
}

// The area between the axes as cells of text, filled curve by curve.
class Canvas {
 public:
  Canvas(int columns, int rows, bool braille)
      : columns_(columns), rows_(rows), braille_(braille), cells_(static_cast<std::size_t>(columns * rows)) {}

  void add(const Curve& curve, const Scale& x, const Scale& y, std::size_t number) {
    const int wide = columns_ * (braille_ ? 2 : 1) - 1, high = rows_ * (braille_ ? 4 : 1) - 1;
    const auto set = [&](int column, int row) { mark(column, high - row, number); };
    int last_column = -1, last_row = 0;
    for (const auto& [at, value] : curve.points) {
      const int column = static_cast<int>(std::lround(std::clamp(x.place(at), 0.0, 1.0) * wide));
      const int row = static_cast<int>(std::lround(std::clamp(y.place(value), 0.0, 1.0) * high));
      if (last_column < 0) set(column, row);
      else walk_line(last_column, last_row, column, row, set);
      last_column = column;
      last_row = row;
    }
  }

  std::string row(int row, const Screen& screen) const {
    std::string text;
    for (int column = 0; column < columns_; ++column) {
      const Cell& cell = cells_[static_cast<std::size_t>(row * columns_ + column)];
      text +=
          cell.dots == 0 ? " " : screen.paint(style_of(cell.curve), braille_ ? braille(cell.dots) : letter(cell.curve));
    }
    return text;
  }

  static Style style_of(std::size_t curve) {
    constexpr std::array styles{Style::accent, Style::warn, Style::good, Style::bad};
    return styles[curve % styles.size()];
  }

 private:
  struct Cell {
    unsigned dots = 0;
    std::size_t curve = 0;
  };

  void mark(int column, int row, std::size_t curve) {
    // The dots of a Braille cell as Unicode numbers them: two columns, four rows.
    constexpr std::array<std::array<unsigned, 2>, 4> bits{{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
    const auto r = static_cast<std::size_t>(row), c = static_cast<std::size_t>(column);
    Cell& cell = braille_ ? cells_[r / 4 * static_cast<std::size_t>(columns_) + c / 2]
                          : cells_[r * static_cast<std::size_t>(columns_) + c];
    cell.dots |= braille_ ? bits[r % 4][c % 2] : 1U;
    cell.curve = curve;
  }

  static std::string braille(unsigned dots) {
    const unsigned code = 0x2800U + dots;
    return {static_cast<char>(0xE0U | code >> 12U), static_cast<char>(0x80U | (code >> 6U & 0x3FU)),
            static_cast<char>(0x80U | (code & 0x3FU))};
  }

  static std::string letter(std::size_t curve) { return std::string(1, "*o+x#"[curve % 5]); }

  int columns_;
  int rows_;
  bool braille_;
  std::vector<Cell> cells_;
};

// Where the curves' names stand at the right: row -> curve. Each as near to its end as the others leave room.
std::vector<std::pair<int, std::size_t>> name_rows(const Chart& chart, const Scale& y, int rows) {
  std::vector<std::pair<int, std::size_t>> places;
  if (chart.curves.size() < 2) return places;
  for (std::size_t i = 0; i < chart.curves.size(); ++i) {
    const double end = std::clamp(y.place(chart.curves[i].points.back().second), 0.0, 1.0);
    places.emplace_back(rows - 1 - static_cast<int>(std::lround(end * (rows - 1))), i);
  }
  std::sort(places.begin(), places.end());
  for (std::size_t i = 1; i < places.size(); ++i) places[i].first = std::max(places[i].first, places[i - 1].first + 1);
  int room = rows - 1;
  for (auto place = places.rbegin(); place != places.rend(); ++place, --room)
    place->first = std::min(place->first, room);
  return places;
}

// What stands at the right end of a curve; one that ends early says where.
std::string name_at_end(const Curve& curve, const Scale& x) {
  const double end = curve.points.back().first;
  return x.place(end) > 0.95 ? curve.name : fmt::format("{} (to {:g})", curve.name, end);
}

std::string padded_left(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

// The marks of the x axis as one line, and what it shows at its end if there is room.
std::string marks_below(const Scale& x, int columns, const std::string& name) {
  std::string line(static_cast<std::size_t>(columns), ' ');
  std::size_t free_from = 0;
  for (const double mark : x.marks) {
    const std::string text = x.text(mark);
    const auto middle = static_cast<std::size_t>(std::lround(x.place(mark) * (columns - 1)));
    std::size_t at = middle > text.size() / 2 ? middle - text.size() / 2 : 0;
    at = std::min(at, line.size() - std::min(line.size(), text.size()));
    if (at < free_from || at + text.size() > line.size()) continue;
    line.replace(at, text.size(), text);
    free_from = at + text.size() + 1;
  }
  return name.empty() ? line : line + "  " + name;
}

}  // namespace

Scale scale_of_x(const Chart& chart, int wanted) {
  const Range range = range_of(chart, &std::pair<double, double>::first);
  Scale scale{range.low, range.high, {}};
  for (const double mark : round_marks(range.low, range.high, wanted)) {
    if (mark >= range.low && mark <= range.high) scale.marks.push_back(mark);
  }
  return scale;
}

Scale scale_of_y(const Chart& chart, int wanted) {
  const Range range = range_of(chart, &std::pair<double, double>::second);
  const std::vector<double> marks = round_marks(range.low, range.high, wanted);
  return {marks.front(), marks.back(), marks};
}

std::string title_of(const Chart& chart) {
  std::string text = chart.name;
  if (!chart.y.empty()) text += " (" + chart.y + ")";
  if (chart.curves.size() != 1) return text;
  const auto& points = chart.curves[0].points;
  return text + ", from " + figure(points.front().second, "") + " to " + figure(points.back().second, "");
}

std::vector<Chart> charts_of(const std::vector<Curve>& curves, const std::vector<Axes>& axes) {
  std::vector<Chart> charts;
  for (const Curve& curve : curves) {
    const std::size_t colon = curve.name.find(": ");
    const std::string name = curve.name.substr(0, colon);
    Curve kept{colon == std::string::npos ? "" : curve.name.substr(colon + 2), {}};
    for (const auto& [x, y] : curve.points) {
      if (std::abs(x) <= largest_value && std::abs(y) <= largest_value) kept.points.emplace_back(x, y);
    }
    if (kept.points.size() < 2) continue;
    auto chart = std::find_if(charts.begin(), charts.end(), [&](const Chart& known) { return known.name == name; });
    if (chart == charts.end()) chart = charts.insert(charts.end(), Chart{name, "", "", {}});
    chart->curves.push_back(std::move(kept));
  }
  for (Chart& chart : charts) {
    for (const Axes& named : axes) {
      if (named.chart == chart.name) chart.x = named.x, chart.y = named.y;
    }
  }
  return charts;
}

std::vector<double> round_marks(double low, double high, int wanted) {
  const double rough = (high - low) / std::max(wanted, 1);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= rough * (1 - 1e-9)) step = factor * power;
  }
  if (!(step > 0) || !std::isfinite(step) || low + step == low) return {low, high};
  std::vector<double> marks;
  const double first = std::floor(low / step + 1e-9);
  for (int i = 0; i < 1000; ++i) {
    marks.push_back((first + i) * step);
    if (marks.back() >= high - 1e-9 * step) break;
  }
  return marks;
}

std::string mark_text(double value, double step) {
  if (std::abs(value) < 1e-9 * step) return "0";
  if (step >= 1e9 || step < 1e-4) return fmt::format("{:.3g}", value);
  if (step >= 1000)
    return std::abs(value) >= 1e6 ? fmt::format("{:g}M", value / 1e6) : fmt::format("{:g}k", value / 1e3);
  if (step >= 1) return fmt::format("{:.0f}", value);
  return fmt::format("{:.{}f}", value, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
}

std::vector<std::string> draw(const Chart& chart, const Screen& screen) {
  constexpr int rows = 11, widest = 100, narrowest = 16;
  const bool utf8 = screen.is_utf8();
  const Scale y = scale_of_y(chart, 4);
  std::size_t margin = 0, name_width = 0;
  for (const double mark : y.marks) margin = std::max(margin, y.text(mark).size());
  if (chart.curves.size() > 1) {
    for (const Curve& curve : chart.curves)
      name_width = std::max(name_width, name_at_end(curve, scale_of_x(chart, 2)).size());
  }
  const int width = std::min(screen.width() - 1, widest);
  name_width = std::min(name_width, static_cast<std::size_t>(std::max(width / 3, 8)));
  const std::size_t right = std::max(name_width, std::min<std::size_t>(chart.x.size(), 12));
  const int columns = std::max(narrowest, width - static_cast<int>(margin + right) - 6);
  const Scale x = scale_of_x(chart, std::clamp(columns / 12, 2, 6));

  Canvas canvas(columns, rows, utf8);
  for (std::size_t i = 0; i < chart.curves.size(); ++i) canvas.add(chart.curves[i], x, y, i);
  std::vector<std::string> row_marks(rows), row_names(rows);
  for (const double mark : y.marks) {
    row_marks[static_cast<std::size_t>(rows - 1 - std::lround(y.place(mark) * (rows - 1)))] = y.text(mark);
  }
  for (const auto& [row, curve] : name_rows(chart, y, rows)) {
    if (row < 0) continue;
    row_names[static_cast<std::size_t>(row)] =
        " " + screen.paint(Canvas::style_of(curve), shortened(name_at_end(chart.curves[curve], x), name_width));
  }
  std::vector<std::string> lines{"  " + screen.paint(Style::bold, title_of(chart))};
  for (std::size_t row = 0; row < rows; ++row) {
    const bool marked = !row_marks[row].empty();
    const std::string axis = utf8 ? (marked ? "┤" : "│") : (marked ? "+" : "|");
    lines.push_back("  " + padded_left(row_marks[row], margin) + " " + axis +
                    canvas.row(static_cast<int>(row), screen) + row_names[row]);
  }
  std::string base = utf8 ? "└" : "+";
  for (int column = 0; column < columns; ++column) base += utf8 ? "─" : "-";
  lines.push_back(std::string(margin + 3, ' ') + base);
  lines.push_back(std::string(margin + 4, ' ') + marks_below(x, columns, chart.x));
  return lines;
}

std::string svg_of(const Chart& chart, const std::string& title) {
  // Grey and colours of middle lightness: at least 4:1 against white and against black.
  constexpr const char* grey = "#767676";
  constexpr std::array colors{"#2b7bba", "#c8641e", "#258a4a", "#9467bd", "#d64545"};
  constexpr std::array dashes{"", "7 4", "2 3", "10 3 2 3", "4 2"};
  constexpr double width = 720, height = 400, left = 70, top = 64, bottom = 56;
  const double right = chart.curves.size() > 1 ? 170 : 24;
  const double wide = width - left - right, high = height - top - bottom;
  const Scale x = scale_of_x(chart, 6), y = scale_of_y(chart, 5);
  const auto at_x = [&](double value) { return left + x.place(value) * wide; };
  const auto at_y = [&](double value) { return top + (1 - y.place(value)) * high; };

  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:g} {1:g}\" width=\"{0:g}\" height=\"{1:g}\" "
      "role=\"img\" "
      "font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"{2}\">\n<title>{3}: {4}</title>\n",
      width, height, grey, escaped(title), escaped(title_of(chart)));
  svg += fmt::format("<text x=\"16\" y=\"26\" font-size=\"16\" font-weight=\"600\">{}</text>\n", escaped(title));
  svg += fmt::format("<text x=\"16\" y=\"47\">{}</text>\n", escaped(title_of(chart)));
  for (const double mark : y.marks) {
    svg += fmt::format("<path d=\"M{0:g} {1:.1f}h{2:g}\" stroke=\"{3}\" stroke-opacity=\"0.35\"/>", left, at_y(mark),
                       wide, grey);
    svg += fmt::format("<text x=\"{:g}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left - 8, at_y(mark) + 4.5,
                       y.text(mark));
  }
  for (const double mark : x.marks) {
    svg += fmt::format("<path d=\"M{:.1f} {:g}v6\" stroke=\"{}\"/>", at_x(mark), top + high, grey);
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:g}\" text-anchor=\"middle\">{}</text>\n", at_x(mark), top + high + 21,
                       x.text(mark));
  }
  svg +=
      fmt::format("<path d=\"M{0:g} {1:g}v{2:g}h{3:g}\" fill=\"none\" stroke=\"{4}\"/>\n", left, top, high, wide, grey);
  if (!chart.x.empty()) {
    svg += fmt::format("<text x=\"{:g}\" y=\"{:g}\" text-anchor=\"middle\">{}</text>\n", left + wide / 2, height - 14,
                       escaped(chart.x));
  }
  for (std::size_t i = 0; i < chart.curves.size(); ++i) {
    std::string points;
    for (const auto& [px, py] : chart.curves[i].points)
      points += fmt::format("{}{:.1f},{:.1f}", points.empty() ? "" : " ", at_x(px), at_y(py));
    svg +=
        fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-linejoin=\"round\"",
                    points, colors[i % colors.size()]);
    if (i > 0) svg += fmt::format(" stroke-dasharray=\"{}\"", dashes[i % dashes.size()]);
    svg += "/>\n";
  }
  constexpr int label_rows = 16;
  for (const auto& [row, i] : name_rows(chart, y, label_rows)) {
    svg += fmt::format("<text x=\"{:g}\" y=\"{:.1f}\" fill=\"{}\">{}</text>\n", left + wide + 8,
                       top + high * row / (label_rows - 1) + 4.5, colors[i % colors.size()],
                       escaped(shortened(name_at_end(chart.curves[i], x), 24)));
  }
  return svg + "</svg>\n";
}

}  // namespace tito
