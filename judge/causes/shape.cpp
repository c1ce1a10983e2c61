#include <algorithm>
#include <array>
#include <cmath>

#include "judge/causes/causes.hpp"
#include "judge/causes/patterns.hpp"

namespace judge {
namespace {

using tinytorch::Shape;

std::string text(std::int64_t number) { return std::to_string(number); }

// The shape without one axis.
Shape without(const Shape& shape, int axis) {
  Shape rest;
  for (int i = 0; i < shape.rank(); ++i) {
    if (i != axis) rest.push_back(shape[i]);
  }
  return rest;
}

Shape without_ones(const Shape& shape) {
  Shape rest;
  for (const std::int64_t extent : shape) {
    if (extent != 1) rest.push_back(extent);
  }
  return rest;
}

// Whether some extents are 1 where others are expected and the rest agrees: a sum that kept its axis, for example.
bool differs_in_ones(const Shape& actual, const Shape& expected) {
  return actual.rank() != expected.rank() && without_ones(actual) == without_ones(expected);
}

std::string one_axis(const Shape& actual, const Shape& expected) {
  if (!differs_in_ones(actual, expected)) return "";
  return actual.rank() > expected.rank() ? "an axis of extent 1 is too many: was it kept by a sum, mean or max?"
                                         : "an axis of extent 1 is missing: was it to be kept by a sum, mean or max?";
}

// Not where two axes could be the one, unless it is the first: that is where batches lie.
std::string axis_too_many(const Shape& actual, const Shape& expected) {
  if (actual.rank() != expected.rank() + 1 || differs_in_ones(actual, expected)) return "";
  for (int axis = 0; axis < actual.rank(); ++axis) {
    if (without(actual, axis) == expected) {
      return "axis " + text(axis) + ", of extent " + text(actual[axis]) + ", is too many: it is to be summed over" +
             (axis == 0 ? " (the batch?)" : "");
    }
  }
  return "";
}

std::string axis_missing(const Shape& actual, const Shape& expected) {
  if (actual.rank() + 1 != expected.rank() || differs_in_ones(actual, expected)) return "";
  for (int axis = 0; axis < expected.rank(); ++axis) {
    if (without(expected, axis) == actual) {
      return "axis " + text(axis) + ", of extent " + text(expected[axis]) +
             ", is missing: it was summed over or left out";
    }
  }
  return "";
}

std::string axes_in_other_order(const Shape& actual, const Shape& expected) {
  if (actual.rank() != expected.rank() || actual.rank() < 2) return "";
  std::vector<std::int64_t> a(actual.begin(), actual.end()), e(expected.begin(), expected.end());
  std::sort(a.begin(), a.end());
  std::sort(e.begin(), e.end());
  return a == e ? "looks transposed: the extents are right, in another order" : "";
}

std::string same_count(const Shape& actual, const Shape& expected) {
  const bool explained = differs_in_ones(actual, expected) || !axes_in_other_order(actual, expected).empty();
  if (explained || actual.numel() != expected.numel() || actual.numel() < 2) return "";
  return "as many elements as expected, arranged in another shape: a reshape is wrong or missing";
}

// (N, C, H, W): both spatial extents too large or too small by the same number.
std::string images_off_by(const Shape& actual, const Shape& expected) {
  if (actual.rank() != 4 || expected.rank() != 4 || actual[0] != expected[0] || actual[1] != expected[1]) return "";
  const std::int64_t rows = actual[2] - expected[2], columns = actual[3] - expected[3];
  if (rows != columns || rows == 0) return "";
  return "height and width are both too " + std::string(rows < 0 ? "small" : "large") + " by " + text(std::abs(rows)) +
         ": is the padding counted on both sides, the stride divided by, and 1 added?";
}

struct ShapePattern {
  const char* name;
  std::string (*sentence)(const Shape& actual, const Shape& expected);
};
constexpr std::array patterns{
    ShapePattern{"an axis of extent 1", one_axis},   ShapePattern{"an axis too many", axis_too_many},
    ShapePattern{"an axis missing", axis_missing},   ShapePattern{"extents in another order", axes_in_other_order},
    ShapePattern{"another arrangement", same_count}, ShapePattern{"images of another size", images_off_by},
};

}  // namespace

Cause likely_cause_of_shape(const Shape& actual, const Shape& expected) {
  for (const ShapePattern& pattern : patterns) {
    std::string sentence = pattern.sentence(actual, expected);
    if (!sentence.empty()) return {pattern.name, std::move(sentence)};
  }
  return {};
}

// With values a missing sum is no guess: the sum is made, and compared.
Cause likely_cause_of_shape(const Shape& actual_shape, const std::vector<double>& actual, const Shape& expected_shape,
                            const std::vector<double>& expected) {
  for (int axis = 0; axis < actual_shape.rank(); ++axis) {
    if (actual_shape[axis] < 2 || !(without(actual_shape, axis) == expected_shape) || expected.size() < 2) continue;
    std::int64_t inner = 1;
    for (int i = axis + 1; i < actual_shape.rank(); ++i) inner *= actual_shape[i];
    std::vector<double> sums(expected.size(), 0.0);
    for (std::size_t i = 0; i < actual.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      sums[static_cast<std::size_t>(at / (inner * actual_shape[axis]) * inner + at % inner)] += actual[i];
    }
    bool equal = true, means = true;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const double allowed = 1e-5 + 1e-4 * std::abs(expected[i]);
      equal = equal && std::abs(sums[i] - expected[i]) <= allowed;
      means = means && std::abs(sums[i] / static_cast<double>(actual_shape[axis]) - expected[i]) <= allowed;
    }
    if (!equal && !means) continue;
    return {"not summed", "not " + std::string(equal ? "summed" : "averaged") + " over axis " + text(axis) +
                              (axis == 0 ? " (the batch?)" : "") +
                              ": done to this result, that gives what is expected"};
  }
  return likely_cause_of_shape(actual_shape, expected_shape);
}

namespace causes {

std::vector<std::string> shape_patterns() {
  std::vector<std::string> names{"not summed"};
  for (const ShapePattern& pattern : patterns) names.emplace_back(pattern.name);
  return names;
}

}  // namespace causes
}  // namespace judge
