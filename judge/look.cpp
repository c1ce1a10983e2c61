#include "judge/look.hpp"

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

Look::Look(const Compared& given) : c(given), count(given.actual.size()) {
  for (const double value : c.expected) scale = std::max(scale, std::abs(value));
  relative = std::max(c.relative, 1e-5);
  absolute = std::max(c.absolute, 1e-6 * scale);
}

bool Look::near(double a, double b) const { return std::abs(a - b) <= absolute + relative * std::abs(b); }

std::size_t Look::telling(const std::function<std::optional<double>(std::size_t)>& predict) const {
  std::set<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    const std::optional<double> predicted = predict(i);
    if (!predicted) continue;
    if (!near(actual(i), *predicted)) return 0;
    if (!near(expected(i), *predicted) && values.size() < 10) values.insert(*predicted);
  }
  return values.size();
}

std::size_t Look::distinct_expected() const {
  std::set<double> values;
  for (std::size_t i = 0; i < count && values.size() < 10; ++i) {
    if (std::abs(expected(i)) > absolute) values.insert(expected(i));
  }
  return values.size();
}

}  // namespace judge::causes
