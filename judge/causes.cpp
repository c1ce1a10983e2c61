#include "judge/causes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>
#include <set>
#include <sstream>

namespace judge {
namespace causes {

std::vector<std::string> shape_patterns();  // shape_causes.cpp

}  // namespace causes

namespace {

using tinytorch::Shape;

// So many distinct elements must agree with a pattern where what was expected does not.
constexpr std::size_t enough = 3;
constexpr std::size_t enough_of_an_order = 2;  // for the order of given elements, in tensors of four or more

std::string text(double number) {
  std::ostringstream stream;
  stream.precision(4);
  stream << number;
  return stream.str();
}

std::string plural(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

// Positions along an axis: element i lies at i / inner % extent.
struct Axis {
  Axis(const Shape& shape, int number) : extent(static_cast<std::size_t>(shape[number])) {
    for (int i = number + 1; i < shape.rank(); ++i) inner *= static_cast<std::size_t>(shape[i]);
  }
  std::size_t extent;
  std::size_t inner = 1;

  std::size_t position(std::size_t i) const { return i / inner % extent; }
  std::size_t moved(std::size_t i, std::size_t to) const { return i + to * inner - position(i) * inner; }
};

// The comparison with what all patterns ask of it.
struct Look {
  explicit Look(const Compared& given) : c(given), count(given.actual.size()) {
    for (const double value : c.expected) scale = std::max(scale, std::abs(value));
    relative = std::max(c.relative, 1e-5);
    absolute = std::max(c.absolute, 1e-6 * scale);
  }

  const Compared& c;
  std::size_t count;
  double scale = 0;  // the largest expected magnitude
  double relative;
  double absolute;

  double actual(std::size_t i) const { return c.actual[i]; }
  double expected(std::size_t i) const { return c.expected[i]; }
  bool near(double a, double b) const { return std::abs(a - b) <= absolute + relative * std::abs(b); }
  bool right(std::size_t i) const { return near(actual(i), expected(i)); }
  Axis axis(int number) const { return {c.shape, number}; }

  // The number of distinct values at which the prediction differs from what was expected, counted up to a few; 0 unless
  // the prediction gives every actual element. Where it has nothing to say about an element it gives none.
  std::size_t telling(const std::function<std::optional<double>(std::size_t)>& predict) const {
    std::set<double> values;
    for (std::size_t i = 0; i < count; ++i) {
      const std::optional<double> predicted = predict(i);
      if (!predicted) continue;
      if (!near(actual(i), *predicted)) return 0;
      if (!near(expected(i), *predicted) && values.size() < 10) values.insert(*predicted);
    }
    return values.size();
  }

  std::size_t distinct_expected() const {
    std::set<double> values;
    for (std::size_t i = 0; i < count && values.size() < 10; ++i) {
      if (std::abs(expected(i)) > absolute) values.insert(expected(i));
    }
    return values.size();
  }
};

// ---- what needs no comparison

std::string not_a_number(const Look& look) {
  const auto bad = std::count_if(look.c.actual.begin(), look.c.actual.end(), [](double x) { return std::isnan(x); });
  if (bad == 0) return "";
  return plural(static_cast<std::size_t>(bad), "element") + (bad == 1 ? " is" : " are") +
         " NaN: 0 / 0, inf - inf, or the logarithm or root of a negative number";
}

std::string infinite(const Look& look) {
  const auto bad = std::count_if(look.c.actual.begin(), look.c.actual.end(), [](double x) { return std::isinf(x); });
  if (bad == 0) return "";
  return plural(static_cast<std::size_t>(bad), "element") + (bad == 1 ? " is" : " are") +
         " infinite: a division by 0, the logarithm of 0, or exp() of a large number";
}

std::string never_written(const Look& look) {
  for (std::size_t i = 0; i < look.count; ++i) {
    const double x = std::abs(look.actual(i));
    if (look.right(i)) continue;
    if ((x > 0 && x < 1e-37) || (x > 1e25 && look.scale < 1e15)) {
      return "values such as " + text(look.actual(i)) + " look like memory that was never written";
    }
  }
  return "";
}

std::string all_zero(const Look& look) {
  const bool zero = std::all_of(look.c.actual.begin(), look.c.actual.end(), [](double x) { return x == 0; });
  if (!zero || look.distinct_expected() < 2) return "";
  return "every element is 0: is the result written, and of what it is meant to be made?";
}

// ---- a factor or a term

// "2 (the extent of axis 0)"
std::optional<std::string> name_of_count(const Look& look, double number) {
  const auto is = [&](double value) { return std::abs(number - value) <= 1e-4 * value; };
  if (look.c.batch > 1 && is(static_cast<double>(look.c.batch))) return text(number) + ", the batch size";
  for (int axis = 0; axis < look.c.shape.rank(); ++axis) {
    if (look.c.shape[axis] > 1 && is(static_cast<double>(look.c.shape[axis]))) {
      return text(number) + ", the extent of axis " + std::to_string(axis);
    }
  }
  if (is(static_cast<double>(look.count))) return text(number) + ", the number of elements";
  if (is(2)) return "2";
  return std::nullopt;
}

std::string factor(const Look& look) {
  std::size_t largest = 0;
  for (std::size_t i = 0; i < look.count; ++i) {
    if (std::abs(look.expected(i)) > std::abs(look.expected(largest))) largest = i;
  }
  const double ratio = look.actual(largest) / look.expected(largest);
  if (ratio <= 0 || look.distinct_expected() < enough) return "";
  if (look.telling([&](std::size_t i) { return look.expected(i) * ratio; }) < enough) return "";
  if (const auto name = name_of_count(look, ratio)) {
    const std::string twice = std::abs(ratio - 2) < 1e-4 ? ": added twice, or a factor 1/2 forgotten?" : ": a division is forgotten";
    return "off by a factor: everywhere " + *name + ", times too large" + (*name == "2" ? twice : ": a sum where a mean is expected?");
  }
  if (const auto name = name_of_count(look, 1 / ratio)) {
    return "off by a factor: everywhere " + *name + ", times too small" +
           (*name == "2" ? ": a factor 2 forgotten?" : ": a mean where a sum is expected, or divided by too much?");
  }
  for (const bool large : {true, false}) {
    if (const auto name = name_of_count(look, large ? ratio * ratio : 1 / ratio / ratio)) {
      return "off by a factor: everywhere the square root of " + *name + ", times too " + (large ? "large" : "small");
    }
  }
  if (look.distinct_expected() < enough + 1) return "";
  return "off by a constant factor: everywhere " + text(ratio) + " times what is expected";
}

std::string negated(const Look& look) {
  if (look.telling([&](std::size_t i) { return -look.expected(i); }) < enough) return "";
  return "the sign is wrong everywhere: each element is what is expected, negated";
}

std::string offset(const Look& look) {
  std::set<double> values(look.c.expected.begin(), look.c.expected.end());
  const double by = look.actual(0) - look.expected(0);
  // Steps of numbers in order are soon equal: an order gone wrong looks like a constant there.
  if (values.size() < enough + 2 || look.telling([&](std::size_t i) { return look.expected(i) + by; }) < enough + 2) return "";
  return "off by a constant: everywhere " + text(std::abs(by)) + " too " + (by > 0 ? "large" : "small");
}

// The error along one axis is always the same, and not along the others.
std::string term_along(const Look& look, int number) {
  const Axis axis = look.axis(number);
  if (axis.extent < 3 || look.c.shape.rank() < 2) return "";
  const auto error = [&](std::size_t i) { return look.actual(i) - look.expected(i); };
  bool constant = true;
  for (std::size_t i = 0; i < look.count; ++i) {
    constant = constant && look.near(look.expected(i) + error(0), look.actual(i));
  }
  const auto predicted = [&](std::size_t i) { return look.expected(i) + error(axis.moved(i, 0)); };
  return !constant && look.telling(predicted) > enough ? "fits" : "";
}

std::string bias(const Look& look) {
  if (look.c.shape.rank() != 2 || term_along(look, 0).empty()) return "";
  return "the error is the same in every row: a bias is left out, added twice, or not the right one?";
}

std::string error_of_a_row(const Look& look) {
  if (look.c.shape.rank() != 2 || term_along(look, 1).empty()) return "";
  return "the error is the same all along a row, and another one in each row";
}

std::string factor_of_a_row(const Look& look) {
  if (look.c.shape.rank() != 2) return "";
  const Axis axis = look.axis(1);
  if (axis.extent < 3 || look.c.shape[0] < 2) return "";
  for (std::size_t i = 0; i < look.count; ++i) {
    if (std::abs(look.expected(i)) <= look.absolute) return "";
  }
  const auto ratio = [&](std::size_t i) { return look.actual(i) / look.expected(i); };
  const auto same_everywhere = [&](std::size_t i) { return look.expected(i) * ratio(0); };
  const auto predicted = [&](std::size_t i) { return look.expected(i) * ratio(axis.moved(i, 0)); };
  if (look.telling(predicted) <= enough || look.telling(same_everywhere) > 0) return "";
  return "each row is off by a factor of its own";
}

// ---- another order

std::string transposed(const Look& look) {
  const Shape& shape = look.c.shape;
  if (look.count < 4) return "";
  for (int a = 0; a < shape.rank(); ++a) {
    for (int b = a + 1; b < shape.rank(); ++b) {
      if (shape[a] < 2 || shape[b] < 2) continue;
      // Where each expected element stands once the two axes are exchanged and the result is stored row by row.
      Shape exchanged = shape;
      exchanged[a] = shape[b], exchanged[b] = shape[a];
      std::vector<std::size_t> place(look.count);
      for (std::size_t i = 0; i < look.count; ++i) {
        std::size_t to = 0;
        for (int axis = 0; axis < shape.rank(); ++axis) {
          const std::size_t position = look.axis(axis == a ? b : axis == b ? a : axis).position(i);
          to += position * Axis(exchanged, axis).inner;
        }
        place[i] = to;
      }
      std::vector<double> there(look.count), back(look.count);
      for (std::size_t i = 0; i < look.count; ++i) there[place[i]] = look.expected(i), back[i] = look.expected(place[i]);
      for (const std::vector<double>* order : {&there, &back}) {
        if (look.telling([&](std::size_t i) { return (*order)[i]; }) < enough_of_an_order) continue;
        return "looks transposed: these are the expected elements with axes " + std::to_string(a) + " and " +
               std::to_string(b) + " exchanged";
      }
    }
  }
  return "";
}

std::string reversed(const Look& look) {
  for (int number = 0; number < look.c.shape.rank(); ++number) {
    const Axis axis = look.axis(number);
    const auto predicted = [&](std::size_t i) { return look.expected(axis.moved(i, axis.extent - 1 - axis.position(i))); };
    if (axis.extent < 3 || look.telling(predicted) < enough_of_an_order) continue;
    return "axis " + std::to_string(number) + " is reversed: first comes last";
  }
  if (look.c.shape.rank() < 2) return "";
  const Axis rows = look.axis(look.c.shape.rank() - 2), columns = look.axis(look.c.shape.rank() - 1);
  const auto turned = [&](std::size_t i) {
    const std::size_t row = rows.moved(i, rows.extent - 1 - rows.position(i));
    return look.expected(columns.moved(row, columns.extent - 1 - columns.position(row)));
  };
  if (rows.extent < 2 || columns.extent < 2 || look.telling(turned) < enough) return "";
  return "turned round: the last two axes are both reversed";
}

std::string shifted(const Look& look) {
  const double by = look.actual(0) - look.expected(0);
  if (look.telling([&](std::size_t i) { return look.expected(i) + by; }) > 0) return "";  // a constant explains it, too
  for (int number = 0; number < look.c.shape.rank(); ++number) {
    const Axis axis = look.axis(number);
    if (axis.extent < 3) continue;
    for (const int by : {1, -1}) {
      const auto predicted = [&](std::size_t i) -> std::optional<double> {
        const std::size_t position = axis.position(i);
        if (by > 0 ? position + 1 == axis.extent : position == 0) return std::nullopt;
        return look.expected(axis.moved(i, by > 0 ? position + 1 : position - 1));
      };
      if (look.telling(predicted) < enough) continue;
      return "shifted by one along axis " + std::to_string(number) + ": at index i stands what is expected at i " +
             (by > 0 ? "+ 1" : "- 1");
    }
  }
  return "";
}

std::string repeated(const Look& look) {
  for (int number = 0; number < look.c.shape.rank(); ++number) {
    const Axis axis = look.axis(number);
    if (axis.extent < 2 || look.count / axis.extent < 2) continue;
    const auto predicted = [&](std::size_t i) { return look.expected(axis.moved(i, 0)); };
    if (look.telling(predicted) < enough_of_an_order) continue;
    return "the first entry of axis " + std::to_string(number) + " is repeated all along it: the index is not used?";
  }
  return "";
}

// ---- another rule

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
    return "along axis " + std::to_string(number) + " each element holds those before it, too: a total is not set back to 0";
  }
  return "";
}

std::string absolute_values(const Look& look) {
  if (look.telling([&](std::size_t i) { return std::abs(look.expected(i)); }) < enough_of_an_order || look.count < 4) return "";
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
      return "the elements add up to 1 along axis " + std::to_string(wrong) + " instead of axis " + std::to_string(right) +
             ": softmax over the wrong axis?";
    }
    const double total = [&] {
      double sum = 0;
      for (const double value : look.c.actual) sum += value;
      return sum;
    }();
    if (std::abs(total - 1) < 1e-4) return "the elements of the whole tensor add up to 1, not those along axis " + std::to_string(right);
  }
  return "";
}

