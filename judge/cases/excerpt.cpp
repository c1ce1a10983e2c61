#include "judge/cases/excerpt.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace judge {

using tinytorch::Shape;

namespace {

// The index along each axis of the element at `offset`.
std::vector<std::int64_t> index_of(const Shape& shape, std::int64_t offset) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[static_cast<std::size_t>(axis)] = offset % shape[axis];
    offset /= shape[axis];
  }
  return index;
}

}  // namespace

std::string index_text(const Shape& shape, std::int64_t offset) {
  std::string text;
  for (const std::int64_t position : index_of(shape, offset))
    text += (text.empty() ? "" : ", ") + std::to_string(position);
  return "[" + text + "]";
}

std::string number_text(double value, int digits) {
  std::ostringstream text;
  text.precision(digits);
  text << value;
  return text.str();
}

bool differ(double actual, double expected, double relative, double absolute) {
  return actual != expected && !(std::abs(actual - expected) <= absolute + relative * std::abs(expected));
}

Excerpt excerpt_around(const Compared& compared, std::int64_t first, int digits) {
  Excerpt excerpt;
  const Shape& shape = compared.shape;
  if (shape.rank() == 0 || compared.actual.size() < 2) return excerpt;
  excerpt.shape.assign(shape.begin(), shape.end());
  excerpt.at = index_of(shape, first);
  const std::int64_t all_columns = shape[shape.rank() - 1], all_rows = shape.rank() > 1 ? shape[shape.rank() - 2] : 1;
  const std::int64_t rows = std::min<std::int64_t>(4, all_rows);
  excerpt.columns = std::min<std::int64_t>(6, all_columns);
  const std::int64_t column = first % all_columns, row = first / all_columns % all_rows;
  excerpt.row = std::clamp<std::int64_t>(row - 1, 0, all_rows - rows);
  excerpt.column = std::clamp<std::int64_t>(column - 2, 0, all_columns - excerpt.columns);
  const std::int64_t plane = first / (all_rows * all_columns) * all_rows;  // its first row
  for (std::int64_t r = excerpt.row; r < excerpt.row + rows; ++r) {
    for (std::int64_t c = excerpt.column; c < excerpt.column + excerpt.columns; ++c) {
      const auto i = static_cast<std::size_t>((plane + r) * all_columns + c);
      excerpt.expected.push_back(number_text(compared.expected[i], digits));
      excerpt.actual.push_back(number_text(compared.actual[i], digits));
      excerpt.wrong.push_back(differ(compared.actual[i], compared.expected[i], compared.relative, compared.absolute));
    }
  }
  return excerpt;
}

}  // namespace judge
