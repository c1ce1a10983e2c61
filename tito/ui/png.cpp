// Captions are written in the font of stb's header easy_font. cairo and libgd were looked at: with what they depend on
// they are 56 and 71 packages, and cairo writes only where a font is installed.
#include "tito/ui/png.hpp"

#include <fmt/core.h>
#include <png.h>
#include <stb/stb_easy_font.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tito/system/failure.hpp"

namespace tito {
namespace {

constexpr int margin = 6;            // around every picture
constexpr int caption_distance = 3;  // from the picture to its caption
constexpr int caption_rows = caption_distance + 9;
constexpr std::size_t max_strokes = 12;  // of a character
constexpr int wanted_columns = 112;      // room for a caption such as "#12345 T-shirt/top"
constexpr std::int64_t max_pixels = 50'000'000;
constexpr std::uint8_t paper = 255;
constexpr std::uint8_t ink = 48;

std::uint8_t* pixel(Picture& picture, int row, int column) {
  return picture.rgb.data() + 3 * (static_cast<std::ptrdiff_t>(row) * picture.columns + column);
}

void draw_enlarged(Picture& sheet, const Picture& picture, int factor, int top, int left) {
  for (int r = 0; r < picture.rows * factor; ++r) {
    for (int c = 0; c < picture.columns * factor; ++c) {
      const std::ptrdiff_t from = std::ptrdiff_t{r / factor} * picture.columns + c / factor;
      std::copy_n(picture.rgb.data() + 3 * from, 3, pixel(sheet, top + r, left + c));
    }
  }
}

// Characters that the font does not have become '?'.
std::string drawable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

// A vertex as stb_easy_font writes it, four to a rectangle, the first its upper left corner, the third its lower right.
struct Vertex {
  float x, y, z;
  std::uint32_t color;
};
using Rectangle = std::array<Vertex, 4>;

void draw_text(Picture& sheet, std::string text, int top, int left) {
  std::vector<Rectangle> rectangles(text.size() * max_strokes);
  const int count = stb_easy_font_print(static_cast<float>(left), static_cast<float>(top), text.data(), nullptr,
                                        rectangles.data(), static_cast<int>(rectangles.size() * sizeof(Rectangle)));
  rectangles.resize(static_cast<std::size_t>(count));
  for (const Rectangle& rectangle : rectangles) {
    const auto width = static_cast<std::ptrdiff_t>(rectangle[2].x - rectangle[0].x);
    for (int row = static_cast<int>(rectangle[0].y); row < static_cast<int>(rectangle[2].y); ++row)
      std::fill_n(pixel(sheet, row, static_cast<int>(rectangle[0].x)), 3 * width, ink);
  }
}

// What of a text fits below a picture of so many pixels.
std::string fitting(const std::string& caption, int columns) {
  std::string text = drawable(caption);
  while (stb_easy_font_width(text.data()) > columns) text.pop_back();
  return text;
}

SheetShape shape_with(int factor, int count, int rows, int columns) {
  const double cell_rows = rows * factor + caption_rows + margin, cell_columns = columns * factor + margin;
  const int a_row = std::clamp(static_cast<int>(std::lround(std::sqrt(count * cell_rows / cell_columns))), 1, count);
  const int below = (count + a_row - 1) / a_row;
  return {count, a_row, factor, a_row * (columns * factor + margin) + margin,
          below * (rows * factor + caption_rows + margin) + margin};
}

}  // namespace

std::string encode_png(const Picture& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.columns);
  image.height = static_cast<png_uint_32>(picture.rows);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.rgb.data(), 0, nullptr) == 0) {
    const std::string reason = image.message;
    png_image_free(&image);
    throw Failure(Exit::environment, "the picture cannot be encoded: " + reason);
  }
  bytes.resize(size);
  return bytes;
}

SheetShape sheet_shape(int count, int rows, int columns) {
  for (int factor = std::max(1, (wanted_columns + columns - 1) / columns); factor > 0; --factor) {
    // Large counts of large pictures: products beyond what an int holds.
    if (std::int64_t{count} * rows * columns * factor * factor > max_pixels) continue;
    const SheetShape shape = shape_with(factor, count, rows, columns);
    if (std::int64_t{shape.rows} * shape.columns <= max_pixels) return shape;
  }
  throw Failure(Exit::usage,
                fmt::format("a sheet of {} images of {} x {} would have more than {} million pixels", count, rows,
                            columns, max_pixels / 1'000'000),
                "ask for fewer with --count");
}

Picture contact_sheet(const std::vector<Picture>& pictures) {
  const Picture& first = pictures.at(0);
  const SheetShape shape = sheet_shape(static_cast<int>(pictures.size()), first.rows, first.columns);
  Picture sheet{shape.rows, shape.columns, {}, ""};
  sheet.rgb.assign(3 * static_cast<std::size_t>(shape.rows) * static_cast<std::size_t>(shape.columns), paper);
  for (int i = 0; i < shape.count; ++i) {
    const Picture& picture = pictures[static_cast<std::size_t>(i)];
    const int height = first.rows * shape.factor, width = first.columns * shape.factor;
    const int top = margin + i / shape.a_row * (height + caption_rows + margin);
    const int left = margin + i % shape.a_row * (width + margin);
    draw_enlarged(sheet, picture, shape.factor, top, left);
    draw_text(sheet, fitting(picture.caption, width), top + height + caption_distance, left);
  }
  return sheet;
}

}  // namespace tito
