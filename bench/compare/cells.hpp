// Cells of the page's tables, from what speed.json holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/compare/networks.hpp"

namespace bench {

// A line of a Markdown table; an empty cell is shown as a dash.
std::string table_row(const std::vector<std::string>& cells);
std::string table_head(const std::vector<std::string>& names);

std::string plural(int count, const std::string& word);

// "met", or how much of the floor was reached.
std::string verdict(double value, double floor);

// One contestant of a row; null where it was not measured.
const json* series_in(const json& row, const std::string& key);

// With a mark where other processes disturbed more than half of the turns.
std::string median_text(const json& row, const std::string& key);

// Of one series to another: medians, and the ratios of the single rounds from the lowest to the highest.
struct Ratio {
  double median = 0;
  double low = 0;
  double high = 0;
};

std::optional<Ratio> ratio(const json& row, const std::string& above, const std::string& below);
std::string ratio_text(const json& row, const std::string& above, const std::string& below);

// What is to be reached on a row; null where nothing is.
const NetworkRow* rule_of(const json& row);

// A floor that is held against a ratio, and what came of it.
std::string floor_text(const json& row, const std::string& below, double floor);

}  // namespace bench
