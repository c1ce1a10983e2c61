// Our own: Debian 12 has libraries that read or render SVG (librsvg), or draw to it without classes for a style sheet
// (cairo), and none in C++ for writing it.
#include "tito/ui/arcs.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "tito/ui/markup.hpp"

namespace tito {
namespace {

// Of middle lightness: at least 4:1 against white and against black.
constexpr const char* grey = "#767676";
constexpr std::array colours{"#258a4a", "#c8641e", "#d64545"};
constexpr std::array dashes{"", "8 5", "2 4"};

constexpr double step = 96;  // from stop to stop
constexpr double margin = 56;
constexpr double flatness = 0.62;  // an arc's height by its half width
constexpr double head = 84;        // title, summary and key

class Drawing {
 public:
  explicit Drawing(const ArcDiagram& diagram) : diagram_(diagram) {
    double above = 60, below = 0;
    for (const Arc& arc : diagram.arcs) {
      double& room = arc.kind == ArcKind::wrong ? below : above;
      room = std::max(room, height_of(arc) + 12);
    }
    line_ = head + above;
    height_ = line_ + 62 + below;
    width_ = 2 * margin + step * static_cast<double>(std::max<std::size_t>(diagram.stops.size(), 6) - 1);
  }

  std::string draw() const {
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:g} {1:g}\" width=\"{0:g}\" height=\"{1:g}\" "
        "role=\"img\" "
        "font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"{2}\">\n<title>{3}: {4}</title>\n",
        width_, height_, grey, escaped(diagram_.title), escaped(diagram_.summary));
    svg += fmt::format("<text x=\"16\" y=\"26\" font-size=\"16\" font-weight=\"600\">{}</text>\n",
                       escaped(diagram_.title));
    svg += fmt::format("<text x=\"16\" y=\"47\">{}</text>\n", escaped(diagram_.summary));
    svg += key();
    // The strong ones last, so that they lie on top.
    for (const bool main : {false, true}) {
      for (const Arc& arc : diagram_.arcs) {
        if (arc.is_main == main) svg += path(arc);
      }
    }
    for (std::size_t i = 0; i < diagram_.stops.size(); ++i) svg += stop(i);
    return svg + "</svg>\n";
  }

 private:
  static double height_of(const Arc& arc) {
    const double steps = static_cast<double>(std::max(arc.from, arc.to) - std::min(arc.from, arc.to));
    return steps * step / 2 * flatness;
  }

  static double at(std::size_t place) { return margin + step * static_cast<double>(place); }

  std::string path(const Arc& arc) const {
    const bool below = arc.kind == ArcKind::wrong;
    const auto kind = static_cast<std::size_t>(arc.kind);
    const double begin = at(std::min(arc.from, arc.to)), end = at(std::max(arc.from, arc.to));
    const double radius = (end - begin) / 2, y = below ? line_ + 50 : line_ - 9;
    std::string svg =
        fmt::format("<path d=\"M{:g} {:g}A{:g} {:g} 0 0 {} {:g} {:g}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"",
                    begin, y, radius, radius * flatness, below ? 0 : 1, end, y,
                    arc.is_main || below ? colours[kind] : grey, arc.is_main || below ? "2.5" : "1");
    if (!arc.is_main && !below) svg += " stroke-opacity=\"0.55\"";
    if (*dashes[kind] != '\0') svg += fmt::format(" stroke-dasharray=\"{}\"", dashes[kind]);
    return svg + "><title>" + escaped(arc.description) + "</title></path>\n";
  }

  std::string stop(std::size_t place) const {
    const ArcDiagram::Stop& stop = diagram_.stops[place];
    return fmt::format(
        "<circle cx=\"{0:g}\" cy=\"{1:g}\" r=\"5\"/><text x=\"{0:g}\" y=\"{2:g}\" text-anchor=\"middle\" "
        "font-weight=\"600\">{3}</text>"
        "<text x=\"{0:g}\" y=\"{4:g}\" text-anchor=\"middle\" font-size=\"12\">{5}</text>\n",
        at(place), line_, line_ + 22, escaped(stop.name), line_ + 39, escaped(stop.note));
  }

  // Which kinds there are.
  std::string key() const {
    std::string svg;
    double x = 16;
    const std::array meanings{&diagram_.good, &diagram_.late, &diagram_.wrong};
    for (std::size_t kind = 0; kind < meanings.size(); ++kind) {
      const bool drawn = std::any_of(diagram_.arcs.begin(), diagram_.arcs.end(),
                                     [&](const Arc& arc) { return static_cast<std::size_t>(arc.kind) == kind; });
      if (!drawn || meanings[kind]->empty()) continue;
      svg += fmt::format("<path d=\"M{:g} 66h30\" stroke=\"{}\" stroke-width=\"2.5\" stroke-dasharray=\"{}\"/>", x,
                         colours[kind], *dashes[kind] == '\0' ? "none" : dashes[kind]);
      svg += fmt::format("<text x=\"{:g}\" y=\"70\">{}</text>\n", x + 38, escaped(*meanings[kind]));
      x += 38 + 7.2 * static_cast<double>(meanings[kind]->size()) + 28;
    }
    return svg;
  }

  const ArcDiagram& diagram_;
  double line_ = 0;  // where the stops lie
  double height_ = 0;
  double width_ = 0;
};

}  // namespace

std::string svg_of(const ArcDiagram& diagram) { return Drawing(diagram).draw(); }

}  // namespace tito
