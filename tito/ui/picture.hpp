// Pictures in the terminal: half blocks in colour, characters of growing weight where there is none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tito/ui/screen.hpp"

namespace tito {

struct Picture {
  int rows = 0;
  int columns = 0;
  std::vector<std::uint8_t> rgb;  // (rows, columns, 3)
  std::string caption;            // one line, in ASCII or UTF-8
};

// A picture of planes, as data sets have them: (channels, rows, columns), one channel or red, green and blue.
Picture picture_of(int channels, int rows, int columns, const std::vector<std::uint8_t>& planes, std::string caption);

// How two rows of pixels become one line of characters, a pixel a column.
enum class PictureStyle {
  true_colour,  // upper half blocks, 24 bits a colour
  palette,      // the same with the nearest of the 240 fixed colours that terminals have had for long
  blank,        // in colour, without UTF-8: spaces in the mean of both pixels
  shades,       // UTF-8: the brighter the mean of both pixels, the denser the character
  ascii         // the same in ASCII
};

// In colour where the screen is. 24 bits where COLORTERM is "truecolor" or "24bit", or TERM ends in "-direct": a
// terminal that takes them says so, and others would show stripes.
PictureStyle picture_style(const Screen& screen);

// The pictures from left to right and from top to bottom, with their captions below, in lines of at most `width`
// columns. One that is wider than that is made smaller by a whole factor.
std::vector<std::string> draw(const std::vector<Picture>& pictures, PictureStyle style, int width);

// How many pictures of so many columns stand side by side.
int pictures_a_row(int columns, int width);

}  // namespace tito
