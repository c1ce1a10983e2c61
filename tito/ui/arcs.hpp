// A row of named stops with arcs between them, as a picture: what leads where, and how well.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tito {

enum class ArcKind {
  good,  // above the row, solid
  late,  // above the row, broken into long pieces
  wrong  // below the row, dotted: it leads back
};

struct Arc {
  std::size_t from = 0;  // places of stops
  std::size_t to = 0;
  ArcKind kind = ArcKind::good;
  bool is_main = false;     // drawn strongly
  std::string description;  // for who points at it, or does not see it
};

struct ArcDiagram {
  std::string title;
  std::string summary;  // a line below the title
  struct Stop {
    std::string name;
    std::string note;  // below the name
  };
  std::vector<Stop> stops;
  std::vector<Arc> arcs;
  std::string good, late, wrong;  // what the kinds mean, for the key
};

// A picture of its own: no outside resources, legible on light and dark backgrounds.
std::string svg_of(const ArcDiagram& diagram);

}  // namespace tito
