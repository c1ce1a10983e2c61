// Likely causes: patterns that a wrong tensor makes when it went wrong in a well-known way.
//
// Each pattern is a row of a table: a name and a function that gives a sentence when the pattern fits *every*
// element, and nothing otherwise. The tables are in size.cpp (a factor or a term), order.cpp, rule.cpp, position.cpp
// (right in some positions), few.cpp (one or two numbers) and, for shapes, shape.cpp; causes.cpp asks them. The
// sentence says what was seen, which is true whatever led to it, and then what usually leads to it. A pattern needs
// enough distinct elements that it cannot fit by chance; where two patterns explain the same values, none is named.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tinytorch/shape.hpp"

namespace judge {

// A tensor that differs from the one that was expected; both in row-major order.
struct Compared {
  tinytorch::Shape shape;  // of both
  std::vector<double> actual;
  std::vector<double> expected;
  double relative = 1e-5;  // two numbers are equal within absolute + relative * |expected|
  double absolute = 1e-6;
  std::int64_t batch = 0;  // the batch size, where it is known and no extent of the shape
};

struct Cause {
  std::string pattern;   // its name in the table; empty when none fits
  std::string sentence;  // without a full stop
};

Cause likely_cause(const Compared& compared);

// The sentence for a single wrong number; empty when none fits.
std::string cause_of_number(double actual, double expected, double relative, double absolute);

// For a tensor of another shape than expected; without values when these are not known.
Cause likely_cause_of_shape(const tinytorch::Shape& actual, const tinytorch::Shape& expected);
Cause likely_cause_of_shape(const tinytorch::Shape& actual_shape, const std::vector<double>& actual,
                            const tinytorch::Shape& expected_shape, const std::vector<double>& expected);

// The names of all patterns, in the tables' order: each has a test.
std::vector<std::string> cause_patterns();

}  // namespace judge
