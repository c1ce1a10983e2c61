#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "judge/look.hpp"

namespace judge::causes {
namespace {

using tinytorch::Shape;

std::string other_order(const Look& look) {
  std::vector<double> a = look.c.actual, e = look.c.expected;
  std::sort(a.begin(), a.end());
  std::sort(e.begin(), e.end());
  for (std::size_t i = 0; i < look.count; ++i) {
    if (!look.near(a[i], e[i])) return "";
  }
  return std::set<double>(e.begin(), e.end()).size() < 4 ? "" : "these are the expected numbers, in another order";
}

// All that is wrong lies on the outermost rows and columns of images, on every side of them.
std::string border(const Look& look) {
  if (look.c.shape.rank() < 2) return "";
  const Axis rows = look.axis(look.c.shape.rank() - 2), columns = look.axis(look.c.shape.rank() - 1);
  if (rows.extent < 3 || columns.extent < 3) return "";
  std::size_t inside = 0;
  std::array<std::size_t, 4> wrong{};
  for (std::size_t i = 0; i < look.count; ++i) {
    const std::size_t row = rows.position(i), column = columns.position(i);
    const std::array sides{row == 0, row + 1 == rows.extent, column == 0, column + 1 == columns.extent};
    const bool outside = std::find(sides.begin(), sides.end(), true) != sides.end();
    if (!look.right(i) && !outside) return "";
    if (!outside) ++inside;
    for (std::size_t side = 0; side < 4; ++side) wrong[side] += !look.right(i) && sides[side] ? 1 : 0;
  }
  if (inside < 1 || look.count < 9 || *std::min_element(wrong.begin(), wrong.end()) == 0) return "";
  return "only the border is wrong: what is beyond the edge, the padding?";
}

// Wrong at one end of an axis and right elsewhere, or the other way round.
std::string one_end(const Look& look) {
  for (int number = 0; number < look.c.shape.rank(); ++number) {
    const Axis axis = look.axis(number);
    if (axis.extent < 3) continue;
    std::vector<std::size_t> wrong(axis.extent, 0);
    for (std::size_t i = 0; i < look.count; ++i) wrong[axis.position(i)] += look.right(i) ? 0 : 1;
    const auto wrong_entries =
        static_cast<std::size_t>(std::count_if(wrong.begin(), wrong.end(), [](std::size_t n) { return n > 0; }));
    const std::size_t at = look.count / axis.extent;
    const std::string name = "axis " + std::to_string(number);
    if (wrong_entries == 1 && at > 1 && wrong.back() > 1)
      return "wrong only at the last index of " + name + ": does a loop end too early or go too far?";
    if (wrong_entries == 1 && at > 1 && wrong.front() > 1) return "wrong only at the first index of " + name;
    if (wrong_entries + 1 == axis.extent && at > 1 && wrong.front() == 0)
      return "right only at the first index of " + name + ": what differs for the others?";
    if (wrong_entries + 1 == axis.extent && at > 1 && wrong.back() == 0)
      return "right only at the last index of " + name + ": do the earlier ones get lost?";
  }
  return "";
}

}  // namespace

std::vector<Pattern> place_patterns() {
  return {
      {"another order", other_order},
      {"border", border},
      {"one end", one_end},
  };
}

}  // namespace judge::causes
