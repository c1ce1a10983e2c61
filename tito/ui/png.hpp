// PNG files: pictures encoded by libpng, and contact sheets of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tito/ui/picture.hpp"

namespace tito {

// The bytes of a PNG file: 8 bits a colour, sRGB. The caption is not in it.
// throws: Failure(Exit::environment) when libpng fails, for want of memory.
std::string encode_png(const Picture& picture);

// The shape of a contact sheet: a grid that is about as wide as high, each picture enlarged by a whole factor, its
// caption below, white all around.
struct SheetShape {
  int count = 0;    // of pictures
  int a_row = 0;    // of these stand side by side
  int factor = 0;   // a pixel becomes a square of this side
  int columns = 0;  // of the sheet, pixels
  int rows = 0;
};

// For `count` pictures, one or more, of one size. The factor is the smallest that makes them 112 pixels wide, as long
// as the sheet stays below 50 million pixels. throws: Failure(Exit::usage) when it does not do so without enlarging.
SheetShape sheet_shape(int count, int rows, int columns);

// The sheet itself, of one picture or more, all of one size. A caption that is too long for its picture is cut.
Picture contact_sheet(const std::vector<Picture>& pictures);

}  // namespace tito
