// What the patterns of causes.hpp ask of a comparison, and the tables that they stand in.
//
// Inside judge: others include causes.hpp.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "judge/causes.hpp"

namespace judge::causes {

// So many distinct elements must agree with a pattern where what was expected does not.
constexpr std::size_t enough = 3;
constexpr std::size_t enough_of_an_order = 2;  // for the order of given elements, in tensors of four or more
constexpr std::size_t few = 2;                 // up to here few_causes.cpp is asked

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

// The comparison with what all patterns ask of it.
struct Look {
  explicit Look(const Compared& given);

  const Compared& c;
  std::size_t count;
  double scale = 0;  // the largest expected magnitude
  double relative;
  double absolute;

  double actual(std::size_t i) const { return c.actual[i]; }
  double expected(std::size_t i) const { return c.expected[i]; }
  bool near(double a, double b) const;
  bool right(std::size_t i) const { return near(actual(i), expected(i)); }
  Axis axis(int number) const { return {c.shape, number}; }

  // The number of distinct values at which the prediction differs from what was expected, counted up to a few; 0 unless
  // the prediction gives every actual element. Where it has nothing to say about an element it gives none.
  std::size_t telling(const std::function<std::optional<double>(std::size_t)>& predict) const;

  // Those that are not 0, counted up to a few.
  std::size_t distinct_expected() const;
};

struct Pattern {
  const char* name;
  std::string (*sentence)(const Look& look);  // empty when it does not fit
};

// Explanations of every element: a factor or a term, another order, another rule.
std::vector<Pattern> size_patterns();   // size_causes.cpp
std::vector<Pattern> order_patterns();  // order_causes.cpp
std::vector<Pattern> rule_patterns();   // rule_causes.cpp
std::vector<Pattern> few_patterns();    // few_causes.cpp: of one or two elements, instead of the others
// Where it is wrong, when nothing says why.
std::vector<Pattern> place_patterns();  // place_causes.cpp

std::vector<std::string> shape_patterns();  // the names of those in shape_causes.cpp

}  // namespace judge::causes