// ---- right in some places

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
  return std::to_string(holes) + " of " + plural(look.count, "element") + " are 0 that should not be, the others are right: is every one written?";
}

// All that is wrong lies on the outermost rows and columns of images, on every side of them.
std::string border(const Look& look) {
  if (look.c.shape.rank() < 2) return "";
  const Axis rows = look.axis(look.c.shape.rank() - 2), columns = look.axis(look.c.shape.rank() - 1);
  if (rows.extent < 3 || columns.extent < 3) return "";
  std::size_t inside = 0;
  std::array<std::size_t, 4> wrong{};
  for (std::size_t i = 0; i < look.count; ++i) {
    const std::size_t row = rows.position(i), column = columns.position(i);
    const std::array sides{row == 0, row + 1 == rows.extent, column == 0, column + 1 == columns.extent};
    const bool outside = std::find(sides.begin(), sides.end(), true) != sides.end();
    if (!look.right(i) && !outside) return "";
    if (!outside) ++inside;
    for (std::size_t side = 0; side < 4; ++side) wrong[side] += !look.right(i) && sides[side] ? 1 : 0;
  }
  if (inside < 1 || look.count < 9 || *std::min_element(wrong.begin(), wrong.end()) == 0) return "";
  return "only the border is wrong: what is beyond the edge, the padding?";
}

