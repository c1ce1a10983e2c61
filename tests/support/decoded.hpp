// Pictures as libpng reads them back.
#pragma once

#include <png.h>

#include <string>
#include <vector>

#include "judge/cases/case.hpp"
#include "tito/ui/picture.hpp"

// What libpng makes of a file.
inline tito::Picture decoded(const std::string& bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) != 0);
  CHECK(image.format == PNG_FORMAT_RGB);  // neither grey, nor with alpha or a palette
  image.format = PNG_FORMAT_RGB;
  tito::Picture picture{static_cast<int>(image.height), static_cast<int>(image.width), {}, ""};
  picture.rgb.resize(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, picture.rgb.data(), 0, nullptr) != 0);
  return picture;
}

// Red, green and blue.
inline std::vector<int> pixel(const tito::Picture& picture, int row, int column) {
  const auto at = 3 * (static_cast<std::size_t>(row) * static_cast<std::size_t>(picture.columns) +
                       static_cast<std::size_t>(column));
  return {picture.rgb[at], picture.rgb[at + 1], picture.rgb[at + 2]};
}
