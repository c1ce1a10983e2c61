// Pictures in the terminal and in PNG files, pixel by pixel.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/tito/decoded.hpp"
#include "tito/system/failure.hpp"
#include "tito/ui/png.hpp"

using tito::Picture;
using tito::PictureStyle;

namespace {

const Picture& grey_square() {
  static const Picture picture = tito::picture_of(1, 2, 2, {0, 255, 51, 102}, "#7 zero");
  return picture;
}

}  // namespace

// Drawing

TEST_CASE("A picture in 24-bit colour is half blocks: the upper pixel in front, the lower behind", "[picture]") {
  CHECK_SAME(tito::draw({grey_square()}, PictureStyle::true_colour, 80),
             (std::vector<std::string>{"\x1b[38;2;0;0;0;48;2;51;51;51m▀\x1b[38;2;255;255;255;48;2;102;102;102m▀\x1b[0m",
                                       "#7 zero"}));
  // Red, green and blue planes; the same colours are sent once; a last row alone has nothing behind it.
  const Picture colour = tito::picture_of(3, 1, 2, {10, 10, 20, 20, 30, 30}, "");
  CHECK_SAME(tito::draw({colour}, PictureStyle::true_colour, 80)[0], std::string("\x1b[38;2;10;20;30m▀▀\x1b[0m"));
}

TEST_CASE("A picture in 256 colours has the nearest of the cube and of the greys", "[picture]") {
  const Picture picture = tito::picture_of(3, 1, 4, {255, 0, 128, 96, 0, 0, 128, 134, 0, 0, 128, 0}, "");
  CHECK_SAME(tito::draw({picture}, PictureStyle::palette, 80)[0],
             std::string("\x1b[38;5;196m▀\x1b[38;5;16m▀\x1b[38;5;244m▀\x1b[38;5;64m▀\x1b[0m"));
}

TEST_CASE("A picture without colour is drawn with characters of growing weight", "[picture]") {
  const Picture ramp = tito::picture_of(1, 2, 5, {0, 60, 120, 180, 255, 0, 60, 120, 180, 255}, "ramp");
  CHECK_SAME(tito::draw({ramp}, PictureStyle::shades, 80), (std::vector<std::string>{" ░▒▓█", "ramp"}));
  CHECK_SAME(tito::draw({ramp}, PictureStyle::ascii, 80), (std::vector<std::string>{" :=#@", "ramp"}));
  // One character stands for two pixels, one above the other: their mean.
  CHECK_SAME(tito::draw({grey_square()}, PictureStyle::ascii, 80)[0], std::string(".*"));
  // Green looks brighter than blue.
  const Picture colours = tito::picture_of(3, 1, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255}, "");
  CHECK_SAME(tito::draw({colours}, PictureStyle::ascii, 80)[0], std::string(":+."));
}

TEST_CASE("Colour without UTF-8 is spaces on the mean of both pixels", "[picture]") {
  CHECK_SAME(tito::draw({grey_square()}, PictureStyle::blank, 80)[0],
             std::string("\x1b[48;5;234m \x1b[48;5;249m \x1b[0m"));
}

TEST_CASE("As many pictures stand side by side as the width allows, captions cut to their pictures", "[picture]") {
  const Picture one = tito::picture_of(1, 1, 16, std::vector<std::uint8_t>(16, 255), "#12345 much longer");
  const std::string row(16, '@');
  CHECK_SAME(
      tito::draw({one, one, one}, PictureStyle::ascii, 34),
      (std::vector<std::string>{row + "  " + row, "#12345 much lo..  #12345 much lo..", "", row, "#12345 much lo.."}));
  CHECK_SAME(tito::draw({one, one}, PictureStyle::ascii, 33).size(), 5U);  // no room for two
  // A small picture has room beside it for its caption.
  CHECK_SAME(tito::draw({grey_square(), grey_square()}, PictureStyle::ascii, 80),
             (std::vector<std::string>{".*              .*", "#7 zero         #7 zero"}));
  CHECK_SAME(tito::pictures_a_row(28, 80), 2);
  CHECK_SAME(tito::pictures_a_row(28, 40), 1);
  CHECK_SAME(tito::pictures_a_row(32, 10), 1);
  CHECK(tito::draw({}, PictureStyle::ascii, 80).empty());
}