// Wrong at one end of an axis and right elsewhere, or the other way round.
std::string one_end(const Look& look) {
  for (int number = 0; number < look.c.shape.rank(); ++number) {
    const Axis axis = look.axis(number);
    if (axis.extent < 3) continue;
    std::vector<std::size_t> wrong(axis.extent, 0);
    for (std::size_t i = 0; i < look.count; ++i) wrong[axis.position(i)] += look.right(i) ? 0 : 1;
    const auto wrong_entries = static_cast<std::size_t>(std::count_if(wrong.begin(), wrong.end(), [](std::size_t n) { return n > 0; }));
    const std::size_t at = look.count / axis.extent;
    const std::string name = "axis " + std::to_string(number);
    if (wrong_entries == 1 && at > 1 && wrong.back() > 1) return "wrong only at the last index of " + name + ": does a loop end too early or go too far?";
    if (wrong_entries == 1 && at > 1 && wrong.front() > 1) return "wrong only at the first index of " + name;
    if (wrong_entries + 1 == axis.extent && at > 1 && wrong.front() == 0) return "right only at the first index of " + name + ": what differs for the others?";
    if (wrong_entries + 1 == axis.extent && at > 1 && wrong.back() == 0) return "right only at the last index of " + name + ": do the earlier ones get lost?";
  }
  return "";
}

