#include <cmath>
#include <set>

#include "judge/causes/patterns.hpp"

namespace judge::causes {
namespace {

using tinytorch::Shape;

// "2 (the extent of axis 0)"
std::optional<std::string> name_of_count(const TensorDiff& diff, double number) {
  const auto is = [&](double value) { return std::abs(number - value) <= 1e-4 * value; };
  if (diff.compared.batch > 1 && is(static_cast<double>(diff.compared.batch))) return text(number) + ", the batch size";
  for (int axis = 0; axis < diff.compared.shape.rank(); ++axis) {
    if (diff.compared.shape[axis] > 1 && is(static_cast<double>(diff.compared.shape[axis]))) {
      return text(number) + ", the extent of axis " + std::to_string(axis);
    }
  }
  if (is(static_cast<double>(diff.count))) return text(number) + ", the number of elements";
  if (is(2)) return "2";
  return std::nullopt;
}

std::string factor(const TensorDiff& diff) {
  std::size_t largest = 0;
  for (std::size_t i = 0; i < diff.count; ++i) {
    if (std::abs(diff.expected(i)) > std::abs(diff.expected(largest))) largest = i;
  }
  const double ratio = diff.actual(largest) / diff.expected(largest);
  if (ratio <= 0 || diff.distinct_expected() < enough) return "";
  if (diff.explained([&](std::size_t i) { return diff.expected(i) * ratio; }) < enough) return "";
  if (const auto name = name_of_count(diff, ratio)) {
    const std::string twice =
        std::abs(ratio - 2) < 1e-4 ? ": added twice, or a factor 1/2 forgotten?" : ": a division is forgotten";
    return "off by a factor: everywhere " + *name + ", times too large" +
           (*name == "2" ? twice : ": a sum where a mean is expected?");
  }
  if (const auto name = name_of_count(diff, 1 / ratio)) {
    return "off by a factor: everywhere " + *name + ", times too small" +
           (*name == "2" ? ": a factor 2 forgotten?" : ": a mean where a sum is expected, or divided by too much?");
  }
  for (const bool large : {true, false}) {
    if (const auto name = name_of_count(diff, large ? ratio * ratio : 1 / ratio / ratio)) {
      return "off by a factor: everywhere the square root of " + *name + ", times too " + (large ? "large" : "small");
    }
  }
  if (diff.distinct_expected() < enough + 1) return "";
  return "off by a constant factor: everywhere " + text(ratio) + " times what is expected";
}

std::string negated(const TensorDiff& diff) {
  if (diff.explained([&](std::size_t i) { return -diff.expected(i); }) < enough) return "";
  return "the sign is wrong everywhere: each element is what is expected, negated";
}

std::string offset(const TensorDiff& diff) {
  std::set<double> values(diff.compared.expected.begin(), diff.compared.expected.end());
  const double by = diff.actual(0) - diff.expected(0);
  // Steps of numbers in order are soon equal: an order gone wrong looks like a constant there.
  if (values.size() < enough + 2 || diff.explained([&](std::size_t i) { return diff.expected(i) + by; }) < enough + 2)
    return "";
  return "off by a constant: everywhere " + text(std::abs(by)) + " too " + (by > 0 ? "large" : "small");
}

// The error along one axis is always the same, and not along the others.
std::string term_along(const TensorDiff& diff, int number) {
  const Axis axis = diff.axis(number);
  if (axis.extent < 3 || diff.compared.shape.rank() < 2) return "";
  const auto error = [&](std::size_t i) { return diff.actual(i) - diff.expected(i); };
  bool constant = true;
  for (std::size_t i = 0; i < diff.count; ++i) {
    constant = constant && diff.near(diff.expected(i) + error(0), diff.actual(i));
  }
  const auto predicted = [&](std::size_t i) { return diff.expected(i) + error(axis.moved(i, 0)); };
  return !constant && diff.explained(predicted) > enough ? "fits" : "";
}

std::string bias(const TensorDiff& diff) {
  if (diff.compared.shape.rank() != 2 || term_along(diff, 0).empty()) return "";
  return "the error is the same in every row: a bias is left out, added twice, or not the right one?";
}

std::string error_of_a_row(const TensorDiff& diff) {
  if (diff.compared.shape.rank() != 2 || term_along(diff, 1).empty()) return "";
  return "the error is the same all along a row, and another one in each row";
}

std::string factor_of_a_row(const TensorDiff& diff) {
  if (diff.compared.shape.rank() != 2) return "";
  const Axis axis = diff.axis(1);
  if (axis.extent < 3 || diff.compared.shape[0] < 2) return "";
  for (std::size_t i = 0; i < diff.count; ++i) {
    if (std::abs(diff.expected(i)) <= diff.absolute) return "";
  }
  const auto ratio = [&](std::size_t i) { return diff.actual(i) / diff.expected(i); };
  const auto same_everywhere = [&](std::size_t i) { return diff.expected(i) * ratio(0); };
  const auto predicted = [&](std::size_t i) { return diff.expected(i) * ratio(axis.moved(i, 0)); };
  if (diff.explained(predicted) <= enough || diff.explained(same_everywhere) > 0) return "";
  return "each row is off by a factor of its own";
}

}  // namespace

std::vector<Pattern> size_patterns() {
  return {
      {"factor", factor},
      {"negated", negated},
      {"offset", offset},
      {"bias", bias},
      {"error of a row", error_of_a_row},
      {"factor of a row", factor_of_a_row},
  };
}

}  // namespace judge::causes
