#include "bench/compare/cells.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "bench/machine.hpp"

namespace bench {

using std::string;

string table_row(const std::vector<string>& cells) {
  string row = "|";
  for (const string& cell : cells) row += " " + (cell.empty() ? "–" : cell) + " |";
  return row + "\n";
}

string table_head(const std::vector<string>& names) {
  return table_row(names) + table_row(std::vector<string>(names.size(), "---"));
}

string plural(int count, const string& word) { return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s"); }

string verdict(double value, double floor) {
  return value >= floor ? "met" : fmt::format("{:.2f} of it", std::floor(value / floor * 100) / 100);
}

const json* series_in(const json& row, const string& key) {
  const json& series = row.at("series");
  const auto found = series.find(key);
  return found == series.end() ? nullptr : &*found;
}

string median_text(const json& row, const string& key) {
  const json* series = series_in(row, key);
  if (series == nullptr) return "";
  const bool disturbed = 2 * series->at("disturbed").get<std::size_t>() > series->at("values").size();
  return figure(series->at("median")) + (disturbed ? " †" : "");
}

std::optional<Ratio> ratio(const json& row, const string& above, const string& below) {
  const json *a = series_in(row, above), *b = series_in(row, below);
  if (a == nullptr || b == nullptr) return std::nullopt;
  Ratio result{a->at("median").get<double>() / b->at("median").get<double>(), 1e300, 0};
  const auto as = a->at("values").get<std::vector<double>>(), bs = b->at("values").get<std::vector<double>>();
  for (std::size_t i = 0; i < std::min(as.size(), bs.size()); ++i) {
    result.low = std::min(result.low, as[i] / bs[i]);
    result.high = std::max(result.high, as[i] / bs[i]);
  }
  return result;
}

string ratio_text(const json& row, const string& above, const string& below) {
  const auto value = ratio(row, above, below);
  return value ? fmt::format("{:.2f} ({:.2f} to {:.2f})", value->median, value->low, value->high) : "";
}

const NetworkRow* rule_of(const json& row) {
  for (const NetworkRow& rule : network_rows()) {
    if (rule.network == row.at("network") && rule.batch == row.at("batch") && rule.mode == row.at("mode")) return &rule;
  }
  return nullptr;
}

string floor_text(const json& row, const string& below, double floor) {
  if (floor == 0) return "";
  const auto value = ratio(row, "ours", below);
  return fmt::format("{:g}x: {}", floor, value ? verdict(value->median, floor) : "not measured");
}

}  // namespace bench
