#include <cmath>
#include <set>

#include "judge/look.hpp"

namespace judge::causes {
namespace {

using tinytorch::Shape;

std::string running_total(const Look& look) {
  for (int number = 0; number < look.c.shape.rank(); ++number) {
    const Axis axis = look.axis(number);
    if (axis.extent < 3) continue;
    const auto predicted = [&](std::size_t i) {
      double sum = 0;
      for (std::size_t to = 0; to <= axis.position(i); ++to) sum += look.expected(axis.moved(i, to));
      return sum;
    };
    if (look.telling(predicted) < enough_of_an_order) continue;
    return "along axis " + std::to_string(number) +
           " each element holds those before it, too: a total is not set back to 0";
  }
  return "";
}

std::string absolute_values(const Look& look) {
  if (look.telling([&](std::size_t i) { return std::abs(look.expected(i)); }) < enough_of_an_order || look.count < 4)
    return "";
  return "the sign is lost: these are the magnitudes of what is expected";
}

std::string clipped(const Look& look) {
  std::set<double> negative, positive;
  for (std::size_t i = 0; i < look.count; ++i) {
    if (!look.near(look.actual(i), std::max(0.0, look.expected(i)))) return "";
    if (!look.right(i)) negative.insert(look.expected(i));
    if (look.expected(i) > look.absolute) positive.insert(look.expected(i));
  }
  if (negative.size() < enough_of_an_order || positive.empty()) return "";
  return "0 stands where negative numbers are expected; the others are right";
}

std::string whole_numbers(const Look& look) {
  bool halves = true;  // these are whole when doubled, too
  for (std::size_t i = 0; i < look.count; ++i)
    halves = halves && look.near(2 * look.expected(i), std::round(2 * look.expected(i)));
  if (halves) return "";
  for (const auto rule : {+[](double x) { return std::trunc(x); }, +[](double x) { return std::round(x); }}) {
    if (look.telling([&](std::size_t i) { return rule(look.expected(i)); }) < enough) continue;
    return "only whole numbers: a division of integers, or a conversion to an integer?";
  }
  return "";
}

std::string powers(const Look& look) {
  if (look.telling([&](std::size_t i) { return look.expected(i) * look.expected(i); }) >= enough) {
    return "each element is the square of what is expected: is a root forgotten?";
  }
  if (look.telling([&](std::size_t i) { return std::sqrt(std::max(0.0, look.expected(i))); }) >= enough) {
    return "each element is the square root of what is expected";
  }
  const auto inverse = [&](std::size_t i) { return look.expected(i) == 0 ? look.actual(i) : 1 / look.expected(i); };
  return look.telling(inverse) >= enough ? "each element is 1 divided by what is expected" : "";
}

// Sums of 1 along one axis where they are expected along another.
std::string other_softmax(const Look& look) {
  if (look.c.shape.rank() < 2) return "";
  const auto sums_to_one = [&](const std::vector<double>& values, int number) {
    const Axis axis = look.axis(number);
    if (axis.extent < 2) return false;
    for (std::size_t i = 0; i < look.count; ++i) {
      if (values[i] < 0) return false;
      if (axis.position(i) > 0) continue;
      double sum = 0;
      for (std::size_t to = 0; to < axis.extent; ++to) sum += values[axis.moved(i, to)];
      if (std::abs(sum - 1) > 1e-4) return false;
    }
    return true;
  };
  for (int right = 0; right < look.c.shape.rank(); ++right) {
    if (!sums_to_one(look.c.expected, right) || sums_to_one(look.c.actual, right)) continue;
    for (int wrong = 0; wrong < look.c.shape.rank(); ++wrong) {
      if (wrong == right || !sums_to_one(look.c.actual, wrong)) continue;
      return "the elements add up to 1 along axis " + std::to_string(wrong) + " instead of axis " +
             std::to_string(right) + ": softmax over the wrong axis?";
    }
    const double total = [&] {
      double sum = 0;
      for (const double value : look.c.actual) sum += value;
      return sum;
    }();
    if (std::abs(total - 1) < 1e-4)
      return "the elements of the whole tensor add up to 1, not those along axis " + std::to_string(right);
  }
  return "";
}

std::string mask(const Look& look) {
  std::set<double> kept, masked;
  for (std::size_t i = 0; i < look.count; ++i) {
    if (look.expected(i) != 0 && !look.right(i)) return "";
    if (look.expected(i) != 0) kept.insert(look.expected(i));
    if (look.expected(i) == 0 && !look.right(i)) masked.insert(look.actual(i));
  }
  if (kept.size() < 2 || masked.size() < 2) return "";
  return "right but where 0 is expected: a mask is missing, or one of another kind is needed";
}

std::string holes(const Look& look) {
  std::set<double> lost;
  std::size_t holes = 0, right = 0;
  for (std::size_t i = 0; i < look.count; ++i) {
    if (look.right(i)) {
      right += look.expected(i) == 0 ? 0 : 1;
      continue;
    }
    if (look.actual(i) != 0) return "";
    lost.insert(look.expected(i));
    ++holes;
  }
  if (lost.size() < 2 || right < 2 || !clipped(look).empty()) return "";
  return std::to_string(holes) + " of " + plural(look.count, "element") +
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
