// What the patterns of causes.hpp ask of two tensors that differ, and the tables of patterns.
//
// Inside judge: others include causes.hpp.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "judge/causes/causes.hpp"

namespace judge::causes {

// How many distinct wrong values a pattern must explain.
constexpr std::size_t enough = 3;
constexpr std::size_t enough_of_an_order = 2;  // for the order of given elements, in tensors of four or more
constexpr std::size_t few = 2;                 // up to here few.cpp is asked

std::string text(double number);
std::string plural(std::size_t count, const std::string& noun);

// Positions along an axis: element i lies at i / inner % extent.
struct Axis {
  Axis(const tinytorch::Shape& shape, int number) : extent(static_cast<std::size_t>(shape[number])) {
    for (int i = number + 1; i < shape.rank(); ++i) inner *= static_cast<std::size_t>(shape[i]);
  }
  std::size_t extent;
  std::size_t inner = 1;

  std::size_t position(std::size_t i) const { return i / inner % extent; }
  std::size_t moved(std::size_t i, std::size_t to) const { return i + to * inner - position(i) * inner; }
};

// Two tensors that differ, with what all patterns ask of them.
struct TensorDiff {
  explicit TensorDiff(const Compared& given);

  const Compared& compared;
  std::size_t count;
  double scale = 0;  // the largest expected magnitude
  double relative;
  double absolute;

  double actual(std::size_t i) const { return compared.actual[i]; }
  double expected(std::size_t i) const { return compared.expected[i]; }
  bool near(double a, double b) const;
  bool right(std::size_t i) const { return near(actual(i), expected(i)); }
  Axis axis(int number) const { return {compared.shape, number}; }

  // How many distinct wrong values the prediction explains, counted up to 10: those at which it differs from what was
  // expected. 0 unless it agrees with every actual element for which it gives a value.
  std::size_t explained(const std::function<std::optional<double>(std::size_t)>& predict) const;

  // The distinct expected values that are not 0, counted up to 10.
  std::size_t distinct_expected() const;
};

struct Pattern {
  const char* name;
  std::string (*sentence)(const TensorDiff& diff);  // empty when it does not fit
};

// Explanations of every element: a factor or a term, another order, another rule.
std::vector<Pattern> size_patterns();      // size.cpp
std::vector<Pattern> order_patterns();     // order.cpp
std::vector<Pattern> rule_patterns();      // rule.cpp
std::vector<Pattern> few_patterns();       // few.cpp: of one or two elements, instead of the others
std::vector<Pattern> position_patterns();  // position.cpp: where it is wrong, when nothing says why

std::vector<std::string> shape_patterns();  // the names of those in shape.cpp

}  // namespace judge::causes