std::string other_order(const Look& look) {
  std::vector<double> a = look.c.actual, e = look.c.expected;
  std::sort(a.begin(), a.end());
  std::sort(e.begin(), e.end());
  for (std::size_t i = 0; i < look.count; ++i) {
    if (!look.near(a[i], e[i])) return "";
  }
  return std::set<double>(e.begin(), e.end()).size() < 4 ? "" : "these are the expected numbers, in another order";
}

struct Pattern {
  const char* name;
  std::string (*sentence)(const Look& look);
};
// Seen at once: the first that fits is named.
constexpr std::array plain{
    Pattern{"not a number", not_a_number},
    Pattern{"infinite", infinite},
    Pattern{"never written", never_written},
    Pattern{"all zero", all_zero},
};
// Explanations of every element: named when only one of them fits.
constexpr std::array rules{
    Pattern{"factor", factor},
    Pattern{"negated", negated},
    Pattern{"offset", offset},
    Pattern{"bias", bias},
    Pattern{"error of a row", error_of_a_row},
    Pattern{"factor of a row", factor_of_a_row},
    Pattern{"transposed", transposed},
    Pattern{"reversed", reversed},
    Pattern{"shifted", shifted},
    Pattern{"repeated", repeated},
    Pattern{"running total", running_total},
    Pattern{"absolute values", absolute_values},
    Pattern{"clipped", clipped},
    Pattern{"whole numbers", whole_numbers},
    Pattern{"powers", powers},
    Pattern{"another softmax", other_softmax},
    Pattern{"mask", mask},
    Pattern{"holes", holes},
};
// Where it is wrong, when nothing says why: the first that fits.
constexpr std::array places{
    Pattern{"another order", other_order},
    Pattern{"border", border},
    Pattern{"one end", one_end},
};

}  // namespace

