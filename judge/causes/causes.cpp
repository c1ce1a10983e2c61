#include "judge/causes/causes.hpp"

#include <algorithm>
#include <cmath>

#include "judge/causes/patterns.hpp"

namespace judge {

using causes::Pattern;
using causes::TensorDiff;

namespace {

using causes::plural;
using causes::text;

std::string not_a_number(const TensorDiff& diff) {
  const auto bad =
      std::count_if(diff.compared.actual.begin(), diff.compared.actual.end(), [](double x) { return std::isnan(x); });
  if (bad == 0) return "";
  return plural(static_cast<std::size_t>(bad), "element") + (bad == 1 ? " is" : " are") +
         " NaN: 0 / 0, inf - inf, the logarithm or root of a negative number, or memory that was never written";
}

std::string infinite(const TensorDiff& diff) {
  const auto bad =
      std::count_if(diff.compared.actual.begin(), diff.compared.actual.end(), [](double x) { return std::isinf(x); });
  if (bad == 0) return "";
  return plural(static_cast<std::size_t>(bad), "element") + (bad == 1 ? " is" : " are") +
         " infinite: a division by 0, the logarithm of 0, or exp() of a large number";
}

std::string never_written(const TensorDiff& diff) {
  for (std::size_t i = 0; i < diff.count; ++i) {
    const double x = std::abs(diff.actual(i));
    if (diff.right(i)) continue;
    if ((x > 0 && x < 1e-37) || (x > 1e25 && diff.scale < 1e15)) {
      return "values such as " + text(diff.actual(i)) + " look like memory that was never written";
    }
  }
  return "";
}

std::string all_zero(const TensorDiff& diff) {
  const bool zero =
      std::all_of(diff.compared.actual.begin(), diff.compared.actual.end(), [](double x) { return x == 0; });
  if (!zero || diff.distinct_expected() < 2) return "";
  return "every element is 0: is the result written, and of what it is meant to be made?";
}

// Seen at once: the first that fits is named.
std::vector<Pattern> plain_patterns() {
  return {
      {"not a number", not_a_number},
      {"infinite", infinite},
      {"never written", never_written},
      {"all zero", all_zero},
  };
}

// Named when only one of them fits.
std::vector<Pattern> explanations() {
  std::vector<Pattern> all = causes::size_patterns();
  for (const auto& table : {causes::order_patterns(), causes::rule_patterns()})
    all.insert(all.end(), table.begin(), table.end());
  return all;
}

}  // namespace

std::string cause_of_number(double actual, double expected, double relative, double absolute) {
  return likely_cause({{1}, {actual}, {expected}, relative, absolute}).sentence;
}

Cause likely_cause(const Compared& compared) {
  const TensorDiff diff(compared);
  constexpr std::size_t max_elements = 1U << 20U;  // larger tensors would take noticeable time
  if (diff.count < 1 || diff.count > max_elements || compared.expected.size() != diff.count) return {};
  if (!std::all_of(compared.expected.begin(), compared.expected.end(), [](double x) { return std::isfinite(x); }))
    return {};
  for (const Pattern& pattern : plain_patterns()) {
    if (std::string sentence = pattern.sentence(diff); !sentence.empty()) return {pattern.name, sentence};
  }
  if (diff.absolute > 0.02 * diff.scale || diff.relative > 0.02) return {};  // so much would agree by chance
  Cause cause;
  for (const Pattern& pattern : diff.count > causes::few ? explanations() : causes::few_patterns()) {
    std::string sentence = pattern.sentence(diff);
    if (sentence.empty()) continue;
    if (!cause.pattern.empty()) return {};
    cause = {pattern.name, std::move(sentence)};
  }
  if (!cause.pattern.empty()) return cause;
  for (const Pattern& pattern : causes::position_patterns()) {
    if (std::string sentence = pattern.sentence(diff); !sentence.empty()) return {pattern.name, sentence};
  }
  return {};
}

std::vector<std::string> cause_patterns() {
  std::vector<std::string> names;
  for (const auto& table : {plain_patterns(), explanations(), causes::position_patterns(), causes::few_patterns()}) {
    for (const Pattern& pattern : table) names.emplace_back(pattern.name);
  }
  for (const std::string& name : causes::shape_patterns()) names.push_back(name);
  return names;
}

}  // namespace judge
