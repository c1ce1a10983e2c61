// Drawing the difference of two texts for people: in colours, and on any width.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tito/system/diff.hpp"
#include "tito/ui/screen.hpp"

namespace tito {

// From this width on there is room for two columns of code.
constexpr int two_columns_from = 100;

// The hunks below each other, lines wrapped at `width`; what goes on with a wrapped line has a mark of its own.
std::vector<std::string> drawn_below(const Screen& screen, const std::vector<Hunk>& hunks, int width,
                                     bool headers = true);

// Both texts in two columns. Between them stands | where a line differs, < where only the left has it, > where only the
// right has it.
std::vector<std::string> drawn_beside(const Screen& screen, std::string_view left, std::string_view right, int width);

}  // namespace tito