Cause likely_cause(const Compared& compared) {
  const Look look(compared);
  constexpr std::size_t most_elements = 1U << 20U;  // larger tensors would take noticeable time
  if (look.count < 2 || look.count > most_elements || compared.expected.size() != look.count) return {};
  if (!std::all_of(compared.expected.begin(), compared.expected.end(), [](double x) { return std::isfinite(x); })) return {};
  for (const Pattern& pattern : plain) {
    if (std::string sentence = pattern.sentence(look); !sentence.empty()) return {pattern.name, sentence};
  }
  if (look.absolute > 0.02 * look.scale || look.relative > 0.02) return {};  // so much would agree by chance
  Cause cause;
  for (const Pattern& pattern : rules) {
    std::string sentence = pattern.sentence(look);
    if (sentence.empty()) continue;
    if (!cause.pattern.empty()) return {};
    cause = {pattern.name, std::move(sentence)};
  }
  if (!cause.pattern.empty()) return cause;
  for (const Pattern& pattern : places) {
    if (std::string sentence = pattern.sentence(look); !sentence.empty()) return {pattern.name, sentence};
  }
  return {};
}

std::vector<std::string> cause_patterns() {
  std::vector<std::string> names;
  for (const Pattern& pattern : plain) names.emplace_back(pattern.name);
  for (const Pattern& pattern : rules) names.emplace_back(pattern.name);
  for (const Pattern& pattern : places) names.emplace_back(pattern.name);
  for (const std::string& name : causes::shape_patterns()) names.push_back(name);
  return names;
}

}  // namespace judge
