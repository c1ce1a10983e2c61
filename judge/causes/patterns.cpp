#include "judge/causes/patterns.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

namespace judge::causes {

std::string text(double number) {
  std::ostringstream stream;
  stream.precision(4);
  stream << number;
  return stream.str();
}

std::string plural(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

TensorDiff::TensorDiff(const Compared& given) : compared(given), count(given.actual.size()) {
  for (const double value : compared.expected) scale = std::max(scale, std::abs(value));
  relative = std::max(compared.relative, 1e-5);
  absolute = std::max(compared.absolute, 1e-6 * scale);
}

bool TensorDiff::near(double a, double b) const { return std::abs(a - b) <= absolute + relative * std::abs(b); }

std::size_t TensorDiff::explained(const std::function<std::optional<double>(std::size_t)>& predict) const {
  std::set<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    const std::optional<double> predicted = predict(i);
    if (!predicted) continue;
    if (!near(actual(i), *predicted)) return 0;
    if (!near(expected(i), *predicted) && values.size() < 10) values.insert(*predicted);
  }
  return values.size();
}

std::size_t TensorDiff::distinct_expected() const {
  std::set<double> values;
  for (std::size_t i = 0; i < count && values.size() < 10; ++i) {
    if (std::abs(expected(i)) > absolute) values.insert(expected(i));
  }
  return values.size();
}

}  // namespace judge::causes
