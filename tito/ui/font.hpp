// A font of 5 x 7 dots for captions in pictures: letters, digits and the marks that stand in names.
#pragma once

#include <array>

namespace tito {

constexpr int glyph_columns = 5;
constexpr int glyph_rows = 7;

// Whether a dot is set: glyph[row][column].
using Glyph = std::array<std::array<bool, glyph_columns>, glyph_rows>;

// A character that is not drawn here is a frame.
Glyph glyph_of(char c);

}  // namespace tito
