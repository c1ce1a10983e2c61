// One or two numbers. A coincidence is ruled out by what they are: most mistakes that turn 1 into 2 are no factor 2,
// but none turns 0.3217 into 0.6434 by chance.
#include <cmath>

#include "judge/causes/patterns.hpp"

namespace judge::causes {
namespace {

// No multiple of 1/8, of which some would agree with many a rule.
bool is_uneven(const TensorDiff& diff, double number) {
  const double eighths = 8 * number;
  return std::abs(number) > 100 * diff.absolute &&
         std::abs(eighths - std::round(eighths)) > std::max(1e-3, 1e-5 * std::abs(eighths));
}

bool follow(const TensorDiff& diff, double (*rule)(double)) {
  bool uneven = false;
  for (std::size_t i = 0; i < diff.count; ++i) {
    const double ruled = rule(diff.expected(i));
    if (diff.right(i) || !std::isfinite(ruled) || !diff.near(diff.actual(i), ruled)) return false;
    uneven = uneven || is_uneven(diff, diff.expected(i));
  }
  return uneven;
}

std::string what(const TensorDiff& diff) {
  return diff.count == 1 ? "this is what is expected, " : "these are what is expected, ";
}

std::string few_negated(const TensorDiff& diff) {
  return follow(diff, [](double x) { return -x; }) ? "the sign is wrong: " + what(diff) + "negated" : "";
}

std::string few_doubled(const TensorDiff& diff) {
  if (follow(diff, [](double x) { return 2 * x; }))
    return what(diff) + "times 2: added twice, or a factor 1/2 forgotten?";
  if (follow(diff, [](double x) { return x / 2; })) return what(diff) + "divided by 2: a factor 2 forgotten?";
  return "";
}

std::string few_units(const TensorDiff& diff) {
  if (follow(diff, [](double x) { return 100 * x; })) return what(diff) + "times 100: a share and a percentage?";
  if (follow(diff, [](double x) { return x / 100; })) return what(diff) + "divided by 100: a share and a percentage?";
  if (follow(diff, [](double x) { return 1000 * x; })) return what(diff) + "times 1000: two units?";
  if (follow(diff, [](double x) { return x / 1000; })) return what(diff) + "divided by 1000: two units?";
  return "";
}

std::string few_powers(const TensorDiff& diff) {
  if (follow(diff, [](double x) { return x * x; })) return what(diff) + "squared: is a root forgotten?";
  if (follow(diff, [](double x) { return std::sqrt(std::max(0.0, x)); })) return what(diff) + "under a root";
  if (follow(diff, [](double x) { return x == 0 ? HUGE_VAL : 1 / x; })) return what(diff) + "as a divisor of 1";
  return "";
}

std::string few_logarithms(const TensorDiff& diff) {
  if (follow(diff, [](double x) { return std::exp(x); })) return "exp() of what is expected: is a logarithm forgotten?";
  if (follow(diff, [](double x) { return x > 0 ? std::log(x) : HUGE_VAL; })) return "the logarithm of what is expected";
  return "";
}

std::string few_exchanged(const TensorDiff& diff) {
  if (diff.count != 2 || diff.right(0) || diff.right(1)) return "";
  const bool fits = diff.near(diff.actual(0), diff.expected(1)) && diff.near(diff.actual(1), diff.expected(0));
  return fits && is_uneven(diff, diff.expected(0)) ? "these are the two expected numbers, exchanged" : "";
}

}  // namespace

std::vector<Pattern> few_patterns() {
  return {
      {"a sign", few_negated}, {"a factor 2", few_doubled},     {"units", few_units},
      {"a power", few_powers}, {"a logarithm", few_logarithms}, {"exchanged", few_exchanged},
  };
}

}  // namespace judge::causes
