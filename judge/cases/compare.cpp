#include "judge/cases/compare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "judge/cases/excerpt.hpp"
#include "judge/cases/findings.hpp"
#include "judge/causes/causes.hpp"

namespace judge {
namespace {

using tinytorch::Shape;
using tinytorch::Tensor;

std::vector<double> values_of(const Tensor& tensor) { return {tensor.data(), tensor.data() + tensor.size()}; }

// The values around `center`, at most five, as "[.., 1, 2, 3, ..]".
std::string values_around(const std::vector<double>& values, std::int64_t center, int digits) {
  const auto size = static_cast<std::int64_t>(values.size());
  const std::int64_t begin = std::max<std::int64_t>(0, std::min(center - 2, size - 5));
  const std::int64_t end = std::min(size, begin + 5);
  std::string text = begin > 0 ? "[.., " : "[";
  for (std::int64_t i = begin; i < end; ++i)
    text += (i > begin ? ", " : "") + number_text(values[static_cast<std::size_t>(i)], digits);
  return text + (end < size ? ", ..]" : "]");
}

bool values_close(const Compared& compared) {
  std::int64_t first = -1, worst = 0;
  std::size_t wrong = 0;
  double largest = -1;
  for (std::size_t i = 0; i < compared.actual.size(); ++i) {
    const double expected = compared.expected[i], found = compared.actual[i];
    if (!differ(found, expected, compared.relative, compared.absolute)) continue;  // equal infinities do not
    double error = std::abs(found - expected);
    if (std::isnan(error)) error = std::numeric_limits<double>::infinity();
    if (first < 0) first = static_cast<std::int64_t>(i);
    if (error > largest) largest = error, worst = static_cast<std::int64_t>(i);
    ++wrong;
  }
  if (first < 0) return true;
  std::ostringstream note;
  note << "shape " << compared.shape.to_string() << "; " << wrong << " of " << compared.actual.size()
       << " elements differ, first at " << index_text(compared.shape, first) << "; largest error " << largest << " at "
       << index_text(compared.shape, worst);
  const auto at = static_cast<std::size_t>(first);
  const int digits = number_text(compared.actual[at], 6) == number_text(compared.expected[at], 6) ? 9 : 6;
  set_detail(
      {values_around(compared.expected, first, digits), values_around(compared.actual, first, digits), note.str()});
  set_findings({likely_cause(compared).sentence, excerpt_around(compared, first, digits)});
  return false;
}

}  // namespace

bool has_shape(const Tensor& tensor, const Shape& shape) {
  if (tensor.shape() == shape) return true;
  set_detail({"shape " + shape.to_string(), "shape " + tensor.shape().to_string(), ""});
  set_findings({likely_cause_of_shape(tensor.shape(), shape).sentence, {}});
  return false;
}

bool close(const Tensor& actual, const Tensor& expected, double relative, double absolute) {
  if (!has_shape(actual, expected.shape())) {
    const Cause cause = likely_cause_of_shape(actual.shape(), values_of(actual), expected.shape(), values_of(expected));
    set_findings({cause.sentence, {}});
    return false;
  }
  return values_close({actual.shape(), values_of(actual), values_of(expected), relative, absolute});
}

bool close(const Tensor& actual, const std::vector<double>& expected, double relative, double absolute) {
  if (actual.size() != static_cast<std::int64_t>(expected.size())) {
    set_detail({std::to_string(expected.size()) + " elements",
                std::to_string(actual.size()) + " elements, shape " + actual.shape().to_string(), ""});
    return false;
  }
  return values_close({actual.shape(), values_of(actual), expected, relative, absolute});
}

}  // namespace judge
