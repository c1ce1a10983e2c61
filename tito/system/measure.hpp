// A figure that a program measured and reported.
#pragma once

#include <optional>
#include <string>

namespace tito {

struct Measure {
  std::string name;
  std::optional<double> value;  // none: it was not a finite number
  std::string unit;
};

}  // namespace tito