TEST_CASE("A picture wider than the terminal is made smaller", "[picture]") {
  std::vector<std::uint8_t> planes;
  for (int i = 0; i < 4 * 5; ++i) planes.push_back(i % 5 < 3 ? 255 : 0);
  // Means of 2 x 2 pixels, cut off at the edge: white, half, black.
  CHECK_SAME(tito::draw({tito::picture_of(1, 4, 5, planes, "")}, PictureStyle::ascii, 3)[0], std::string("@+"));
}

// PNG

TEST_CASE("A PNG holds the pixels that went in", "[picture]") {
  const Picture picture =
      tito::picture_of(3, 2, 3, {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16, 250, 0, 255, 7, 8, 9}, "none");
  const Picture found = decoded(tito::encode_png(picture));
  CHECK_SAME(found.rows, 2);
  CHECK_SAME(found.columns, 3);
  CHECK(found.rgb == picture.rgb);
}

TEST_CASE("A contact sheet shows every picture enlarged, with its caption below", "[picture]") {
  const Picture dark = tito::picture_of(1, 1, 50, std::vector<std::uint8_t>(50, 0), "1");
  const Picture light = tito::picture_of(1, 1, 50, std::vector<std::uint8_t>(50, 200), "abcdefghijklmnopqrstuvwxyz");
  const Picture sheet = tito::contact_sheet({dark, light, light});
  const tito::SheetShape shape = tito::sheet_shape(3, 1, 50);
  REQUIRE(shape.factor == 3);
  REQUIRE(shape.a_row == 1);
  CHECK_SAME(sheet.columns, 6 + 150 + 6);
  CHECK_SAME(sheet.rows, 6 + 3 * (3 + 3 + 9 + 6));
  CHECK_SAME(pixel(sheet, 5, 6), (std::vector<int>{255, 255, 255}));
  CHECK_SAME(pixel(sheet, 6, 6), (std::vector<int>{0, 0, 0}));
  CHECK_SAME(pixel(sheet, 8, 155), (std::vector<int>{0, 0, 0}));
  CHECK_SAME(pixel(sheet, 8, 156), (std::vector<int>{255, 255, 255}));
  CHECK_SAME(pixel(sheet, 27, 6), (std::vector<int>{200, 200, 200}));
  // The caption "1", dot by dot, and that the long one ends with its picture.
  const std::vector<std::string> one{"  X  ", " XX  ", "  X  ", "  X  ", "  X  ", "  X  ", " XXX "};
  for (int r = 0; r < 7; ++r) {
    for (int c = 0; c < 5; ++c) {
      const bool set = one[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] == 'X';
      CHECK((pixel(sheet, 6 + 3 + 3 + r, 6 + c) == std::vector<int>{255, 255, 255}) == !set);
    }
  }
  for (int r = 0; r < sheet.rows; ++r) CHECK_SAME(pixel(sheet, r, 156), (std::vector<int>{255, 255, 255}));
}

TEST_CASE("A contact sheet keeps to 50 million pixels", "[picture]") {
  CHECK_SAME(tito::sheet_shape(100, 28, 28).factor, 4);
  CHECK_SAME(tito::sheet_shape(100, 28, 28).a_row, 10);
  CHECK(tito::sheet_shape(10'000, 32, 32).factor < 3);
  CHECK_SAME(tito::sheet_shape(1, 4096, 4096).factor, 1);
  CHECK_THROWS_AS(tito::sheet_shape(10'000, 4096, 4096), tito::Failure);
}

TEST_CASE("A character that the font does not have is a question mark in a caption", "[picture]") {
  const auto sheet_of = [](const std::string& caption) {
    return tito::contact_sheet({tito::picture_of(1, 1, 50, std::vector<std::uint8_t>(50, 0), caption)}).rgb;
  };
  CHECK(sheet_of("\xC3\xA9\x7f\n") == sheet_of("????"));
  CHECK(sheet_of("????") != sheet_of("???"));
}
