#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "judge/causes/patterns.hpp"

namespace judge::causes {
namespace {

using tinytorch::Shape;

std::string other_order(const TensorDiff& diff) {
  std::vector<double> a = diff.compared.actual, e = diff.compared.expected;
  std::sort(a.begin(), a.end());
  std::sort(e.begin(), e.end());
  for (std::size_t i = 0; i < diff.count; ++i) {
    if (!diff.near(a[i], e[i])) return "";
  }
  return std::set<double>(e.begin(), e.end()).size() < 4 ? "" : "these are the expected numbers, in another order";
}

// All that is wrong lies on the outermost rows and columns of images, on every side of them.
std::string border(const TensorDiff& diff) {
  if (diff.compared.shape.rank() < 2) return "";
  const Axis rows = diff.axis(diff.compared.shape.rank() - 2), columns = diff.axis(diff.compared.shape.rank() - 1);
  if (rows.extent < 3 || columns.extent < 3) return "";
  std::size_t inside = 0;
  std::array<std::size_t, 4> wrong{};
  for (std::size_t i = 0; i < diff.count; ++i) {
    const std::size_t row = rows.position(i), column = columns.position(i);
    const std::array sides{row == 0, row + 1 == rows.extent, column == 0, column + 1 == columns.extent};
    const bool outside = std::find(sides.begin(), sides.end(), true) != sides.end();
    if (!diff.right(i) && !outside) return "";
    if (!outside) ++inside;
    for (std::size_t side = 0; side < 4; ++side) wrong[side] += !diff.right(i) && sides[side] ? 1 : 0;
  }
  if (inside < 1 || diff.count < 9 || *std::min_element(wrong.begin(), wrong.end()) == 0) return "";
  return "only the border is wrong: what is beyond the edge, the padding?";
}

// Wrong at one end of an axis and right elsewhere, or the other way round.
std::string one_end(const TensorDiff& diff) {
  for (int number = 0; number < diff.compared.shape.rank(); ++number) {
    const Axis axis = diff.axis(number);
    if (axis.extent < 3) continue;
    std::vector<std::size_t> wrong(axis.extent, 0);
    for (std::size_t i = 0; i < diff.count; ++i) wrong[axis.position(i)] += diff.right(i) ? 0 : 1;
    const auto wrong_entries =
        static_cast<std::size_t>(std::count_if(wrong.begin(), wrong.end(), [](std::size_t n) { return n > 0; }));
    const std::size_t at = diff.count / axis.extent;
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

std::vector<Pattern> position_patterns() {
  return {
      {"another order", other_order},
      {"border", border},
      {"one end", one_end},
  };
}

}  // namespace judge::causes
