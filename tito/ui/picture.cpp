#include "tito/ui/picture.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace tito {
namespace {

constexpr int gap = 2;             // columns between two pictures
constexpr int least_columns = 14;  // of a small picture and what stands beside it, so that there is room for captions

struct Colour {
  int red = 0;
  int green = 0;
  int blue = 0;
  bool operator==(const Colour&) const = default;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The mean of a square of pixels of side `factor`, cut off at the picture's edges.
Colour mean_of_square(const Picture& picture, int row, int column, int factor) {
  std::array<int, 3> sum{};
  int count = 0;
  for (int r = row * factor; r < std::min((row + 1) * factor, picture.rows); ++r) {
    for (int c = column * factor; c < std::min((column + 1) * factor, picture.columns); ++c, ++count) {
      const auto at =
          3 * (static_cast<std::size_t>(r) * static_cast<std::size_t>(picture.columns) + static_cast<std::size_t>(c));
      for (std::size_t i = 0; i < 3; ++i) sum[i] += picture.rgb[at + i];
    }
  }
  const auto mean = [&](int total) { return (total + count / 2) / count; };
  return {mean(sum[0]), mean(sum[1]), mean(sum[2])};
}

Colour mean(const Colour& a, const Colour& b) {
  return {(a.red + b.red + 1) / 2, (a.green + b.green + 1) / 2, (a.blue + b.blue + 1) / 2};
}

// How bright a colour looks, 0 to 255: luma as ITU-R BT.601 weighs it.
int brightness(const Colour& colour) {
  return (299 * colour.red + 587 * colour.green + 114 * colour.blue + 500) / 1000;
}

// The nearest of the colours 16 to 255: a cube of 6 x 6 x 6, and 24 greys.
int palette_index(const Colour& colour) {
  constexpr std::array<int, 6> steps{0, 95, 135, 175, 215, 255};
  const auto nearest_step = [&](int value) {
    return static_cast<int>(std::min_element(steps.begin(), steps.end(),
                                             [&](int a, int b) { return std::abs(a - value) < std::abs(b - value); }) -
                            steps.begin());
  };
  const auto distance = [&](const Colour& other) {
    const int red = colour.red - other.red, green = colour.green - other.green, blue = colour.blue - other.blue;
    return red * red + green * green + blue * blue;
  };
  const int r = nearest_step(colour.red), g = nearest_step(colour.green), b = nearest_step(colour.blue);
  const auto at = [&](int step) { return steps[static_cast<std::size_t>(step)]; };
  const int grey = std::clamp((colour.red + colour.green + colour.blue) / 3 - 3, 0, 235) / 10;
  const int level = 8 + 10 * grey;
  return distance({level, level, level}) < distance({at(r), at(g), at(b)}) ? 232 + grey : 16 + 36 * r + 6 * g + b;
}

std::string colour_code(int layer, const Colour& colour, PictureStyle style) {
  if (style == PictureStyle::palette) return fmt::format("{};5;{}", layer, palette_index(colour));
  return fmt::format("{};2;{};{};{}", layer, colour.red, colour.green, colour.blue);
}

// One line of a picture that takes colours; a code is sent only where it changes.
std::string coloured_line(const std::vector<Colour>& upper, const std::vector<Colour>& lower, PictureStyle style) {
  constexpr int foreground = 38, background = 48;
  const PictureStyle codes = style == PictureStyle::blank ? PictureStyle::palette : style;
  std::string text, last;
  for (std::size_t i = 0; i < upper.size(); ++i) {
    std::string code;
    if (style == PictureStyle::blank) {
      code = colour_code(background, lower.empty() ? upper[i] : mean(upper[i], lower[i]), codes);
    } else {
      code = colour_code(foreground, upper[i], codes);
      if (!lower.empty()) code += ";" + colour_code(background, lower[i], codes);
    }
    if (code != last) text += "\x1b[" + code + "m";
    last = code;
    text += style == PictureStyle::blank ? " " : "▀";
  }
  return text + "\x1b[0m";
}

std::string plain_line(const std::vector<Colour>& upper, const std::vector<Colour>& lower, PictureStyle style) {
  static const std::vector<std::string> shades{" ", "░", "▒", "▓", "█"};
  static const std::vector<std::string> ascii{" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"};
  const auto& levels = style == PictureStyle::shades ? shades : ascii;
  std::string text;
  for (std::size_t i = 0; i < upper.size(); ++i) {
    const int level = brightness(lower.empty() ? upper[i] : mean(upper[i], lower[i]));
    text += levels[static_cast<std::size_t>(level) * levels.size() / 256];
  }
  return text;
}

// The lines of one picture, all of `columns` columns.
std::vector<std::string> lines_of(const Picture& picture, PictureStyle style, int factor, int columns) {
  const int rows = (picture.rows + factor - 1) / factor;
  const auto row_of = [&](int row) {
    std::vector<Colour> colours;
    for (int c = 0; c < columns && row < rows; ++c) colours.push_back(mean_of_square(picture, row, c, factor));
    return colours;
  };
  std::vector<std::string> lines;
  for (int row = 0; row < rows; row += 2) {
    const bool plain = style == PictureStyle::shades || style == PictureStyle::ascii;
    lines.push_back((plain ? plain_line : coloured_line)(row_of(row), row_of(row + 1), style));
  }
  return lines;
}

std::string without_spaces_at_end(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

Picture picture_of(int channels, int rows, int columns, const std::vector<std::uint8_t>& planes, std::string caption) {
  Picture picture{rows, columns, {}, std::move(caption)};
  const auto plane = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  picture.rgb.reserve(3 * plane);
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) picture.rgb.push_back(planes[i + (channels == 3 ? c * plane : 0)]);
  }
  return picture;
}

PictureStyle picture_style(const Screen& screen) {
  if (!screen.is_coloured()) return screen.is_utf8() ? PictureStyle::shades : PictureStyle::ascii;
  if (!screen.is_utf8()) return PictureStyle::blank;
  const std::string said = variable("COLORTERM");
  const bool all = said == "truecolor" || said == "24bit" || variable("TERM").ends_with("-direct");
  return all ? PictureStyle::true_colour : PictureStyle::palette;
}

int pictures_a_row(int columns, int width) {
  return std::max(1, (width + gap) / (std::max(columns, least_columns) + gap));
}

std::vector<std::string> draw(const std::vector<Picture>& pictures, PictureStyle style, int width) {
  std::vector<std::string> lines;
  if (pictures.empty()) return lines;
  const int factor = (pictures[0].columns + width - 1) / width;
  const int columns = (pictures[0].columns + factor - 1) / factor;
  const int cell = std::min(width, std::max(columns, least_columns));
  const auto a_row = static_cast<std::size_t>(pictures_a_row(columns, width));
  for (std::size_t first = 0; first < pictures.size(); first += a_row) {
    if (first > 0) lines.emplace_back();
    std::vector<std::string> row;  // the lines of the pictures that stand side by side
    for (std::size_t i = first; i < std::min(pictures.size(), first + a_row); ++i) {
      std::vector<std::string> one = lines_of(pictures[i], style, factor, columns);
      one.push_back(shortened(pictures[i].caption, static_cast<std::size_t>(cell)));
      row.resize(one.size());
      const std::size_t begin = (i - first) * static_cast<std::size_t>(cell + gap);
      for (std::size_t l = 0; l < one.size(); ++l) row[l] += std::string(begin - columns_of(row[l]), ' ') + one[l];
    }
    for (const std::string& line : row) lines.push_back(without_spaces_at_end(line));
  }
  return lines;
}

}  // namespace tito
