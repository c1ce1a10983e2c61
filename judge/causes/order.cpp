#include <vector>

#include "judge/causes/patterns.hpp"

namespace judge::causes {
namespace {

using tinytorch::Shape;

std::string transposed(const TensorDiff& diff) {
  const Shape& shape = diff.compared.shape;
  if (diff.count < 4) return "";
  for (int a = 0; a < shape.rank(); ++a) {
    for (int b = a + 1; b < shape.rank(); ++b) {
      if (shape[a] < 2 || shape[b] < 2) continue;
      // The position of each expected element once the two axes are exchanged and the result is stored row by row.
      Shape exchanged = shape;
      exchanged[a] = shape[b], exchanged[b] = shape[a];
      std::vector<std::size_t> target(diff.count);
      for (std::size_t i = 0; i < diff.count; ++i) {
        std::size_t to = 0;
        for (int axis = 0; axis < shape.rank(); ++axis) {
          const std::size_t position = diff.axis(axis == a ? b : axis == b ? a : axis).position(i);
          to += position * Axis(exchanged, axis).inner;
        }
        target[i] = to;
      }
      std::vector<double> there(diff.count), back(diff.count);
      for (std::size_t i = 0; i < diff.count; ++i)
        there[target[i]] = diff.expected(i), back[i] = diff.expected(target[i]);
      for (const std::vector<double>* order : {&there, &back}) {
        if (diff.explained([&](std::size_t i) { return (*order)[i]; }) < enough_of_an_order) continue;
        return "looks transposed: these are the expected elements with axes " + std::to_string(a) + " and " +
               std::to_string(b) + " exchanged";
      }
    }
  }
  return "";
}

std::string reversed(const TensorDiff& diff) {
  for (int number = 0; number < diff.compared.shape.rank(); ++number) {
    const Axis axis = diff.axis(number);
    const auto predicted = [&](std::size_t i) {
      return diff.expected(axis.moved(i, axis.extent - 1 - axis.position(i)));
    };
    if (axis.extent < 3 || diff.explained(predicted) < enough_of_an_order) continue;
    return "axis " + std::to_string(number) + " is reversed: first comes last";
  }
  if (diff.compared.shape.rank() < 2) return "";
  const Axis rows = diff.axis(diff.compared.shape.rank() - 2), columns = diff.axis(diff.compared.shape.rank() - 1);
  const auto rotated = [&](std::size_t i) {
    const std::size_t row = rows.moved(i, rows.extent - 1 - rows.position(i));
    return diff.expected(columns.moved(row, columns.extent - 1 - columns.position(row)));
  };
  if (rows.extent < 2 || columns.extent < 2 || diff.explained(rotated) < enough) return "";
  return "turned round: the last two axes are both reversed";
}

std::string shifted(const TensorDiff& diff) {
  const double by = diff.actual(0) - diff.expected(0);
  if (diff.explained([&](std::size_t i) { return diff.expected(i) + by; }) > 0)
    return "";  // a constant explains it, too
  for (int number = 0; number < diff.compared.shape.rank(); ++number) {
    const Axis axis = diff.axis(number);
    if (axis.extent < 3) continue;
    for (const int by : {1, -1}) {
      const auto predicted = [&](std::size_t i) -> std::optional<double> {
        const std::size_t position = axis.position(i);
        if (by > 0 ? position + 1 == axis.extent : position == 0) return std::nullopt;
        return diff.expected(axis.moved(i, by > 0 ? position + 1 : position - 1));
      };
      if (diff.explained(predicted) < enough) continue;
      return "shifted by one along axis " + std::to_string(number) + ": at index i stands what is expected at i " +
             (by > 0 ? "+ 1" : "- 1");
    }
  }
  return "";
}

std::string repeated(const TensorDiff& diff) {
  for (int number = 0; number < diff.compared.shape.rank(); ++number) {
    const Axis axis = diff.axis(number);
    if (axis.extent < 2 || diff.count / axis.extent < 2) continue;
    const auto predicted = [&](std::size_t i) { return diff.expected(axis.moved(i, 0)); };
    if (diff.explained(predicted) < enough_of_an_order) continue;
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
