// Our own: pugixml and TinyXML-2, which were looked at, want a tree of nodes first and draw no charts; ctemplate is one
// more library to load and a language of its own; Debian 12 has no Inja.
#include "tito/ui/html.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "tito/ui/screen.hpp"
#include "tito/ui/style.hpp"

namespace tito::html {
namespace {

constexpr std::size_t colors = 5;

// How the lines of a chart are told apart without colour.
constexpr std::array<const char*, colors> dashes{"", "7 4", "2 3", "10 3 2 3", "4 2"};

std::string line_style(std::size_t curve) {
  const std::size_t kind = curve % colors;
  std::string style = fmt::format("class=\"line c{}\"", kind);
  if (kind > 0) style += fmt::format(" stroke-dasharray=\"{}\"", dashes[kind]);
  return style;
}

std::string key_of(const Chart& chart) {
  std::string key = "<ul class=\"key\">";
  for (std::size_t i = 0; i < chart.curves.size(); ++i) {
    const Curve& curve = chart.curves[i];
    key += fmt::format(
        "<li><svg viewBox=\"0 0 28 8\" width=\"28\" height=\"8\" aria-hidden=\"true\"><path d=\"M0 4h28\" "
        "{}/></svg> {} <span class=\"quiet\">ends at {}</span></li>",
        line_style(i), escaped(curve.name.empty() ? chart.name : curve.name),
        data(fmt::format("{}", curve.points.back().second), tito::figure(curve.points.back().second, "")));
  }
  return key + "</ul>";
}

// What the picture says, in words.
std::string description_of(const Chart& chart) {
  std::string text = "Line chart of " + chart.name;
  if (!chart.y.empty()) text += " (" + chart.y + ")";
  if (!chart.x.empty()) text += " over " + chart.x;
  for (const Curve& curve : chart.curves) {
    const auto low = std::min_element(curve.points.begin(), curve.points.end(),
                                      [](const auto& a, const auto& b) { return a.second < b.second; });
    text += fmt::format("; {}from {} to {}, lowest {}", curve.name.empty() ? "" : curve.name + ": ",
                        tito::figure(curve.points.front().second, ""), tito::figure(curve.points.back().second, ""),
                        tito::figure(low->second, ""));
  }
  return text + ".";
}

}  // namespace

const char* const generator = "<meta name=\"generator\" content=\"tito report\" />";

std::string data(const std::string& exact, const std::string& shown) {
  return "<data value=\"" + escaped(exact) + "\">" + escaped(shown) + "</data>";
}

std::string time(const std::string& utc) {
  static constexpr std::array<const char*, 12> months{"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
  const bool plain = utc.size() == 20 && utc[4] == '-' && utc[7] == '-' && utc[10] == 'T' && utc[19] == 'Z' &&
                     std::all_of(utc.begin(), utc.end(), [](char c) {
                       return (c >= '0' && c <= '9') || c == '-' || c == ':' || c == 'T' || c == 'Z';
                     });
  const int month = plain && utc[5] != '-' && utc[6] != '-' ? (utc[5] - '0') * 10 + (utc[6] - '0') : 0;
  if (month < 1 || month > 12) return escaped(utc);
  const std::string day = utc[8] == '0' ? utc.substr(9, 1) : utc.substr(8, 2);
  return fmt::format("<time datetime=\"{0}\">{1} {2} {3}, {4} UTC</time>", escaped(utc), escaped(day),
                     months[static_cast<std::size_t>(month - 1)], utc.substr(0, 4), escaped(utc.substr(11, 5)));
}

std::string state(const std::string& name) {
  const bool good = name == "done" || name == "passed" || name == "met";
  const bool bad = name == "missed";
  const bool warn = name == "stale";
  const char* mark = good ? "✓" : bad ? "✗" : warn ? "!" : name == "ready" ? "→" : "·";
  return fmt::format("<span class=\"state {}\"><span aria-hidden=\"true\">{}</span> {}</span>",
                     good   ? "good"
                     : bad  ? "bad"
                     : warn ? "warn"
                            : "neutral",
                     mark, escaped(name));
}

std::string pairs(const std::vector<std::pair<std::string, std::string>>& rows) {
  if (rows.empty()) return "";
  std::string list = "<dl>";
  for (const auto& [name, value] : rows) list += "<div><dt>" + name + "</dt><dd>" + value + "</dd></div>";
  return list + "</dl>\n";
}

std::string table(const Table& table) {
  std::string text = fmt::format(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
      "aria-label=\"{0}\"><table><caption>{0}</caption>\n<thead><tr>",
      escaped(table.caption));
  for (const std::string& name : table.head) text += "<th scope=\"col\">" + name + "</th>";
  text += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    text += "<tr><th scope=\"row\">" + row.front() + "</th>";
    for (std::size_t i = 1; i < row.size(); ++i) text += "<td>" + row[i] + "</td>";
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

std::string figure(const Chart& chart, const std::string& title) {
  constexpr double width = 360, height = 200, left = 44, top = 12, right = 12, bottom = 40;
  constexpr double wide = width - left - right, high = height - top - bottom;
  const Scale x = scale_of_x(chart, 4), y = scale_of_y(chart, 4);
  const auto at_x = [&](double value) { return left + x.place(value) * wide; };
  const auto at_y = [&](double value) { return top + (1 - y.place(value)) * high; };
  std::string text = fmt::format(
      "<figure><figcaption>{}</figcaption>\n<svg class=\"chart\" viewBox=\"0 0 {:g} {:g}\" role=\"img\" "
      "aria-label=\"{}\">",
      escaped(chart.name + (chart.y.empty() ? "" : " (" + chart.y + ")")), width, height,
      escaped(title + ". " + description_of(chart)));
  for (const double mark : y.marks) {
    text += fmt::format("<path class=\"grid\" d=\"M{:g} {:.1f}h{:g}\"/>", left, at_y(mark), wide);
    text += fmt::format("<text x=\"{:g}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", left - 6, at_y(mark) + 4,
                        escaped(y.text(mark)));
  }
  for (const double mark : x.marks) {
    text += fmt::format("<path class=\"axis\" d=\"M{:.1f} {:g}v4\"/>", at_x(mark), top + high);
    text += fmt::format("<text x=\"{:.1f}\" y=\"{:g}\" text-anchor=\"middle\">{}</text>", at_x(mark), top + high + 16,
                        escaped(x.text(mark)));
  }
  text += fmt::format("<path class=\"axis\" d=\"M{:g} {:g}v{:g}h{:g}\"/>", left, top, high, wide);
  if (!chart.x.empty()) {
    text += fmt::format("<text x=\"{:g}\" y=\"{:g}\" text-anchor=\"middle\">{}</text>", left + wide / 2, height - 6,
                        escaped(chart.x));
  }
  for (std::size_t i = 0; i < chart.curves.size(); ++i) {
    std::string points;
    for (const auto& [px, py] : chart.curves[i].points)
      points += fmt::format("{}{:.1f},{:.1f}", points.empty() ? "" : " ", at_x(px), at_y(py));
    text += fmt::format("<polyline points=\"{}\" {}/>", points, line_style(i));
  }
  return text + "</svg>\n" + key_of(chart) + "</figure>\n";
}

std::string bar(const std::vector<Part>& parts, const std::string& description) {
  constexpr double width = 360;
  std::string text = fmt::format("<svg class=\"bar\" viewBox=\"0 0 {:g} 20\" role=\"img\" aria-label=\"{}\">", width,
                                 escaped(description));
  double at = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const double wide = std::clamp(parts[i].share, 0.0, 1.0) * width;
    text += fmt::format("<rect class=\"b{}\" x=\"{:.2f}\" y=\"0\" width=\"{:.2f}\" height=\"20\"/>", i % colors, at,
                        std::max(0.0, wide - 1));
    at += wide;
  }
  text += "</svg>\n<ul class=\"key\">";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    text += fmt::format(
        "<li><svg viewBox=\"0 0 14 14\" width=\"14\" height=\"14\" aria-hidden=\"true\"><rect class=\"b{}\" "
        "width=\"14\" height=\"14\"/></svg> {}</li>",
        i % colors, escaped(parts[i].name));
  }
  return text + "</ul>\n";
}

std::string page(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
      "<meta name=\"color-scheme\" content=\"light dark\" />\n{}\n<link rel=\"icon\" href=\"data:,\" />\n"
      "<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
      generator, escaped(title), style_sheet, body);
}

}  // namespace tito::html
