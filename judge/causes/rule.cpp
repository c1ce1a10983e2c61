#include <cmath>
#include <set>

#include "judge/causes/patterns.hpp"

namespace judge::causes {
namespace {

using tinytorch::Shape;

std::string running_total(const TensorDiff& diff) {
  for (int number = 0; number < diff.compared.shape.rank(); ++number) {
    const Axis axis = diff.axis(number);
    if (axis.extent < 3) continue;
    const auto predicted = [&](std::size_t i) {
      double sum = 0;
      for (std::size_t to = 0; to <= axis.position(i); ++to) sum += diff.expected(axis.moved(i, to));
      return sum;
    };
    if (diff.explained(predicted) < enough_of_an_order) continue;
    return "along axis " + std::to_string(number) +
           " each element holds those before it, too: a total is not set back to 0";
  }
  return "";
}

std::string absolute_values(const TensorDiff& diff) {
  if (diff.explained([&](std::size_t i) { return std::abs(diff.expected(i)); }) < enough_of_an_order || diff.count < 4)
    return "";
  return "the sign is lost: these are the magnitudes of what is expected";
}

std::string clipped(const TensorDiff& diff) {
  std::set<double> negative, positive;
  for (std::size_t i = 0; i < diff.count; ++i) {
    if (!diff.near(diff.actual(i), std::max(0.0, diff.expected(i)))) return "";
    if (!diff.right(i)) negative.insert(diff.expected(i));
    if (diff.expected(i) > diff.absolute) positive.insert(diff.expected(i));
  }
  if (negative.size() < enough_of_an_order || positive.empty()) return "";
  return "0 stands where negative numbers are expected; the others are right";
}

std::string whole_numbers(const TensorDiff& diff) {
  bool halves = true;  // these are whole when doubled, too
  for (std::size_t i = 0; i < diff.count; ++i)
    halves = halves && diff.near(2 * diff.expected(i), std::round(2 * diff.expected(i)));
  if (halves) return "";
  for (const auto rule : {+[](double x) { return std::trunc(x); }, +[](double x) { return std::round(x); }}) {
    if (diff.explained([&](std::size_t i) { return rule(diff.expected(i)); }) < enough) continue;
    return "only whole numbers: a division of integers, or a conversion to an integer?";
  }
  return "";
}

std::string powers(const TensorDiff& diff) {
  if (diff.explained([&](std::size_t i) { return diff.expected(i) * diff.expected(i); }) >= enough) {
    return "each element is the square of what is expected: is a root forgotten?";
  }
  if (diff.explained([&](std::size_t i) { return std::sqrt(std::max(0.0, diff.expected(i))); }) >= enough) {
    return "each element is the square root of what is expected";
  }
  const auto inverse = [&](std::size_t i) { return diff.expected(i) == 0 ? diff.actual(i) : 1 / diff.expected(i); };
  return diff.explained(inverse) >= enough ? "each element is 1 divided by what is expected" : "";
}

// Sums of 1 along one axis where they are expected along another.
std::string other_softmax(const TensorDiff& diff) {
  if (diff.compared.shape.rank() < 2) return "";
  const auto sums_to_one = [&](const std::vector<double>& values, int number) {
    const Axis axis = diff.axis(number);
    if (axis.extent < 2) return false;
    for (std::size_t i = 0; i < diff.count; ++i) {
      if (values[i] < 0) return false;
      if (axis.position(i) > 0) continue;
      double sum = 0;
      for (std::size_t to = 0; to < axis.extent; ++to) sum += values[axis.moved(i, to)];
      if (std::abs(sum - 1) > 1e-4) return false;
    }
    return true;
  };
  for (int right = 0; right < diff.compared.shape.rank(); ++right) {
    if (!sums_to_one(diff.compared.expected, right) || sums_to_one(diff.compared.actual, right)) continue;
    for (int wrong = 0; wrong < diff.compared.shape.rank(); ++wrong) {
      if (wrong == right || !sums_to_one(diff.compared.actual, wrong)) continue;
      return "the elements add up to 1 along axis " + std::to_string(wrong) + " instead of axis " +
             std::to_string(right) + ": softmax over the wrong axis?";
    }
    const double total = [&] {
      double sum = 0;
      for (const double value : diff.compared.actual) sum += value;
      return sum;
    }();
    if (std::abs(total - 1) < 1e-4)
      return "the elements of the whole tensor add up to 1, not those along axis " + std::to_string(right);
  }
  return "";
}

std::string mask(const TensorDiff& diff) {
  std::set<double> kept, masked;
  for (std::size_t i = 0; i < diff.count; ++i) {
    if (diff.expected(i) != 0 && !diff.right(i)) return "";
    if (diff.expected(i) != 0) kept.insert(diff.expected(i));
    if (diff.expected(i) == 0 && !diff.right(i)) masked.insert(diff.actual(i));
  }
  if (kept.size() < 2 || masked.size() < 2) return "";
  return "right but where 0 is expected: a mask is missing, or one of another kind is needed";
}

std::string holes(const TensorDiff& diff) {
  std::set<double> lost;
  std::size_t holes = 0, right = 0;
  for (std::size_t i = 0; i < diff.count; ++i) {
    if (diff.right(i)) {
      right += diff.expected(i) == 0 ? 0 : 1;
      continue;
    }
    if (diff.actual(i) != 0) return "";
    lost.insert(diff.expected(i));
    ++holes;
  }
  if (lost.size() < 2 || right < 2 || !clipped(diff).empty()) return "";
  return std::to_string(holes) + " of " + plural(diff.count, "element") +
         " are 0 that should not be, the others are right: is every one written?";
}

}  // namespace

std::vector<Pattern> rule_patterns() {
  return {
      {"running total", running_total},
      {"absolute values", absolute_values},
      {"clipped", clipped},
      {"whole numbers", whole_numbers},
      {"powers", powers},
      {"another softmax", other_softmax},
      {"mask", mask},
      {"holes", holes},
  };
}

}  // namespace judge::causes
