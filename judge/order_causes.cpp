#include <vector>

#include "judge/look.hpp"

namespace judge::causes {
namespace {

using tinytorch::Shape;

std::string transposed(const Look& look) {
  const Shape& shape = look.c.shape;
  if (look.count < 4) return "";
  for (int a = 0; a < shape.rank(); ++a) {
    for (int b = a + 1; b < shape.rank(); ++b) {
      if (shape[a] < 2 || shape[b] < 2) continue;
      // Where each expected element stands once the two axes are exchanged and the result is stored row by row.
      Shape exchanged = shape;
      exchanged[a] = shape[b], exchanged[b] = shape[a];
      std::vector<std::size_t> place(look.count);
      for (std::size_t i = 0; i < look.count; ++i) {
        std::size_t to = 0;
        for (int axis = 0; axis < shape.rank(); ++axis) {
          const std::size_t position = look.axis(axis == a ? b : axis == b ? a : axis).position(i);
          to += position * Axis(exchanged, axis).inner;
        }
        place[i] = to;
      }
      std::vector<double> there(look.count), back(look.count);
      for (std::size_t i = 0; i < look.count; ++i)
        there[place[i]] = look.expected(i), back[i] = look.expected(place[i]);
      for (const std::vector<double>* order : {&there, &back}) {
        if (look.telling([&](std::size_t i) { return (*order)[i]; }) < enough_of_an_order) continue;
        return "looks transposed: these are the expected elements with axes " + std::to_string(a) + " and " +
               std::to_string(b) + " exchanged";
      }
    }
  }
  return "";
}

std::string reversed(const Look& look) {
  for (int number = 0; number < look.c.shape.rank(); ++number) {
    const Axis axis = look.axis(number);
    const auto predicted = [&](std::size_t i) {
      return look.expected(axis.moved(i, axis.extent - 1 - axis.position(i)));
    };
    if (axis.extent < 3 || look.telling(predicted) < enough_of_an_order) continue;
    return "axis " + std::to_string(number) + " is reversed: first comes last";
  }
  if (look.c.shape.rank() < 2) return "";
  const Axis rows = look.axis(look.c.shape.rank() - 2), columns = look.axis(look.c.shape.rank() - 1);
  const auto turned = [&](std::size_t i) {
    const std::size_t row = rows.moved(i, rows.extent - 1 - rows.position(i));
    return look.expected(columns.moved(row, columns.extent - 1 - columns.position(row)));
  };
  if (rows.extent < 2 || columns.extent < 2 || look.telling(turned) < enough) return "";
  return "turned round: the last two axes are both reversed";
}

std::string shifted(const Look& look) {
  const double by = look.actual(0) - look.expected(0);
  if (look.telling([&](std::size_t i) { return look.expected(i) + by; }) > 0) return "";  // a constant explains it, too
  for (int number = 0; number < look.c.shape.rank(); ++number) {
    const Axis axis = look.axis(number);
    if (axis.extent < 3) continue;
    for (const int by : {1, -1}) {
      const auto predicted = [&](std::size_t i) -> std::optional<double> {
        const std::size_t position = axis.position(i);
        if (by > 0 ? position + 1 == axis.extent : position == 0) return std::nullopt;
        return look.expected(axis.moved(i, by > 0 ? position + 1 : position - 1));
      };
      if (look.telling(predicted) < enough) continue;
      return "shifted by one along axis " + std::to_string(number) + ": at index i stands what is expected at i " +
             (by > 0 ? "+ 1" : "- 1");
    }
  }
  return "";
}

std::string repeated(const Look& look) {
  for (int number = 0; number < look.c.shape.rank(); ++number) {
    const Axis axis = look.axis(number);
    if (axis.extent < 2 || look.count / axis.extent < 2) continue;
    const auto predicted = [&](std::size_t i) { return look.expected(axis.moved(i, 0)); };
    if (look.telling(predicted) < enough_of_an_order) continue;
    return "the first entry of axis " + std::to_string(number) + " is repeated all along it: the index is not used?";
  }
  return "";
}

}  // namespace

std::vector<Pattern> order_patterns() {
  return {
      {"transposed", transposed},
      {"reversed", reversed},
      {"shifted", shifted},
      {"repeated", repeated},
  };
}

}  // namespace judge::causes
