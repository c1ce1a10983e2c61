// Figures and curves that a program measured and reported.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tito {

struct Measure {
  std::string name;
  std::optional<double> value;  // none: it was not a finite number
  std::string unit;
  std::string data = {};  // the data set it is about, where the program said so
};

// A series of measured points. Long ones are thinned while they are read.
struct Curve {
  std::string name;  // "loss", or "loss: one layer" for one of several in the chart "loss"
  std::vector<std::pair<double, double>> points;
};

// What a chart shows along its axes; a chart is named by what stands before ": " in its curves' names.
struct Axes {
  std::string chart;
  std::string x;
  std::string y;
};

// [{name, value, unit, data}], as --json, result.json and the report have them; null for a value that is not finite.
nlohmann::json json_of(const std::vector<Measure>& measures);

}  // namespace tito
